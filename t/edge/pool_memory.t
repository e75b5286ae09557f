#!/usr/bin/perl
# An answer of Postgres is kept as long as its request, and no longer.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;

plan skip_all => 'a sanitizer keeps what is free' if $ENV{GODWIT_NGINX};
my $h = Godwit->new(conf => 'spool_segment 1m;');
any($h);
$h->nginx;
my ($pid) = edge_pids($h);
sub memory { return slurp("/proc/$pid/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m ? $1 : die }
my $page = slow($h, q{select repeat('x', 200000)});
sub many { for (1 .. $_[0]) { get($h, $page); close ask($h, $page) } }

is length get($h, $page)->{body}, 200000, 'a large answer';
many(20);
my $before = memory();
many(150);
cmp_ok memory() - $before, '<', 8192, 'three hundred of them leave nothing (KiB)';
is_deeply [ edge_pids($h) ], [$pid], 'the same process';
done_testing;
