#!/usr/bin/perl
# The tests of the edge on another nginx: NGX_SRC is the folder of its source.
use strict;
use warnings;
use lib 't/long';
use Builds;
use Test::More;

plan skip_all => 'NGX_SRC names no source of nginx' if !$ENV{NGX_SRC};
my $nginx = build($ENV{NGX_SRC}, 'nginx-newest', '');
my ($version) = qx{$nginx -v 2>&1} =~ m{nginx/(\S+)};
my ($code, $out) = edge_tests($nginx, glob 't/edge/*.t');
is $code, 0, "the edge on nginx $version" or diag $out;
done_testing;
