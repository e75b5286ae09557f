#!/usr/bin/perl
# nginx of Debian's version under AddressSanitizer and UBSan, every block of a
# pool an allocation of its own: the tests of the edge leave no word of theirs
# in a log (each test reads its logs). And they would: a fix undone is found.
use strict;
use warnings;
use lib 't/long';
use Builds;
use Test::More;

my $tree = source();
my $flags = '-fsanitize=address,undefined -DNGX_DEBUG_PALLOC=1';
my ($code, $out) = edge_tests(build($tree, 'nginx-san', $flags),
    glob('t/edge/*.t'), map { "t/fault/$_.t" }
    qw(disk_full postgres_away spool_damage));
is $code, 0, 'nothing is found' or diag $out;

# a run is looked at when its request has gone
system('rm -rf build/undone && mkdir -p build/undone/dev && '
    . 'cp -r config ngx_modules shm build/undone && '
    . 'cp dev/build-nginx build/undone/dev') == 0 or die 'no copy';
my $file = 'build/undone/ngx_modules/ngx_http_godwit_pool.c';
open my $fh, '<', $file or die $!;
my $text = do { local $/; <$fh> };
ok $text =~ s/(run->handler\(r, answer\);)/$1\n    run->segment = NULL;/, 'a fix is undone';
open $fh, '>', $file or die $!;
print $fh $text;
close $fh;
($code, $out) = edge_tests(build($tree, 'nginx-undone', $flags, 'build/undone'),
    't/edge/view.t');
isnt $code, 0, 'and the test fails';
like $out, qr/AddressSanitizer: heap-use-after-free/, 'for what it is';
done_testing;
