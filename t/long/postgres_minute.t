#!/usr/bin/perl
# Postgres is stopped for a minute under load: pixel and click are as quick as
# before, every answer is the same, and the counts are exact soon afterwards.
use strict;
use warnings;
use lib 't/lib', 't/long';
use Godwit;
use Godwit::Edge;
use Load qw(compare links quantile);
use Time::HiRes qw(time);

my $minute = $ENV{GODWIT_MINUTE} // 60;         # seconds, for whoever has none

delete $ENV{GODWIT_TEST_PG};                    # one that can be stopped
my $h = Godwit->new(conf => 'spool_segment 1m;');
links($h);
$h->nginx(workers => 2);
$h->spawn('worker', $_) for qw(cache ingest);
wait_for { get($h, '/readyz')->{status} == 200 } 10, 'ready';
my @pids = edge_pids($h);
my $leave = '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 1);

my $load = Load->start($h, name => 'c', clients => 4, rate => 400);
sub spend { my $until = time + $_[0]; wait_for { time >= $until } $_[0] + 1 }
spend(3);
my $start = time;
spend($minute / 2);
my $before = time;
delete($h->{dbh}{''})->disconnect;
ok $h->postgres->down('fast'), 'Postgres is stopped';
my $away = time;
spend($minute - 2);
is post($h, $leave)->{status}, 200, 'an unsubscribe is durable without it';
spend(2);
my $back = time;
ok $h->postgres->up, 'and is started again';
my $up = time;
spend(5);
my @log = $load->stop;

for my $kind (qw(open click)) {
    my ($was, $is) = map { my ($from, $to) = @$_; [ map { $_->[4] / 1000 }
        grep { $_->[1] eq $kind && $_->[3] >= $from && $_->[3] < $to } @log ] }
        [ $start, $before ], [ $away, $back ];
    my @p = map { my $q = $_; map { quantile($q, @$_) } $was, $is } 0.5, 0.99;
    diag sprintf '%s: %d before, %d without Postgres; p50 %.2f and %.2f ms, '
        . 'p99 %.2f and %.2f ms', $kind, scalar @$was, scalar @$is, @p;
    cmp_ok $p[3], '<=', 2 * $p[2] + 5, "$kind: p99 is as before";
}

my %status;
$status{"$_->[1] $_->[2]"}++ for @log;
is_deeply [ sort keys %status ], [ 'click 302', 'open 200' ],
    'every status is the same';
my @wrong;
wait_for { @wrong = compare($h, @log); !grep { $_ } @wrong } 30 - (time - $up),
    'the counts are exact 30 s after recovery' or diag "lost, doubled: @wrong";
diag sprintf 'exact %.1f s after recovery, %d events', time - $up, scalar @log;
is $h->value(q{select opens + clicks || ' ' || unsubscribes from
    godwit.campaign_totals where campaign_id = 7}), @log . ' 1', 'totals too';
is_deeply [ edge_pids($h) ], \@pids, 'by the same workers';
done_testing;
