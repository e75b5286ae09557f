#!/usr/bin/perl
# The worker is killed a hundred times in 10,000 deliveries: nothing is lost.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $requests = killed($h, 10_000, 100);
ok $requests < 20_000, 'few come twice' or diag $requests;

done_testing;
