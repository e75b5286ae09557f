#!/usr/bin/perl
# Paths and methods: 404, 405 with Allow, OPTIONS, HEAD; media types; the id of
# a request; every refusal is a problem.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my @pids = edge_pids($h);

is problem(api($h, GET => '/nothing', key => '')), '404 not_found', 'no such path';
is problem(api($h, GET => '/lists/')), '404 not_found', 'a slash too many is another path';
my $r = api($h, DELETE => '/lists', key => '');
is problem($r), '405 method_not_allowed', 'no such method';
is $r->{headers}{allow}, 'GET, HEAD, POST, OPTIONS', 'Allow names them';
$r = api($h, OPTIONS => '/lists', key => '');
is "$r->{status} $r->{headers}{allow} $r->{body}", '204 GET, HEAD, POST, OPTIONS ', 'OPTIONS';
is problem(api($h, $_ => '/lists')), '405 method_not_allowed', $_ for qw(PUT PROPFIND);

my $get = api($h, GET => '/lists');
my $head = api($h, HEAD => '/lists');
is "$head->{status} $head->{body}", '200 ', 'HEAD has no body';
is $head->{headers}{$_}, $get->{headers}{$_}, "and the $_ of GET"
    for qw(content-length content-type etag);
is $get->{headers}{'x-content-type-options'}, 'nosniff', 'nobody sniffs';

is api($h, GET => '/lists', headers => { Accept => $_ })->{status}, 200, "Accept: $_"
    for '*/*', 'text/html, application/*;q=0.1', 'APPLICATION/JSON;charset=utf-8';
is problem(api($h, GET => '/lists', headers => { Accept => $_ })), '406 not_acceptable',
    "Accept: $_" for 'text/html', 'application/json;q=0', 'text/csv, */*;q=0.0';
for my $type ('text/plain', 'application/jsonx', 'multipart/form-data; boundary=x') {
    is problem(api($h, POST => '/lists', body => '{}', headers => { 'Content-Type' => $type })),
        '415 unsupported_media_type', $type;
}
my $packed = api($h, POST => '/lists', body => '{}', headers => { 'Content-Encoding' => 'gzip' });
is problem($packed), '415 unsupported_media_type', 'a packed body';
like $packed->{json}{detail}, qr/without Content-Encoding/, 'and how else';
is api($h, POST => '/lists', json => { name => 'plain' },
    headers => { 'Content-Encoding' => 'Identity' })->{status}, 201, 'one that is not';
is problem(api($h, POST => '/lists', body => '{}', headers => { 'Content-Type' => '' })),
    '415 unsupported_media_type', 'no type';
is api($h, POST => '/lists', json => { name => 'a' },
    headers => { 'Content-Type' => 'Application/JSON; charset=utf-8' })->{status} / 100 | 0, 2,
    'a type with a parameter';

my $id = 'Our.id_0-' . 'x' x 55;
is api($h, GET => '/lists', headers => { 'X-Request-Id' => $id })->{headers}{'x-request-id'}, $id,
    'the id of the client is kept';
for my $bad ('', 'x' x 65, 'a b', "a\xe9", '"') {
    like api($h, GET => '/nothing', headers => { 'X-Request-Id' => $bad })
        ->{headers}{'x-request-id'}, qr/\A[0-9a-f]{24}\z/, 'one that is none is not';
}
my %seen;
$seen{ api($h, GET => '/nothing')->{headers}{'x-request-id'} }++ for 1 .. 20;
is scalar keys %seen, 20, 'ids are new each time';
wait_for { slurp($h->state . '/log/access.log') =~ / \Q$id\E\n/ } 5, 'the log has the id';
like get($h, '/metrics')->{body}, qr/^godwit_api_4xx_total [1-9]/m, 'refusals are counted';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
