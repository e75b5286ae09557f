#!/usr/bin/perl
# `godwit spool dump`: what lies in a segment, also while it is written.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
get($h, '/o/' . token($h, what => 'open', campaign => 7, contact => 4),
    'User-Agent' => qq{a "quoted" agent}, Referer => 'https://r.example/');
post($h, '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 5));

my @seen;
for my $file (glob $h->state . '/spool/*.seg') {
    my ($code, $out, $err) = $h->godwit('spool', 'dump', $file);
    is "$code$err", '0', 'a live segment is read';
    push @seen, map { decode_json($_) } split /\n/, $out;
}

@seen = sort { $a->{contact} <=> $b->{contact} } @seen;
is scalar @seen, 2, 'both records';
is_deeply { map { $_ => $seen[0]{$_} } qw(type tenant campaign contact ip
    user_agent referer seq) }, { type => 'open', tenant => 1, campaign => 7,
    contact => 4, ip => '127.0.0.1', user_agent => 'a "quoted" agent',
    referer => 'https://r.example/', seq => 1 }, 'an open in full';
is $seen[1]{type}, 'unsubscribe', 'an unsubscribe';

# a flipped bit: what is before it is shown, the place is named
$h->stop($h->{nginx}, 'QUIT');
my ($file) = grep { slurp($_) =~ /quoted/ } glob $h->state . '/spool/*.seg';
my $bytes = slurp($file);
substr($bytes, index($bytes, 'quoted'), 1) ^= "\1";
spew("$file.bad", $bytes);
my ($code, $out, $err) = $h->godwit('spool', 'dump', "$file.bad");
is "$code$out", '1', 'a damaged record is not shown';
like $err, qr/holds no record at byte 4096;/, 'its place is named';

spew($h->state . '/x', 'y' x 5000);
like +($h->godwit('spool', 'dump', $h->state . '/x'))[2],
    qr/is no spool segment/, 'a foreign file';
is +($h->godwit('spool'))[0], 2, 'no file';

done_testing;
