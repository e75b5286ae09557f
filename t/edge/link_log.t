#!/usr/bin/perl
# The path of a recipient's link is a secret: no log has it, whatever is wrong
# about the request and however much is logged.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $log = $h->state . '/log/nginx.log';
my $h2 = free_port();
$h->nginx(more => "error_log $log info; listen 127.0.0.1:$h2 http2;");
$h->expect(qr/client (?:sent invalid chunked|intended to send too large) body|too large request/);
my @pids = edge_pids($h);
my %kind = (o => 'open', c => 'click', u => 'unsubscribe', p => 'preferences', v => 'view');
my %token = map { $_ => token($h, what => $kind{$_}, campaign => 7, contact => 3) } keys %kind;

# bytes to nginx, to the end of its answer
sub raw {
    my ($text) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s $text;
    shutdown $s, 1;
    local $/;
    return <$s> // '';
}

my $rest = "HTTP/1.1\r\nHost: h\r\n";
for my $kind (sort keys %kind) {
    my $t = $token{$kind};
    my $path = "/$kind/$t";
    raw($_) for
        map({ "GET $_ $rest\r\n" } "$path%00", "$path%4", "$path\x01", "/../$path", "//$kind//$t",
            "/x/../$kind/$t", "http://h$path", sprintf('/%%%02x/%s', ord $kind, $t), "$path?$path",
            $path . 'x' x 9000, "$path#x", " $path"),
        map({ "POST $path $rest$_\r\n" } "Content-Length: -1\r\n", "Content-Length: 99999999\r\n",
            "Content-Length: 1\r\nContent-Length: 2\r\n", "Host: g\r\n", "Transfer-Encoding: x\r\n",
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "X: a\0b\r\n", 'X: ' . 'x' x 9000 . "\r\n"),
        "GET $path HTTP/1.1\r\n\r\n", "GET $path HTTP/9.9\r\n\r\n", "GET $path HTTP/x\r\n\r\n",
        "GET $path", "GET $path $rest", "g\@t $path $rest\r\n", "TRACE $path $rest\r\n",
        "POST $path ${rest}Content-Length: 9\r\n\r\nabc", "GET $path\r\n",
        "GET /nothing ${rest}Referer: https://mail.example$path\r\nContent-Length: -1\r\n\r\n";
}
# what has no target yet, or none in the buffer, is no reason to look for one
raw($_) for 'A' x 1100 . "\n", 'A' x 9000;
is `curl -s -o /dev/null -w '%{http_code}' --http2-prior-knowledge --request-target '$_%00' http://127.0.0.1:$h2`,
    400, "HTTP/2: $_" for "/v/$token{v}", '/api/v1/lists';
raw("GET /api/v1/lists?q=a ${rest}Content-Length: -1\r\n\r\n");
raw('GET /api/v1/' . 'x' x 9000 . " $rest\r\n");
wait_for { slurp($log) =~ m{too long URI.*request: "GET /api/v1/xxx} } 5, 'the last is logged';

my @lines = split /\n/, slurp($log);
is_deeply [ grep { my $line = $_; grep { index($line, substr $_, 0, 20) >= 0 } values %token } @lines ],
    [], 'no token is in a line';
cmp_ok scalar @lines, '>', 50, 'of many';
for my $kind (sort keys %kind) {
    ok +(grep { m{while reading client request headers, client: 127\.0\.0\.1, request: "GET /$kind/\.\.\."$} }
        @lines), "of what kind it was they tell: /$kind/";
}
ok +(grep { m{error.*too large body.*"POST /u/\.\.\."} } @lines), 'an error as well';
ok +(grep { m{"GET /nothing"$} } @lines), 'a referrer is left out';
ok +(grep { m{invalid "Content-Length".*, request: "GET /api/v1/lists\?\.\.\."$} } @lines),
    'of the API without what it asks for';
get($h, '/docs/last');
my $access;
wait_for { ($access = slurp($h->state . '/log/access.log')) =~ m{ /docs/last" 404} } 5, 'the other log';
is scalar(grep { index($access, substr $_, 0, 20) >= 0 } values %token), 0, 'nor in the access log';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
