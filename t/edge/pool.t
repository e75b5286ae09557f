#!/usr/bin/perl
# A request is one transaction on a shared connection: it is answered when it
# is committed, and when it fails it fails alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;

# the first host refuses, under the number of the socket that the second gets
my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 1;');
my $conf = $h->state . '/conf/godwit.conf';
my $port = free_port();
spew($conf, slurp($conf) =~ s{"host=}{"port=$port,5432 host=127.0.0.1,}r);
any($h);
$h->nginx;
my @pids = edge_pids($h);
wait_for { get($h, slow($h, q{select 'here'}))->{body} eq 'here' } 5,
    'Postgres is at the second of two hosts';

# a row comes before its commit fails
$h->dbh->do(q{create table public.pool_held(id int unique deferrable initially deferred);
    create table public.pool_log(id bigint generated always as identity, what text);
    insert into public.pool_held values (1); grant all on public.pool_held,
    public.pool_log to public});
$h->expect(qr/Postgres refused "track_preferences": (?:XX000 a failure|42883)/);
my $held = q{with x as (insert into public.pool_held values (%d) returning id)
    select %s from x};
for my $case ([ 'quick', quick($h, sprintf $held, 1, 'true'),
        quick($h, sprintf $held, 2, 'true') ],
    [ 'slow', slow($h, sprintf $held, 1, "'page'"),
        slow($h, sprintf $held, 3, "'page'") ])
{
    my ($name, $bad, $good) = @$case;
    is get($h, $bad)->{status}, 503, "$name: a commit that fails is no success";
    is get($h, $good)->{status}, 200, "$name: one that does not is";
}
is $h->value('select sum(id) from public.pool_held'), 6, 'and all of it is there';

# a thousand of every kind on one connection, many at a time
my @kinds = ([ '200 1', 'select true' ], [ '200 0', 'select false' ],
    [ '404 0', 'select null' ], [ '503 0', 'select 1 / 0' ],
    [ '503 0', q{select public.pool_fail('GW002')} ],
    [ '503 0', sprintf $held, 1, 'true' ],
    [ '503 0', q{select public.pool_fail('XX000')} ],
    [ '200 1', q{with x as (insert into public.pool_log(what) values ('1'))
        select true} ]);
my @paths = map { quick($h, $_->[1]) } @kinds;
srand 7;
my @asked = map { [ map { int rand @kinds } 1 .. 25 ] } 1 .. 40;
my @sockets = map { ask($h, @paths[@$_]) } @asked;
my ($wrong, $answers, $written) = (0, 0, 0);
for my $n (0 .. $#asked) {
    my @got = answer($sockets[$n]);
    $answers += @got;
    $written += grep { $_ == $#kinds } @{ $asked[$n] };
    $wrong += grep { my $r = $got[$_]; "$r->{status} " . yes($r)
        ne $kinds[ $asked[$n][$_] ][0] } 0 .. $#got;
}
is $answers, 1000, 'a thousand answers';
is $wrong, 0, 'each is that of its own request';
is $h->value('select count(*) from public.pool_log'), $written,
    'what was answered is stored, nothing else';

# the rest of a pipeline is not waited for: the process serves others meanwhile
$h->dbh->do('select pg_advisory_lock(7)');
my @two = map { ask($h, quick($h, $_)) } 'select true from pg_sleep(0.3)',
    'select true from pg_advisory_xact_lock(7)';
is yes(answer($two[0])), 1, 'the first has its answer';
wait_for { running($h) == 1 } 5, 'the second has not';
is get($h, '/healthz')->{status} . ' ' . running($h), '200 1', 'and nobody waits for it';
$h->dbh->do('select pg_advisory_unlock(7)');
is yes(answer($two[1])), 1, 'but who has asked';

# a crowd behind one that takes long: the process sleeps until there is an answer
sub wakes { return slurp("/proc/$pids[0]/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m ? $1 : die }
sub sent { return get($h, '/metrics')->{body} =~ /^godwit_db_queries_total (\d+)$/m ? $1 : die }
$h->dbh->do('select pg_advisory_lock(7), pg_advisory_lock(8)');
my $sent = sent();
my @crowd = map { ask($h, quick($h, "select true from pg_advisory_xact_lock($_)")) } 7, (8) x 20;
wait_for { sent() - $sent == @crowd } 5, 'a crowd on one connection';
$h->dbh->do('select pg_advisory_unlock(7)');
is yes(answer(shift @crowd)), 1, 'the first is answered, the next takes long';
my $wakes = wakes();
$h->value('select pg_sleep(0.4)');
cmp_ok wakes() - $wakes, '<', 100, 'nobody looks for its answer meanwhile';
$h->dbh->do('select pg_advisory_unlock(8)');
is join('', map { yes(answer($_)) } @crowd), '1' x @crowd, 'and all have theirs';

# statements have names, once they are known to be good
my $named = quick($h, q{select count(*) > 0 from pg_prepared_statements
    where name = 'track_preferences'});
is yes(get($h, $named)), 1, 'the statement is prepared';
is yes(get($h, quick($h, q{select current_setting('jit') = 'off'}))), 1, 'no plan is compiled: that takes longer than what it is for';
my $args = 'auth.track_preferences(p_tenant int, p_contact bigint, p_campaign bigint, p_at bigint)';
my $before = backends($h);
$h->dbh->do("alter function $args rename to gone");
is get($h, $named)->{status}, 503, 'a function that is gone';
$h->dbh->do('alter function auth.gone(int, bigint, bigint, bigint) rename to track_preferences');
is yes(get($h, $named)), 1, 'is known again when it is back';
$h->dbh->do("create or replace function $args returns json language sql as "
    . q{$$ select '{"subscribed": false}'::json $$});
is yes(get($h, $named)), 0, 'a function that is replaced is the new one at once';
is backends($h), $before, 'on the same connections';

# a Parse that failed is forgotten: the connection need not be made anew
$h->dbh->do("alter function $args rename to gone");
$h->value(q{select count(pg_terminate_backend(pid)) from pg_stat_activity where
    datname = current_database() and application_name = 'godwit-edge'});
my $now;
wait_for { $now = backends($h); $now ne $before && 2 == split ' ', $now } 10, 'cut';
is get($h, $named)->{status}, 503, 'not there when it is first used';
$h->dbh->do('alter function auth.gone(int, bigint, bigint, bigint) rename to track_preferences');
is get($h, $named)->{status}, 200, 'and then it is';
is backends($h), $now, 'on the same connections';
$before = $now;

# another type of result: the plan is no good, the request is all the same
my $view = slow($h, q{select 'page'});
is get($h, $view)->{body}, 'page', 'prepared';
$h->dbh->do(q{drop function auth.track_view(int, bigint, bigint);
    create function auth.track_view(int, bigint, bigint) returns jsonb language sql as
    $$ select '{"html_tracked": "new", "data": {}}'::jsonb $$});
is get($h, $view)->{body}, 'new', "attempt $_" for 1 .. 3;
isnt backends($h), $before, 'by a new connection';
$before = backends($h);
is get($h, $view)->{body}, 'new', 'which stays';
is backends($h), $before, 'as it is';

# somebody has thrown our names away
$h->dbh->do("create or replace function $args returns json language plpgsql as "
    . q{$$ begin if p_contact > 0 then raise notice 'a notice'; end if;
    return '{"subscribed": true}'; end $$});
is yes(get($h, $named)), 1, 'ready';
$h->dbh->do("create or replace function auth.track_view(int, bigint, bigint) returns "
    . q{jsonb language plpgsql as $$ begin deallocate all;
    return '{"html_tracked": "all", "data": {}}'; end $$});
is get($h, $view)->{body}, 'all', "names that are gone, $_" for 1 .. 4;
is_deeply [ edge_pids($h) ], \@pids, 'all by the same worker';
my $log = $h->state . '/log/';
unlike slurp("${log}nginx.log"), qr/signal|no answer within|track_view/, 'without a word';
unlike slurp("$log$_.log"), qr/a notice/, "no notice in $_" for qw(nginx start);
done_testing;
