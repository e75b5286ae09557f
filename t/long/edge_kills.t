#!/usr/bin/perl
# kill -9 of nginx's workers and of the whole of nginx, two hundred times under
# load: what was answered is stored, nothing is stored twice, nothing is left
# over. GODWIT_SEED repeats the choice of the victims.
use strict;
use warnings;
use lib 't/lib', 't/long';
use Godwit;
use Godwit::Edge;
use Load qw(compare links quantile);
use Time::HiRes qw(time);

my $kills = $ENV{GODWIT_KILLS} // 200;
my $seed = $ENV{GODWIT_SEED} // $$;
srand $seed;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
$h->expect(qr/exited on signal 9/);
links($h);
$h->nginx(workers => 2);
$h->spawn('worker', $_) for qw(cache ingest);
wait_for { get($h, '/readyz')->{status} == 200 } 10, 'ready';
my $load = Load->start($h, name => 'c', clients => 4, rate => 600, once => 1);

my (%killed, @back);
for (1 .. $kills) {
    my $until = time + rand 0.2;
    wait_for { time >= $until } 1;
    my @workers = edge_pids($h);
    my $all = rand() < 0.25;
    my $at = time;
    if ($all) {             # those of a killed master would go on listening
        kill KILL => $h->{nginx}, @workers;
        wait_for { !edge_pids($h) } 10;
        $h->stop($h->{nginx}, 'KILL');
        $h->nginx(workers => 2);
    } else {
        my $victim = $workers[ rand @workers ];
        kill KILL => $victim;
        wait_for { my @now = edge_pids($h); @now == @workers
            && !grep { $_ == $victim } @now } 10;
    }
    push @back, time - $at;
    $killed{ $all ? 'all of nginx' : 'a worker' }++;
}

my @log = $load->stop;
my $answered = grep { $_->[2] } @log;
diag sprintf 'seed %d: killed %s; %d of %d requests answered; back after '
    . '%.0f ms, at most %.0f', $seed, join(', ', map { "$_ $killed{$_} times" }
    sort keys %killed), $answered, scalar @log, 1000 * quantile(0.5, @back),
    1000 * quantile(1, @back);
is_deeply [ grep { $_->[2] !~ /^(?:0|200|302)$/ } @log ], [], 'no other answer';
cmp_ok quantile(1, @back), '<', 5, 'nginx is back within a second';

my @wrong;
wait_for { @wrong = compare($h, @log); !grep { $_ } @wrong } 30,
    'what was answered is stored, nothing twice' or diag "lost, doubled: @wrong";
my $spool = $h->state . '/spool';
wait_for { (() = glob "$spool/*.seg") == 8 } 10, 'no segment is left over';
my @left = glob "$spool/quarantine/*";
is "@left", '', 'nor in quarantine';
wait_for { get($h, '/readyz')->{status} == 200 } 10, 'ready again';
done_testing;
