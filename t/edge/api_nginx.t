#!/usr/bin/perl
# What nginx itself refuses below /api/v1 is a problem too, each with its phrase;
# what it refuses elsewhere is not.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;
use JSON::PP ();

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx(more => 'location /api/v1/closed { deny all; }'
    . 'location /api/v1/broken { return 500; }'
    . 'location /api/v1/small { client_max_body_size 1; godwit_api operations; }');
$h->expect(qr/access forbidden by rule|client intended to send too large body/);
my @pids = edge_pids($h);

# raw bytes to nginx, its answer as http() gives it
sub raw {
    my ($text) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s $text;
    shutdown $s, 1;
    my ($head, $body) = split /\r\n\r\n/, do { local $/; <$s> } // '', 2;
    my %h = map { /^(.*?): (.*)/ ? (lc $1 => $2) : () } split /\r\n/, $head // '';
    my ($status, $phrase) = ($head // '') =~ m{^HTTP/1\.1 (\d+)([^\r]*)};
    return { status => $status // 0, phrase => $phrase, headers => \%h, body => $body // '',
        json => scalar eval { JSON::PP::decode_json($body) } };
}

my $rest = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
my $get = "GET /api/v1/lists $rest";
my $long = 'x' x 9000;
for ([ 'a header without Host', '400 bad_request', "GET /api/v1/lists HTTP/1.1\r\n\r\n" ],
    [ 'two hosts', '400 bad_request', "${get}Host: g\r\n\r\n" ],
    [ 'a host that is none', '400 bad_request', "GET /api/v1/lists HTTP/1.1\r\nHost: a b/c\r\n\r\n" ],
    [ 'a length below zero', '400 bad_request', "${get}Content-Length: -1\r\n\r\n" ],
    [ 'a length and chunks', '400 bad_request',
        "${get}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" ],
    [ 'a zero byte in a header', '400 bad_request', "${get}X: a\0b\r\n\r\n" ],
    [ 'a zero byte in the path', '400 bad_request', "GET /api/v1/lists%00 $rest\r\n" ],
    [ 'half an escape', '400 bad_request', "GET /api/v1/lists%4 $rest\r\n" ],
    [ 'a control character', '400 bad_request', "GET /api/v1/li\x01sts $rest\r\n" ],
    [ 'no version', '400 bad_request', "GET /api/v1/lists HTTP/x\r\n\r\n" ],
    [ 'no method', '400 bad_request', "g\@t /api/v1/lists $rest\r\n" ],
    [ 'no HTTP at all', '400 bad_request', "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n" ],
    [ 'a method that fills the first buffer', '400 bad_request', 'A' x 1100 . "\n" ],
    [ 'a method that fills all', '414 uri_too_long', 'A' x 9000 ],
    [ 'another HTTP', '505 http_version', "GET /api/v1/lists HTTP/3.0\r\n\r\n" ],
    [ 'a long path', '414 uri_too_long', "GET /api/v1/$long $rest\r\n" ],
    [ 'a long query', '414 uri_too_long', "GET /api/v1/lists?q=$long $rest\r\n" ],
    [ 'a long path and a host', '414 uri_too_long', "GET http://h/api/v1/$long $rest\r\n" ],
    [ 'a long header', '431 headers_too_large', "${get}X: $long\r\n\r\n" ],
    [ 'many headers', '431 headers_too_large', $get . "X: $long\r\n" =~ s/x{5000}//r x 9 . "\r\n" ],
    [ 'a coding of bodies', '501 not_implemented', "${get}Transfer-Encoding: gzip\r\n\r\n" ],
    [ 'TRACE', '405 method_not_allowed', "TRACE /api/v1/lists $rest\r\n" ],
    [ 'the path alone', '404 not_found', "GET /api/v1 $rest\r\n" ],
    [ 'a place of the operator', '403 forbidden', "GET /api/v1/closed $rest\r\n" ],
    [ 'a fault', '500 internal', "GET /api/v1/broken $rest\r\n" ],
    [ 'a limit of the operator', '413 body_too_large',
        "POST /api/v1/small ${rest}Content-Length: 9\r\n\r\n" ])
{
    my ($name, $want, $text) = @$_;
    my $r = raw($text);
    is problem($r), $want, $name;
    like $r->{phrase} // '', qr/^ [A-Z]/, 'with a phrase';
    is $r->{headers}{'content-length'}, length $r->{body}, 'whole';
}
is raw("TRACE /api/v1/lists $rest\r\n")->{headers}{allow}, 'GET, HEAD, POST, OPTIONS', 'Allow of TRACE';
my $r = raw("${get}Content-Length: x\r\nX-Request-Id: mine\r\n\r\n");
is $r->{headers}{'x-request-id'}, 'mine', 'the id of the client, where it came before';
$r = raw("HEAD /api/v1/lists%00 $rest\r\n");
is "$r->{status} $r->{body}", '400 ', 'HEAD has no body';
is raw("POST /api/v1/lists ${rest}Authorization: Bearer @{[ key($h) ]}\r\n"
    . "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")->{phrase},
    ' Unprocessable Content', 'the phrase of 422';

# keep-alive: the next request of the connection is read as it should be
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
print $s "GET /api/v1 HTTP/1.1\r\nHost: h\r\n\r\n" x 2 . "GET /healthz $rest\r\n";
is join(' ', do { local $/; <$s> } =~ m{HTTP/1\.1 (\d+) }g), '404 404 200', 'one after the other';

unlike raw("GET $_ $rest\r\n")->{body}, qr/^\{/, "$_ has a page" for '/c/%00', '/o/' . 'x' x 9000,
    '/nothing', '/api/v11', '/docs/nothing';
like get($h, '/metrics')->{body}, qr/^godwit_api_4xx_total [23]\d$/m, 'they are counted';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
