#!/usr/bin/perl
# The resolver: types, rules of MX, what is not there, servers that fail.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;
use JSON::PP;

my $h = Godwit->new;
my $zone = Godwit::Zone->new($h, {
    'a.test MX' => [ '20 mx2.A.test', '10 mx1.a.test', '10 mx0.a.test' ],
    'a.test A' => ['192.0.2.1'], 'a.test AAAA' => ['2001:db8::1'],
    'a.test TXT' => [ '"v=spf1" " -all"', 'other' ], 'alias.test CNAME' => ['a.test'],
    'nomx.test A' => ['192.0.2.2'], 'odd.test MX' => [ '0 .', '10 mx.odd.test' ],
    'wrong.test MX' => ['10 a\032b.wrong.test'], 'null.test MX' => ['0 .'],
    '1.2.0.192.in-addr.arpa PTR' => ['Mail.A.test'],
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR' => ['six.test'],
    'large.test TXT' => [ map { '"' . $_ x 200 . '"' } 'a' .. 'z' ],
    'bad.test' => 'SERVFAIL', 'no.test' => 'REFUSED', 'mute.test' => 'SILENT' });
$h->configure('resolver ' . $zone->server . ';');

sub ask {
    my ($code, $out) = $h->godwit('dns', @_);
    return [ map { decode_json($_) } split /\n/, $out ];
}
sub state_of { return ask(@_)->[0]{state} }
sub records { return ask(@_)->[0]{records} }

is_deeply records(mx => 'A.test.'), [ qw(mx0.a.test mx1.a.test mx2.a.test) ],
    'MX, the preferred first, in lower case';
is_deeply records(mx => 'NoMX.test.'), ['nomx.test'], 'without MX a domain is its own';
is state_of(mx => 'null.test'), 'null', 'null MX';
is_deeply records(mx => 'odd.test'), ['mx.odd.test'], 'which beside others is none';
is state_of(mx => 'wrong.test'), 'failed', 'exchangers that are no hosts are not as none';
is_deeply records(a => 'alias.test'), ['192.0.2.1'], 'an alias is followed';
is_deeply records(cname => 'alias.test'), ['a.test'], 'or told';
is_deeply records(aaaa => 'a.test'), ['2001:db8::1'], 'AAAA';
is_deeply records(txt => 'a.test'), [ 'v=spf1 -all', 'other' ], 'the strings of a TXT in one';
is_deeply [ map { @{ $_->{records} } } @{ ask(ptr => '192.0.2.1', '2001:db8::1') } ],
    [ 'mail.a.test', 'six.test' ], 'the names of addresses';
is scalar @{ records(txt => 'large.test') }, 26, 'what UDP cuts off comes whole over TCP';
is_deeply [ map { state_of(a => $_) } qw(none.test null.test bad.test no.test mute.test) ],
    [ qw(none empty failed failed silent) ], 'what is not there apart from what fails';

my ($code, undef, $err) = $h->godwit('dns', 'a', 'a..b');
is $err, "\"a..b\" is no name of a host\n", 'no name';
is $code, 1, 'is an error';
$h->configure('resolver ' . $zone->server . ' localhost;');
($code, undef, $err) = $h->godwit('dns', 'a', 'a.test');
like $err, qr/"resolver": "localhost" is not an address with or without port, such as .* in .*:\d+/,
    'resolver takes addresses';
done_testing;
