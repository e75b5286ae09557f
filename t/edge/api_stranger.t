#!/usr/bin/perl
# A key that only Postgres knows: a large body is not read before it is good.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my ($good, $gone, $less) = (key($h, 'templates:write'), key($h), key($h, 'templates:read'));
$h->godwit('key', 'revoke', $gone =~ /_(\d+)_/);

# the header alone: who reads first would wait for the rest
my @held;                               # connections that linger
sub head_of { my ($key, $more, $what, $type) = @_;
    push @held, my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10);
    print $s "POST /api/v1/" . ($what // 'templates') . " HTTP/1.1\r\nHost: x\r\nContent-Type: "
        . ($type // 'application/json') . "\r\nAuthorization: Bearer $key\r\n$more\r\n\r\n";
    return scalar eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 5; my $l = <$s>; alarm 0; $l } // $@ }
for ('Content-Length: 8000000', 'Content-Length: 8000', 'Transfer-Encoding: chunked') {
    like head_of($gone, $_), qr/ 401 /, "a revoked key, $_";
    like head_of($less, $_), qr/ 403 /, "one without the scope, $_";
    like head_of($good, "$_\r\nExpect: 100-continue"), qr/ 100 /, "a good one may send, $_";
}
my $r = api($h, POST => '/templates', key => $good, json => { name => 'large', subject => 'x',
    html => '<p>' . 'x' x 500_000 . '</p>' });
is $r->{status}, 201, 'and what it sends is taken' or diag $r->{body};
is api($h, POST => '/templates', key => $gone, body => '{' . ' ' x 100_000)->{status}, 401,
    'what is no JSON is not looked at';

# who is refused holds no place of those whose key is good
$h->godwit(qw(worker jobs --once));
my @file = ("Content-Length: 8000000", 'imports', 'text/csv');
is +(grep { head_of($gone, @file) =~ / 401 / } 1 .. 20), 20, 'files under a revoked key';
like head_of(key($h), "$file[0]\r\nExpect: 100-continue", @file[1, 2]), qr/ 100 /, 'are not in the way';
done_testing;
