#!/usr/bin/perl
# godwit migrate: once, twice, two at once, and a text that has changed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new(empty => 1);

my @pids = map { $h->spawn({ log => "migrate$_" }, 'migrate') } 1, 2;
for (@pids) { waitpid $_, 0; is $?, 0, 'one of two at once ends well' }
my $both = slurp($h->log_file('migrate1')) . slurp($h->log_file('migrate2'));
my @applied = $both =~ /^applied (\S+)/mg;
is scalar(grep { $_ eq 'migrations/0001_core.sql' } @applied), 1,
    'the first migration is applied once';
is $h->value('select count(*) from godwit.schema_version'),
    scalar(my @files = glob 'sql/migrations/*.sql'), 'and each is noted';

my $rows = 'select string_agg(t::text, chr(10) order by t::text) from (
    select * from godwit.schema_version union all
    select 0, name, sha256, applied_at from godwit.schema_files) t';
my $before = $h->value($rows);
my ($code, $out) = $h->godwit('migrate');
is "$code$out", '0', 'a second run says nothing';
is $h->value($rows), $before, 'and changes nothing';

is $h->value(q{select pg_get_userbyid(proowner) from pg_proc
    where proname = 'partitions_ensure'}), 'gw_owner', 'functions have owners';

$h->dbh->do(q{update godwit.schema_files set sha256 = 'old'
    where name = 'functions/partitions.sql'});
($code, $out) = $h->godwit('migrate');
is "$code$out", "0applied functions/partitions.sql\n",
    'functions follow their text';

$h->dbh->do(q{update godwit.schema_version set sha256 = 'other'});
($code, $out, my $err) = $h->godwit('migrate');
is $code, 1, 'a migration that was changed later is refused';
like $err, qr{sql/migrations/0001_core\.sql was changed}, 'and named';

$h->dbh->do(q{update godwit.schema_version set n = 9999, name = '9999_x.sql'
    where n = 1});
($code, $out, $err) = $h->godwit('migrate');
ok $code == 1 && $err =~ /9999_x\.sql/, 'a newer database is left alone';

done_testing;
