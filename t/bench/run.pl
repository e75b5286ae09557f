#!/usr/bin/perl
# Benches: perl t/bench/run.pl [NAME]. One JSON line a row; ratios against a
# peer in the same run, interleaved rounds, medians.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin", "$FindBin::Bin/../lib";
use Bench;

my %bench = map { m{([^/]+)\.bench\.pl$} ? ($1 => $_) : () } glob "$FindBin::Bin/*.bench.pl";
my @names = @ARGV && length $ARGV[0] ? @ARGV : sort keys %bench;
my $failed = 0;
for my $name (@names) {
    my $file = $bench{$name} or die "there is no bench $name; there are: @{[ sort keys %bench ]}\n";
    $failed++ if system($^X, "-I$FindBin::Bin", "-I$FindBin::Bin/../lib", $file) != 0;
}
exit($failed ? 1 : 0);
