#!/usr/bin/perl
# Numbers, money, plurals and dates by locale as Intl of node writes them; what
# the filters refuse.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Godwit;
use JSON::PP;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output);
my $json = JSON::PP->new->utf8->canonical;
my $h = Godwit->new;
my @tags = qw(en en-GB en-IN en-ZA bg cs da de de-AT de-CH el es es-AR et fi fr hr hu id it it-CH ja ko
    lt lv nb nl nl-BE pl pt pt-PT ro ru sk sl sr sv th tr uk vi zh ar he hi);
my %values = (
    money => [qw(0 0.005 -1.006 1.5 -7 999.995 1234.5 -1234567.891 98765432109)],
    number => [qw(0 -3 12.5 999 1000 12345 -1234567.25)],
    plural => [ 0 .. 24, 100 .. 103, 111, 112, 121, 1000, 1001, 1000000, 2000000,
        qw(0.0 0.5 1.0 1.5 2.00 10.1 1.10 1.21 0.11 100.4) ],
    day => [ map { 1705300000 + $_ * 86400 * 29 } 0 .. 14 ]);
$_ = [ map { "$_" } @$_ ] for values %values;
my %filters = (
    eur => [ money => "money: 'EUR'" ], chf => [ money => "money: 'CHF'" ], jpy => [ money => "money: 'JPY'" ],
    number => [ number => 'number: places' ],
    plural => [ plural => 'pluralize: ' . join ', ', map { "$_: '$_'" } qw(zero one two few many other) ],
    month => [ day => "date: '%B'" ], weekday => [ day => "date: '%A'" ], short => [ day => "date: '%a'" ]);

# what the template prints with the data: a row {template, data} a line
sub liquid {
    my ($code, $out) = $h->godwit({ in => join '', map { $json->encode($_) . "\n" } @_ }, 'liquid');
    return map { $json->decode($_) } split /\n/, $out;
}

# not as Intl has it: names of days and months that we have not, marks of direction, months by figures,
# the code for a sign
my %except = ((map { $_ => 'month weekday short' } qw(en en-GB en-IN en-ZA)),
    (map { $_ => 'eur chf jpy number' } qw(ar he)), ja => 'month jpy', zh => 'month', 'de-CH' => 'eur',
    'de-AT' => 'month short', map { $_ => 'short' } qw(es-AR pt-PT it-CH));
my @checks = map { my $tag = $_; map { [ $tag, $_ ] }
    grep { ($except{$tag} // '') !~ /\b$_\b/ } sort keys %filters } @tags;
my $input = $json->encode({ tags => \@tags, %values });
chomp(my $node = qx{sh dev/node 2>/dev/null} // '');
chomp(my $cldr = $node && qx{$node -p process.versions.cldr});
SKIP: {
    skip "there is no node with an Intl of CLDR 48, as our table is ($cldr)", scalar @checks if $cldr ne '48.0';
    my @intl = map { $json->decode($_) } qx{$node t/worker/locale.mjs '$input'};
    my %intl = map { $tags[$_] => $intl[$_] } 0 .. $#tags;
    my @got = liquid(map { my ($tag, $check) = @$_; my ($values, $filter) = @{ $filters{$check} };
        $filter =~ s/ places// if $check eq 'number';
        { template => "{% for v in values %}{{ v | $filter" . ($check eq 'number' ? '' : ',') . ' locale: tag }}|{% endfor %}',
            data => { tag => $tag, values => $values{$values} } } } @checks);
    for my $i (0 .. $#checks) {
        my ($tag, $check) = @{ $checks[$i] };
        is $got[$i]{result} // "error: $got[$i]{error}{message}", join('', map { "$_|" } @{ $intl{$tag}{$check} }), "$tag $check";
    }
}

my @cases = (
    '{{ 1999 | money: "EUR", minor: true }} {{ "1999" | money: "JPY", minor: true }} {{ 5 | money: "KWD", minor: true }}'
        => "\x{20ac}19.99 \x{a5}1,999 KWD\x{a0}0.005",
    '{{ price | money: "EUR" }} {{ "0.1" | money: "EUR" }} {{ "1.005" | money: "EUR" }} {{ 2.675 | money: "EUR" }}'
        => "\x{20ac}19.99 \x{20ac}0.10 \x{20ac}1.01 \x{20ac}2.68",
    '{{ "12345678901234567890.12" | money: "USD" }}{{ nobody | money: "USD" }}{{ "" | money: "USD" }}'
        => '$12,345,678,901,234,567,890.12',
    '{{ 9 | money: "SEK", locale: "sv-SE" }} {{ 9 | money: "SEK" }} {{ 9 | money: "CAD", locale: "fr_CA" }} {{ 9 | money: "CAD" }}'
        => "9,00\x{a0}kr SEK\x{a0}9.00 9,00\x{a0}\$ CA\$9.00",
    '{{ 1234.5 | number: 2, locale: "de-DE" }} {{ 0.5 | number: 0 }} {{ -0.4 | number: 0 }} {{ "007" | number }}' => '1.234,50 1 0 7',
    '{{ 1 | pluralize: "item", "items" }} {{ 2 | pluralize: "item", "items" }} {{ 0 | pluralize: "item", "items", locale: "fr" }}'
        => 'item items item',
    '{{ 3 | pluralize: one: "x", other: "y", locale: "ru" }}{{ 5 | pluralize: one: "x", few: "z", other: "y", locale: "ru" }}' => 'yy',
    '{{ at | date: "%d. %B %Y %H:%M %Z %z", zone: "Europe/Berlin", locale: "de" }}' => "31. M\x{e4}rz 2024 03:30 CEST +0200",
    '{{ at | date: "%H:%M", zone: nobody }} {{ at | date: "%a %b", locale: "xx" }} {{ at | date: "%H:%M", zone: "" }}' => '01:30 Sun Mar 01:30',
    '{{ at | date: "%H:%M %Z", zone: "Nowhere/Land" }}' => qr/^there is no time zone "Nowhere\/Land"/,
    '{{ at | date: "%H:%M", zone: "../../../etc/passwd" }}' => qr/^there is no time zone/,
    '{{ "soon" | money: "EUR" }}' => qr/^"money": "soon" is no number/,
    '{{ 1 | money: "euro" }}' => qr/^"money" takes a currency like EUR, not "euro"/,
    '{{ 1 | money }}' => qr/^filter "money" takes 1 argument, not 0/,
    '{{ 1 | money: "EUR", unit: 1 }}' => qr/^filter "money" takes no "unit:"/,
    '{{ "9" | number: 21 }}' => qr/^"number" takes 0 to 20 places/,
    '{{ 2 | pluralize: one: "x" }}' => qr/^"pluralize" takes two texts, or one for "other:"/,
    '{{ "1e5" | number }}' => qr/^"number": "1e5" is no number/,
);
my (@templates, @want);
while (my ($template, $want) = splice @cases, 0, 2) {
    push @templates, { template => $template, data => { price => 19.99, at => '2024-03-31T01:30:00Z' } };
    push @want, $want;
}
my @got = liquid(@templates);
for my $i (0 .. $#want) {
    my $name = $templates[$i]{template};
    ref $want[$i] ? like $got[$i]{error}{message} // '', $want[$i], $name : is $got[$i]{result}, $want[$i], $name;
}
done_testing;
