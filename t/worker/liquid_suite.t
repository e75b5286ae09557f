#!/usr/bin/perl
# godwit liquid against the public cases, when they lie beside the checkout.
use strict;
use warnings;
use FindBin;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $file = ($ENV{GODWIT_SUITES} // "$FindBin::Bin/../../../shared/suites") . '/liquid.json';
plan skip_all => "no $file" if !-r $file;

# members are taken as they are written: Perl would lose the order of a hash
my $value = qr/(?<value>"(?:[^"\\]|\\.)*+"|[-+.\w]++
    |\[\s*+(?:(?&value)\s*+,?\s*+)*+\]|\{\s*+(?:(?&value)\s*+:?\s*+,?\s*+)*+\})/sx;
my $text = slurp($file);
my ($list) = $text =~ /"tests"\s*:\s*($value)/ or die "$file has no tests\n";
my @raw;
push @raw, $1 =~ s/\n\s*/ /gr while $list =~ /\G[\[\s,]*(?=\{)($value)/gc;
my @cases = map { decode_json($_) } @raw;

# our strict mode refuses what the suite's strict2 does
my @lines = map {
    my ($raw, $case) = ($raw[$_], $cases[$_]);
    my @members = map { $raw =~ /"$_"\s*:\s*($value)/ ? "\"$_\":$1" : () }
        qw(template data templates);
    push @members, '"strict":true' if grep { /^strict2?$/ } @{ $case->{tags} // [] };
    '{' . join(',', @members) . "}\n";
} 0 .. $#cases;

my $h = Godwit->new;
my ($code, $out) = $h->godwit({ in => join '', @lines }, 'liquid');
my @got = map { decode_json($_) } split /\n/, $out;
cmp_ok @cases, '>', 600, 'the cases are found';
is @got, @cases, 'a line for each case';

for my $i (0 .. $#cases) {
    my ($case, $got) = ($cases[$i], $got[$i]);
    if ($case->{invalid}) {
        ok $got->{error}{message}, $case->{name};
        next;
    }
    my @right = $case->{results} ? @{ $case->{results} } : $case->{result};
    my $result = $got->{result} // "error: $got->{error}{message}";
    ok scalar(grep { $_ eq $result } @right), $case->{name}
        or diag "$case->{template}\n got: $result\nwant: @right";
}
done_testing;
