#!/usr/bin/perl
# Mails with hostile names, subjects and URLs are read alike by Python's email,
# by mailparser and by GMime, and have the headers and tags of the harmless one.
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

my ($made) = $out =~ /^ok \d+ (\d+)/;
my $read = 'ok ' . ($n - ($made // 0)) . "\n";

SKIP: {
    my @at = map { qx{sh dev/unpack $_ 2>/dev/null} || () }
        qw(libgmime-3.0-0 libgpgme11 libassuan0 gir1.2-gmime-3.0);
    chomp @at;
    skip 'GMime, or gi for Python, is not there', 1
        if @at < 4 || system q{/usr/bin/python3 -c 'import gi' 2>/dev/null};
    local $ENV{GI_TYPELIB_PATH} = join ':', glob "$at[3]/usr/lib/*/girepository-1.0";
    local $ENV{LD_LIBRARY_PATH} = join ':', map { glob "$_/usr/lib/*-linux-*" } @at[ 0 .. 2 ];
    is qx{/usr/bin/python3 t/worker/gmime.py < $file}, $read, 'and in GMime';
}
SKIP: {
    my $dir = 't/worker/node';
    chomp(my $node = qx{sh dev/node $dir 2>/dev/null} // '');
    skip 'Node or its packages are not there', 1 if $? || !$node;
    is qx{$node $dir/mails.js < $file}, $read, 'and in mailparser';
}

done_testing;
