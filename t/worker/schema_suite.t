#!/usr/bin/perl
# godwit schema against the public groups, when they lie beside the checkout.
use strict;
use warnings;
use FindBin;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $file = ($ENV{GODWIT_SUITES} // "$FindBin::Bin/../../../shared/suites") . '/json_schema.json';
plan skip_all => "no $file" if !-r $file;

# numbers stay as they are written: 1.0 and 1 are not the same text
my $value = qr/(?<value>"(?:[^"\\]|\\.)*+"|[-+.\w]++
    |\[\s*+(?:(?&value)\s*+,?\s*+)*+\]|\{\s*+(?:(?&value)\s*+:?\s*+,?\s*+)*+\})/sx;
my ($list) = slurp($file) =~ /"groups"\s*:\s*($value)/ or die "$file has no groups\n";

sub items { my @i; push @i, $1 while $_[0] =~ /\G[\[\s,]*($value)/gc; @i }
sub member { $_[0] =~ /\G[{\s,]*"\Q$_[1]\E"\s*:\s*($value)/gc ? return $1
    : ($_[0] =~ /\G[{\s,]*"[^"]+"\s*:\s*$value/gc or return) while 1 }

my (@lines, @want, $groups);
for my $group (items($list)) {
    my %of;
    for (qw(file description schema tests)) { pos($group) = 0; $of{$_} = member($group, $_) }
    $groups++;
    for my $test (items($of{tests})) {
        my %t;
        for (qw(data valid description)) { pos($test) = 0; $t{$_} = member($test, $_) }
        # groups of format/ assert formats, the others take them as notes
        my $format = $of{file} =~ m{^"format/} ? 'true' : 'false';
        push @lines, "{\"schema\":$of{schema},\"data\":$t{data},\"format\":$format}" =~ s/\n\s*/ /gr;
        push @want, [ $t{valid}, "$of{file} $of{description}: $t{description}" ];
    }
}

my $h = Godwit->new;
my (undef, $out) = $h->godwit({ in => join('', map { "$_\n" } @lines) }, 'schema');
my @got = map { decode_json($_) } split /\n/, $out;
diag "$groups groups, " . @lines . ' cases';
cmp_ok $groups, '>', 150, 'the groups are found';
is @got, @lines, 'an answer for each case';

for my $i (0 .. $#want) {
    my $valid = !exists $got[$i]{valid} ? $got[$i]{error}{message} : $got[$i]{valid} ? 'true' : 'false';
    is $valid, $want[$i][0], $want[$i][1] or diag $lines[$i];
}
done_testing;
