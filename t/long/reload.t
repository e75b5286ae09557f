#!/usr/bin/perl
# Fifty reloads under load: a fresh connection never fails, a kept one may be
# closed before its first byte and its request is repeated; no event is lost or
# doubled, no worker crashes or stays, memory stays where it is once the heap of
# the master has settled, some twenty reloads long.
use strict;
use warnings;
use lib 't/lib', 't/long';
use Godwit;
use Godwit::Edge;
use Load qw(compare links memory);

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
links($h);
$h->nginx(workers => 2);
$h->spawn('worker', $_) for qw(cache ingest);
wait_for { get($h, '/readyz')->{status} == 200 } 10, 'ready';

my %load = map { $_ => Load->start($h, name => $_, clients => 2, rate => 300,
    fresh => $_ eq 'fresh') } qw(kept fresh);
my ($changed, @old, %memory) = (0);

for my $n (1 .. 50) {
    my %was = map { $_ => 1 } edge_pids($h);
    kill HUP => $h->{nginx};
    my @new;
    wait_for { @new = grep { !$was{$_} } edge_pids($h); @new >= 2 } 10;
    $changed++ if @new == 2;
    wait_for { !grep { $was{$_} } edge_pids($h) } 10 or push @old, $n;
    $memory{$n} = memory($h->{nginx}, edge_pids($h));
}

my %log = map { $_ => [ $load{$_}->stop ] } keys %load;
is $changed, 50, 'each reload makes new workers';
is "@old", '', 'and the old ones leave';
is_deeply [ grep { !$_->[2] } @{ $log{fresh} } ], [], 'no fresh connection fails';
is_deeply [ grep { !$_->[2] } @{ $log{kept} } ], [],
    'and no request on a kept one that is repeated';
my @log = map { @$_ } values %log;
diag sprintf '%d requests, %d repeated; KiB after 25 reloads %d, after 50 %d',
    scalar @log, scalar(grep { $_->[5] eq 'again' } @log), @memory{25, 50};
my @wrong;
wait_for { @wrong = compare($h, @log); !grep { $_ } @wrong } 30,
    'no event is lost or doubled' or diag "lost, doubled: @wrong";
cmp_ok $memory{50}, '<=', $memory{25} * 1.02 + 256, 'memory is flat';
unlike slurp($h->log_file('nginx')), qr/exited on signal/, 'nothing crashed';
done_testing;
