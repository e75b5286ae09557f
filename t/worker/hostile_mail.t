#!/usr/bin/perl
# Mails with hostile names, subjects and URLs are read alike by Python's email
# and by mailparser, and have the headers and tags of the harmless one.
use strict;
use warnings;
use Test::More;
use File::Temp;

my $n = $ENV{MAILS} || 300;
my $seed = $ENV{SEED} || 1 + int rand 1_000_000;
plan skip_all => 'Python is not there' if !-x '/usr/bin/python3';
is system('make', '-s', 'build/bench/render'), 0, 'a composer without SMTP';
my $file = File::Temp->new(UNLINK => 1);
my $out = qx{/usr/bin/python3 t/worker/mails.py $n $seed $file};
like $out, qr/^ok $n /, "$n mails of seed $seed in Python" or diag $out;

SKIP: {
    my $dir = 't/worker/node';
    chomp(my $node = qx{sh dev/node $dir 2>/dev/null} // '');
    skip 'Node or its packages are not there', 1 if $? || !$node;
    my ($made) = $out =~ /^ok \d+ (\d+)/;
    $out = qx{$node $dir/mails.js < $file};
    is $out, 'ok ' . ($n - ($made // 0)) . "\n", 'and in mailparser';
}

done_testing;
