#!/usr/bin/perl
# /readyz and /metrics are for this machine: not for who comes through a proxy
# on it. /healthz is for all.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
for my $far ([ 'X-Forwarded-For' => '192.0.2.1' ], [ 'X-Real-IP' => '192.0.2.1' ],
    [ Forwarded => 'for=192.0.2.1' ], [ Via => '1.1 proxy' ])
{
    is get($h, $_, @$far)->{status}, 403, "$_ with $far->[0]" for '/readyz', '/metrics';
    is get($h, '/healthz', @$far)->{status}, 200, "/healthz with $far->[0]";
}
is get($h, '/metrics')->{status}, 200, 'this machine may see the metrics';
isnt get($h, '/readyz')->{status}, 403, 'and what is ready';
done_testing;
