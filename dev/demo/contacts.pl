#!/usr/bin/perl
# About a thousand made-up contacts, the same at every run.
use strict;
use warnings;

my @first = qw(Ada Ben Chloe Dario Elif Femi Grace Hugo Ines Jonas Kira Liam Mei Noor Olga
    Pablo Quinn Rosa Sami Tara Umar Vera Wen Xavi Yara Zoe);
my @last = qw(Adler Brandt Costa Dubois Eriksen Fischer Garcia Haas Ito Jansen Kaya Lopez
    Moreau Nowak Okafor Petrov Rossi Sato Tanaka Weber);
my @city = qw(Berlin Lisbon Oslo Lyon Turin Porto Vienna Malmo);
my @plan = qw(free basic pro);

print "email,first_name,last_name,city,plan,visits,consent_email\n";
for my $n (0 .. 999) {
    my ($f, $l) = ($first[ $n % @first ], $last[ ($n * 7) % @last ]);
    printf "%s.%s.%d\@example.com,%s,%s,%s,%s,%d,%s\n", lc $f, lc $l, $n, $f, $l,
        $city[ ($n * 3) % @city ], $plan[ ($n * 5) % 3 ], ($n * 37) % 41,
        $n % 50 == 49 ? 'revoked' : 'granted';
}
