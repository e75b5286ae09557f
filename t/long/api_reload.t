#!/usr/bin/perl
# A thousand reloads of the contract while the API is asked: no request fails
# on a fresh connection, and what a contract took is given back.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $key = key($h);
sub memory { return slurp("/proc/$h->{nginx}/statm") =~ /^\d+ (\d+)/ ? $1 * 4 : 0 }

my (%memory, %status);
my $stay = 0;
for my $n (1 .. 1000) {
    my @was = edge_pids($h);
    kill HUP => $h->{nginx};
    $status{ api($h, GET => '/lists', key => $key)->{status} }++;
    $status{ api($h, GET => '/openapi.json', key => '')->{status} }++;
    wait_for { my @now = edge_pids($h); @now == 1 && $now[0] != $was[0] } 10 or $stay++;
    $memory{$n} = memory() if $n == 100 || $n == 1000;
}
is_deeply \%status, { 200 => 2000 }, 'every request is answered';
is $stay, 0, 'no old process stays';
diag "KiB of the master after 100 reloads $memory{100}, after 1000 $memory{1000}";
# malloc itself takes and gives some hundreds; a contract is more than a thousand
cmp_ok $memory{1000}, '<=', $memory{100} + 2048, 'memory is flat';
done_testing;
