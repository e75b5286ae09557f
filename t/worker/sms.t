#!/usr/bin/perl
# godwit sms: against a count that was written from 3GPP TS 23.038 alone.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $json = JSON::PP->new->utf8->canonical;
my $seed = $ENV{GODWIT_SEED} // int rand 1e6;
srand $seed;

my %septets = map { $_ => 1 } split //, "\@£\$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    . '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
$septets{$_} = 2 for split //, "\f^{}\\[~]|€";

sub segments { my ($text) = @_;
    my ($other) = grep { !$septets{$_} } split //, $text;
    my @width = map { defined $other ? 1 + (ord > 0xffff) : $septets{$_} } split //, $text;
    my $sum = 0;
    $sum += $_ for @width;
    my ($one, $more) = defined $other ? (70, 67) : (160, 153);
    my ($n, $used, $room) = ($sum ? 1 : 0, $sum, $one);
    if ($sum > $one) {
        ($n, $used, $room) = (1, 0, $more);
        for (@width) { ($n, $used) = ($n + 1, 0) if $used + $_ > $more; $used += $_ }
    }
    return { encoding => defined $other ? 'UCS-2' : 'GSM-7', characters => length $text, units => $sum, segments => $n,
        left => $room - $used, other => $other } }

my @gsm = sort keys %septets;
my @text = ('', 'Hi', "It\x{2019}s", map { my $n = int rand 500; my $odd = rand() < 0.5;
    join '', map { $odd && rand() < 0.02 ? ("\x{436}", "\x{1f44b}")[ rand 2 ] : $gsm[ rand @gsm ] } 1 .. $n } 1 .. 400);
my ($code, $out) = $h->godwit({ in => join '', map { $json->encode({ text => $_ }) . "\n" } @text }, 'sms');
is $code, 0, 'it ends well';
my @is = map { $json->decode($_) } split /\n/, $out;
is scalar @is, scalar @text, 'a line for each';
my @wrong = grep { $json->encode($is[$_]) ne $json->encode(segments($text[$_])) } 0 .. $#text;
is_deeply [ map { [ $text[$_], $is[$_], segments($text[$_]) ] } grep { defined } $wrong[0] ], [], "all are the same (seed $seed)";
for ([ 'x', qr/./ ], [ '{"text":1}', qr/^"text" is not a text$/ ], [ '{}', qr/^"text" is not a text$/ ]) {
    (undef, $out) = $h->godwit({ in => "$_->[0]\n" }, 'sms');
    like $json->decode($out)->{error}{message}, $_->[1], "what is wrong: $_->[0]";
}
is +($h->godwit('sms', 'x'))[0], 2, 'it takes no words';
done_testing;
