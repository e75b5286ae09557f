#!/usr/bin/perl
# Postgres goes and comes back, is late, is left to finish: who asks is told at
# once, and nothing needs a hand.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;
use Time::HiRes qw(time);

delete $ENV{GODWIT_TEST_PG};                    # one that can be stopped
my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 2;
    database_timeout 1s; database_slow_timeout 40s;');
any($h);
$h->nginx(workers => 2);
my @pids = edge_pids($h);
my %paths = (quick => quick($h, 'select true'), slow => slow($h, q{select 'good'}));
sub all_are { my ($status) = @_;
    return !grep { get($h, $paths{$_})->{status} != $status } (sort keys %paths) x 4 }
ok all_are(200), 'all is well';

# a query that is ended, and who is late behind it: each its own answer
my $late = quick($h, q{select true from pg_sleep(30)});
my $before = backends($h);
my @late = map { ask($h, $late) } 1 .. 20;
my $start = time;
is join(' ', map { status($_) } @late), join(' ', (503) x 20), 'what is too late';
cmp_ok time - $start, '<', 5, 'is answered in time';
# either of the two workers may have the twenty in its pipeline
wait_for { running($h) == 0 } 40, 'each of them is ended';
is get($h, $paths{quick})->{status}, 200, 'the next are not';
is backends($h), $before, 'and no connection is lost';
$h->expect(qr/57014 canceling statement due to user request/);

# a reload and a quit let what is under way finish
my $sleep = slow($h, q{select 'slept' from pg_sleep(1.2)});
my $doze = quick($h, q{select true from pg_sleep(0.3)});
for my $signal (qw(HUP QUIT)) {
    my @was = edge_pids($h);
    my @asked = map { ask($h, $_) } $sleep, $doze;
    wait_for { running($h) == 2 } 5, "$signal: two under way";
    kill $signal, $h->{nginx};
    is join(' ', map { status($_) } @asked), '200 200', "$signal: both are answered";
    my %is;
    wait_for { %is = map { $_ => 1 } edge_pids($h); !grep { $is{$_} } @was } 5,
        "$signal: the old workers leave";
}
$h->nginx(workers => 2);
@pids = edge_pids($h);
ok all_are(200), 'all is well again';

# away: whoever is under way gets the truth, so does who comes later, at once
my @held = map { ask($h, $_) } (slow($h, q{select 'lost' from pg_sleep(30)})) x 2;
wait_for { running($h) == 2 } 5, 'two under way';
delete($h->{dbh}{''})->disconnect;
ok $h->postgres->down('fast'), 'Postgres is stopped';
is join(' ', map { status($_) } @held), '503 503', 'who was under way is told';
wait_for { all_are(503) } 10, 'so is whoever comes';
$start = time;
ok all_are(503), 'eight of them';
cmp_ok time - $start, '<', 2, 'at once';
my $r = get($h, $paths{slow});
is $r->{headers}{'retry-after'}, 1, 'come again';
ok $h->postgres->up, 'Postgres is started';
wait_for { all_are(200) } 4, 'all is well by itself in two seconds, times two';
is_deeply [ edge_pids($h) ], \@pids, 'by the same workers';

# somebody ends a connection that is idle: the next request waits for a new one
my $cut = q{select count(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and application_name = 'godwit-edge'};
for (1 .. 3) {
    my $old = backends($h);
    $h->value($cut);
    wait_for { my $now = backends($h); $now ne $old && 6 == split ' ', $now } 10,
        'all connections are new';
    ok all_are(200), 'and serve';
}
unlike slurp($h->state . '/log/nginx.log'), qr/signal 11|no answer within/, 'without a word';
done_testing;
