#!/usr/bin/perl
# Ten thousand requests made of the contract, on nginx with our modules under
# AddressSanitizer and UBSan; GODWIT_SEED and GODWIT_REQUESTS choose others.
use strict;
use warnings;
use lib 't/long';
use Builds;
use Test::More;

local $ENV{GODWIT_REQUESTS} = $ENV{GODWIT_REQUESTS} // 10000;
local $ENV{GODWIT_SEED} = $ENV{GODWIT_SEED} // time % 1000000;
my $nginx = build(source(), 'nginx-san', '-fsanitize=address,undefined -DNGX_DEBUG_PALLOC=1');
my ($code, $out) = edge_tests($nginx, 't/edge/api_fuzz.t');
diag grep { /SEED=/ } split /^/, $out;
is $code, 0, 'nothing is found' or diag $out;
like $out, qr/SEED=$ENV{GODWIT_SEED}: $ENV{GODWIT_REQUESTS} requests/, 'all of them were asked';
done_testing;
