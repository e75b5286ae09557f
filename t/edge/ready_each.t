#!/usr/bin/perl
# Each process of nginx is asked by itself: once one has said that it is ready,
# none says that a cache, which all of them have, is not there.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
$h->nginx(workers => 4);
wait_for { (my @pids = edge_pids($h)) == 4 } 5, 'four processes';
like get($h, '/readyz')->{body}, qr/^cache: there is none/, 'without a cache';
is +($h->godwit(qw(worker cache --once)))[0], 0, 'there is one';
is_deeply [ map { get($h, '/readyz')->{status} } 1 .. 40 ], [ (200) x 40 ], 'for all of them';
done_testing;
