#!/usr/bin/perl
# Small campaigns of two workspaces under kill -9, beside a black hole: nothing is
# lost, nothing is doubled, who is in the hole waits.
use strict;
use warnings;
use FindBin;
use Test::More;

my $out = qx{$^X $FindBin::Bin/chaos.pl --kills 8 --messages 2000 --seed 5 2>&1};
my $code = $? >> 8;
my ($last) = $out =~ /^(chaos kills=.*)\n\z/m;

is $code, 0, 'the run passes' or diag $out;
my $want = 'chaos kills=8 seed=5 messages=2000 sent=\d+ lost=0 duplicated=0 '
    . 'uncertain=\d+ uncertain_max=\d+ events_acked=[1-9]\d* events_lost=0 '
    . 'events_duplicated=0';
like $last // '', qr/^$want\z/, 'its last line';

my ($hole) = $out =~ /^checker: in the black hole: (.*)$/m;
is $hole, '40 queued', 'who is in the black hole waits';

done_testing;
