#!/usr/bin/perl
# Pause, resume, edit, cancel and kill -9 in the middle of a campaign.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Kills;

my $h = Godwit->new;
is lives($h, 840, 2, 'mail_window 60;'), 8, 'so often it was killed';
done_testing;
