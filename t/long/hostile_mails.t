#!/usr/bin/perl
# t/worker/hostile_mail.t with a hundred thousand mails.
use strict;
use warnings;

$ENV{MAILS} = 100_000;
exec $^X, 't/worker/hostile_mail.t' or die "exec: $!";
