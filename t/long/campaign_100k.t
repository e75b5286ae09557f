#!/usr/bin/perl
# Pause, resume, edit, cancel and kill -9 in the middle of campaigns to 100,000.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Kills;

my $h = Godwit->new;
is lives($h, $ENV{GODWIT_RECIPIENTS} // 100_000, 8, ''), 8, 'so often it was killed';
done_testing;
