#!/usr/bin/perl
# Postgres away, slow, or of another mind: an honest status and no inner word;
# a constraint that fails at the commit is no success.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; database_timeout 2s; database_slow_timeout 2s;
    database_slow_pool 1;');
my $dbh = $h->dbh;
my $key = key($h);
$h->nginx;
my @pids = edge_pids($h);
my $inner = qr/pq|syntax|relation|function|column|select|constraint|sql|statement|pg_/i;

sub honest { my ($r, $want, $name) = @_;
    is problem($r), $want, $name;
    unlike $r->{body}, $inner, 'without an inner word';
    is $r->{headers}{'retry-after'} // 0, 1, 'when to come again' if $want =~ /^503/ }

my $name = $h->{name};
my $other = $h->postgres->connect('postgres');
sub postgres { my ($may) = @_;
    $other->do("alter database $name allow_connections $may");
    $other->do('select pg_terminate_backend(pid) from pg_stat_activity where datname = ?
        and application_name = $$godwit-edge$$', undef, $name) if !$may }

is api($h, GET => '/lists', key => $key)->{status}, 200, 'it is there';
postgres(0);
wait_for { problem(api($h, GET => '/lists', key => $key)) eq '503 away' } 5, 'it is away';
honest(api($h, GET => '/lists', key => $key), '503 away', 'a read');
honest(api($h, POST => '/lists', json => { name => 'a' }, key => $key), '503 away', 'a write');
is problem(api($h, GET => '/lists', key => 'x')), '401 unauthorized', 'what needs none goes on';
is get($h, '/openapi.json')->{status}, 200, 'and the contract';
postgres(1);
wait_for { api($h, GET => '/lists', key => $key)->{status} == 200 } 10, 'it comes back by itself';
wait_for { api($h, POST => '/campaigns/cmp_9/pause', key => $key)->{status} == 404 } 10, 'for writes too';

my $lock = $h->postgres->connect($name);
$lock->begin_work;
$lock->do('lock godwit.lists in access exclusive mode');
honest(api($h, POST => '/lists', json => { name => 'a' }, key => $key), '503 timeout', 'too slow');
$lock->rollback;
$lock->disconnect;

$dbh->do(q{create function godwit.test_late() returns trigger language plpgsql as $$
    begin raise exception 'secret' using errcode = '23514'; end $$});
$dbh->do('create constraint trigger late after insert on godwit.lists deferrable initially deferred
    for each row execute function godwit.test_late()');
honest(api($h, POST => '/lists', json => { name => 'a' }, key => $key), '422 invalid',
    'a constraint at the commit');
is $h->value('select count(*) from godwit.lists'), 0, 'nothing was made';
$dbh->do('drop trigger late on godwit.lists');
$dbh->do(q{alter function api.lists_list(jsonb) rename to gone});
honest(api($h, GET => '/lists', key => $key), '503 not_migrated', 'a function is missing');
$dbh->do(q{create function api.lists_list(jsonb) returns jsonb language sql as
    $$ select to_jsonb(1/0) $$});
$dbh->do('grant execute on function api.lists_list(jsonb) to gw_edge');
my $r = api($h, GET => '/lists', key => $key);
honest($r, '422 invalid', 'an error of data');
$dbh->do(q{create or replace function api.lists_list(jsonb) returns jsonb language plpgsql as
    $$ begin raise exception 'a secret' using errcode = 'XX000'; end $$});
honest(api($h, GET => '/lists', key => $key), '500 internal', 'a fault of ours');
$dbh->do(q{create or replace function api.lists_list(jsonb) returns jsonb language sql as
    $$ select null::jsonb $$});
honest(api($h, GET => '/lists', key => $key), '500 internal', 'no answer at all');
$h->expect(qr/Postgres refused|has answered with nothing|does not exist|statement timeout/);
is_deeply [ edge_pids($h) ], \@pids, 'the same process';
done_testing;
