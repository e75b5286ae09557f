#!/usr/bin/perl
# OWASP ASVS 5.0: each requirement of levels 1 and 2 has its line in t/asvs.json,
# the tests that prove it, where it is true without one (at), or why it does not
# apply (na) or is not met (open). What is named is there.
use strict;
use warnings;
use JSON::PP ();
use Test::More;

open my $in, '<', 't/asvs.json' or die $!;
my $of = JSON::PP->new->decode(do { local $/; readline $in });
# how many of each chapter the standard has
my %n;
$n{ (split /\./)[0] }++ for keys %$of;
is_deeply \%n, { 1 => 27, 2 => 11, 3 => 19, 4 => 10, 5 => 9, 6 => 35, 7 => 18, 8 => 7, 9 => 7, 10 => 29, 11 => 14,
    12 => 9, 13 => 13, 14 => 9, 15 => 13, 16 => 16, 17 => 7 }, 'all 253 are there';
is_deeply [ grep { ref $of->{$_} eq 'HASH' ? join(' ', keys %{ $of->{$_} }) !~ /^(?:na|open|at)$/
    || (values %{ $of->{$_} })[0] !~ /\S/ : !@{ $of->{$_} } } sort keys %$of ], [], 'with a test or a reason';
is_deeply [ grep { $_ !~ m{^t/(?:\w+/)+\w+\.(?:t|c|sql)$} || !-e } map { ref $of->{$_} eq 'ARRAY'
    ? @{ $of->{$_} } : () } sort keys %$of ], [], 'the tests are there';
is_deeply [ grep { !-e } map { ref $of->{$_} eq 'HASH' && $of->{$_}{at} || () } sort keys %$of ], [],
    'and what is named instead';
diag scalar(grep { ref $of->{$_} eq 'HASH' && $of->{$_}{open} } keys %$of), ' are open';
done_testing;
