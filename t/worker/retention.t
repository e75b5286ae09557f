#!/usr/bin/perl
# What a workspace keeps no longer than it says, and another for ever.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
my @once = qw(worker jobs --once);
$h->godwit(@once);
is_deeply $h->call('retention_get'), { events => undef, audit_values => undef, files => undef },
    'for ever, as long as nobody says more';
my ($code, $doc) = $h->try('retention_update', { events => 0 });
is "$code $doc->{error}{field}", '1 events', 'a day at least';

sub day { return POSIX::strftime('%Y-%m-%dT00:00:00Z', gmtime(time - 86400 * shift)) }
my $two = $h->value(q{select auth.tenant_create('b', now())});
for my $tenant (1, $two) {
    $h->dbh->do('insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind)
        select ?, ?::timestamptz, 1, n, 1 from generate_series(1, 10) n', undef, $tenant, day($_)) for 5, 50;
    enter($h, 'contacts_create', { email => "a$_\@example.com" }, $tenant) for 1 .. 3;
}
my @imports = map { import_upload($h, "email\nbad\n") } 1 .. 2;
$h->godwit(@once);
my ($old, $new) = map { s/\D//gr } map { $_->{id} } @imports;
$h->dbh->do('update godwit.imports set finished_at = ? where id = ?', undef, day(50), $old);
$h->dbh->do('update godwit.files f set created_at = ? from godwit.imports i
    where i.id = ? and f.id = i.file_id', undef, day(50), $old);
wait_for { $h->godwit(qw(worker cron --once)); !$h->value('select count(*) from godwit.audit where seq is null') } 10;

is_deeply $h->call('retention_update', { events => 30, files => 30 }),
    { events => 30, audit_values => undef, files => 30 }, 'thirty days';
$h->godwit(qw(worker cron --once)) for 1 .. 2;
is_deeply { map { $_->{tenant_id} => $_->{n} } @{ $h->rows('select tenant_id, count(*) as n
    from godwit.events group by 1') } }, { 1 => 10, $two => 20 }, 'older events go, of this workspace';
is_deeply [ map { -e $h->state . "/files/up-$_.csv" ? 1 : 0 } 1, 2 ], [ 0, 1 ], 'and older files';
is $h->value('select count(*) from godwit.imports where reject_file is not null'), 1,
    'and what an import had refused';

# ---- the values of the audit: a day is not over before it is
my $values = 'select count(*) from godwit.audit_values where tenant_id = 1';
my $forms = 'select array_agg(tenant_id order by tenant_id) from godwit.preference_notes';
$h->dbh->do(q{insert into godwit.preference_notes (tenant_id, contact_id, at, words, noted_at)
    select t, 1, now(), 'page2.en', now() from unnest(array[1, ?::int]) t}, {}, $two);
my $all = $h->value($values);
$h->call('retention_update', { audit_values => 1 });
$h->godwit(qw(worker cron --once));
is $h->value($values), $all + 1, 'of today they stay';
is_deeply $h->value($forms), [ 1, $two ], 'as do the forms of preferences';
my $later = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 2 * 86400));
$h->godwit({ env => { GODWIT_CLOCK => $later } }, qw(worker cron --once)) for 1 .. 2;
is $h->value($values), 0, 'later they go';
is_deeply $h->value($forms), [$two], 'with the forms';
cmp_ok $h->value('select count(*) from godwit.audit where tenant_id = 1'), '>', $all, 'the rows of the audit stay';
is(($h->godwit('audit', 'verify'))[0], 0, 'and their chain is whole');

done_testing;
