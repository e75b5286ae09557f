# A storm of 200 logins a second: how many are hashed, how soon the others hear
# that they must come again, and what a pixel feels of it.
use strict;
use warnings;
use Time::HiRes qw(time);
use Godwit;
use Godwit::Edge;
use Bench;
use Login;

my ($rate, $seconds) = (200, $ENV{BENCH_SECONDS} || 8);
my $h = Godwit->new(conf => 'spool_segment 64m;');
$h->nginx(workers => 2);
my ($from, @hashed, @shift, @quiet, @stormy, @refused) = (1);
for my $round (1 .. $ENV{BENCH_ROUNDS} || 3) {
    my $quiet = Login::rank(0.99, Login::pixels($h, $seconds));
    my ($before, $start) = (Login::metric($h, 'total'), time);
    my $storm = Login::storm($h, $rate, $seconds, $from);
    my $stormy = Login::rank(0.99, Login::pixels($h, $seconds));
    push @hashed, (Login::metric($h, 'total') - $before) / (time - $start);
    my @all = $storm->();
    $from += $rate * $seconds;
    push @refused, grep { $_->[0] == 503 } @all;
    push @quiet, $quiet;
    push @stormy, $stormy;
    my %n;
    $n{ $_->[0] }++ for @all;
    say_note(sprintf 'login_storm round %d: %.1f hashed/s, pixel p99 %.3f ms, quiet %.3f ms; %s', $round,
        $hashed[-1], $stormy, $quiet, join ', ', map { "$n{$_} x $_" } sort keys %n);
}
my %row = (rounds => scalar @hashed, spread => 0);
Bench::row(%row, name => 'login_storm', unit => 'hashed/s', ours => median(@hashed), peer => $rate,
    ratio => median(@hashed), at_most => 9);
my $p99 = Login::rank(0.99, map { $_->[1] } @refused);
Bench::row(%row, name => 'login_storm_refused', unit => 'ms (p99)', ours => $p99, peer => 50, ratio => $p99,
    at_most => 50);
Bench::row(%row, name => 'login_storm_pixel', unit => 'ms (p99)', ours => median(@stormy), peer => median(@quiet),
    ratio => median(@stormy) - median(@quiet), at_most => 1);
say_note('login_storm_pixel: ratio is the shift of its p99');
