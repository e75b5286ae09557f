#!/usr/bin/perl
# What others answer below /api/v1 stays as it is; a page that nginx would send
# is a problem, of a server with the API alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;
use JSON::PP ();

my $up = free_port();
my $h = Godwit->new(conf => 'spool_segment 1m;');
my $big = '{"of":"others","text":"' . 'x' x 100_000 . '"}';
spew($h->state . '/run/big.json', $big);
$h->nginx(more => "location /api/v1/up { proxy_pass http://127.0.0.1:$up; }
    location /api/v1/said { return 404 'said'; }
    location /api/v1/paged { error_page 405 \@up; return 405; }
    location \@up { proxy_pass http://127.0.0.1:$up; }
    } server { listen 127.0.0.1:$up; root @{[ $h->state ]}/run; default_type application/json;
    location ~ up|paged { error_page 404 /big.json; return 404; }
    location = /big.json { add_header Content-Encoding x always; }");
my @pids = edge_pids($h);

# the answers of one connection, one after the other
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
print $s map { "GET $_ HTTP/1.1\r\nHost: h\r\n" . ($_ eq '/healthz' ? "Connection: close\r\n" : '')
    . "\r\n" } qw(/api/v1/up /api/v1/paged /api/v1/said /api/v1/none /healthz);
my $all = do { local $/; <$s> };
my @r;
while ($all =~ s{\AHTTP/1\.1 (\d+)(.*?)\r\n\r\n}{}s) {
    my ($status, %head) = ($1, map { /^(.*?): (.*)/ ? (lc $1 => $2) : () } split /\r\n/, $2);
    my $body = substr $all, 0, $head{'content-length'} // 0, '';
    push @r, { status => $status, headers => \%head, body => $body,
        json => scalar eval { JSON::PP::decode_json($body) } };
}
is "@{[ map { $_->{status} } @r ]}|$all", '404 405 404 404 200|', 'each is as long as it says';
ok $r[0]{body} eq $big, 'what an upstream answers';
is "$r[0]{headers}{'content-type'} $r[0]{headers}{'content-encoding'}", 'application/json x', 'and as what';
is problem($r[1]), '405 method_not_allowed', 'a page of the operator is a problem';
is $r[1]{headers}{'content-encoding'}, undef, 'and has not its coding';
is $r[2]{body}, 'said', 'what a location says';
is problem($r[3]), '404 not_found', 'what nginx has no location for';

$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $up);
print $s "GET /api/v1/lists HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
like do { local $/; <$s> }, qr/^HTTP.{1,4} 404 .*<html>/s, 'a server without the API has pages';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
