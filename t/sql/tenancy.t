#!/usr/bin/perl
# Tables, keys and statements that a large installation could cut by tenant:
# the tenant leads every key and stands in every statement on its data.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;

# ------------------------------------------------------------------ the schema

# what belongs to the house and not to a tenant; queues lead with qshard
my @house = qw(class_reasons class_version event_rejects hosts mta_sts schema_files schema_version spool_pos);
my @queue = qw(change_log mail_queue operations segment_timers verdicts_due webhook_attempts webhook_deliveries webhook_lanes);

sub none { my ($name, $sql, @bind) = @_;
    is join(' ', @{ $h->dbh->selectcol_arrayref($sql, undef, @bind) }), '', $name }
my $tables = q{from pg_class c where relnamespace = 'godwit'::regnamespace
    and relkind in ('r', 'p')};
my $column = q{(select a.atttypid::regtype || ' ' || a.attnotnull from pg_attribute a
    where a.attrelid = c.oid and a.attname = '%s' and not a.attisdropped)};
my $first = q{(select attname from pg_attribute where attrelid = indrelid and attnum = indkey[0])};
my $unique = q{from pg_index join pg_class c on c.oid = indrelid
    where relnamespace = 'godwit'::regnamespace and indisunique and relname <> all (?)};

is_deeply $h->dbh->selectcol_arrayref("select relname $tables and " . sprintf($column, 'tenant_id')
    . ' is null order by 1'), \@house, 'every other table has a tenant';
none 'an int, never null', "select relname $tables and " . sprintf($column, 'tenant_id')
    . " <> 'integer true'";
is_deeply $h->dbh->selectcol_arrayref("select relname $tables and " . sprintf($column, 'qshard')
    . q{ = 'smallint true' order by 1}), \@queue, 'queues carry their shard';
none 'every table has its key', "select relname $tables and not exists (select from pg_index
    where indrelid = c.oid and indisprimary) and relname !~ '^events(_|\$)'";
none 'the tenant is the first of every unique key', "select indexrelid::regclass $unique
    and $first <> 'tenant_id'", [ @house, @queue ];
none 'the shard is that of queues', "select indexrelid::regclass $unique and $first <> 'qshard'
    and relname = any (?)", \@house, \@queue;
none 'and of every other index on a tenant', "select indexrelid::regclass from pg_index
    join pg_class c on c.oid = indrelid where relnamespace = 'godwit'::regnamespace
    and not indisunique and relname <> all (?) and $first not in ('tenant_id', 'qshard')", \@house;
none 'references name the tenant', q{select conname from pg_constraint c where contype = 'f'
    and connamespace = 'godwit'::regnamespace and not exists (select from pg_attribute
        where attrelid = conrelid and attnum = any (conkey) and attname = 'tenant_id')};
none 'no triggers but those that keep the audit', q{select tgname from pg_trigger
    where not tgisinternal and tgname !~ '^is_kept' and tgrelid in (select oid from pg_class where relnamespace = 'godwit'::regnamespace)};
none 'no sequence but of an identity', q{select s.relname from pg_class s
    where relkind = 'S' and relnamespace in ('godwit'::regnamespace, 'auth'::regnamespace)
      and not exists (select from pg_depend where objid = s.oid and deptype = 'i')};

# -------------------------------------------------------------- the statements

# A statement says tenant_id (or qshard, of a queue) at least as often as it
# names a table: in its condition, its join or what it writes.
my @tenant = grep { my $t = $_; !grep { $_ eq $t } @house }
    @{ $h->dbh->selectcol_arrayref("select relname $tables and not relispartition") };
my $names = join '|', @tenant;

my @statements = map { my ($where, $text) = @$_;
        map { [ $where, $_ ] } split /;/, $text =~ s/--.*//mgr =~ s/'(?:[^']|'')*'/''/gr }
    (map { my $f = $_; my @q = slurp($f) =~ /^-- name: (\w+)\n(.*?)(?=^-- name:|\z)/msg;
        map { [ $q[ 2 * $_ ], $q[ 2 * $_ + 1 ] ] } 0 .. @q / 2 - 1 } glob 'sql/queries/*.sql'),
    map { [ $_->{f}, $_->{s} ] } @{ $h->rows(q{select p.oid::regproc::text as f,
        coalesce(prosrc, '') as s from pg_proc p where pronamespace in
        ('api'::regnamespace, 'auth'::regnamespace, 'godwit'::regnamespace)}) };
my (%silent, %clock);
for (@statements) {
    my ($where, $text) = @$_;
    my $n = () = $text =~ /\b(?:from|join|into|update|using|copy)\s+(?:only\s+)?(?:godwit\.)?(?:$names)\b/gi;
    my $said = () = $text =~ /\b(?:tenant_id|qshard)\b/g;
    $silent{$where} = "$said of $n" if $said < $n;
    $clock{$where} = $1 if $text =~ /((?<!auth\.)\bnow\(\)|current_(?:timestamp|date|time)\b|
        localtime\w*|(?:clock|statement|transaction)_timestamp|timeofday|\brandom\(|gen_random_uuid)/xi;
}
is_deeply \%silent, {}, 'every statement on a tenant\'s data names its tenant';
is_deeply \%clock, { doctor_clock => 'clock_timestamp', map { $_ => 'gen_random_uuid' } qw(api.campaigns_send auth.recovery_code auth.sso_begin
    auth.tenant_create godwit.audit_add godwit.credential_text godwit.message_add) },
    'the time and chance come from the caller';
cmp_ok scalar(grep { $_->[1] =~ /\b(?:$names)\b/ } @statements), '>', 60, 'all were looked at';

done_testing;
