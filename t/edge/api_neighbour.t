#!/usr/bin/perl
# A request that fails costs its own answer alone: a thousand of all kinds on
# one connection, each answered as if it were alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Select;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $key = key($h);
my $id = api($h, POST => '/contacts', json => { email => 'a@example.com' })->{json}{id};
my @pids = edge_pids($h);
srand 11;

sub text { my ($method, $path, $body, $more) = @_;
    return "$method /api/v1$path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $key\r\n"
        . ($more // '') . (defined $body ? "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body" : "\r\n") }
my @kinds = (
    [ 200, sub { text(GET => "/contacts/$id") } ],
    [ 200, sub { text(GET => '/lists?limit=3') } ],
    [ 304, sub { text(GET => '/suppressions', undef, "If-None-Match: *\r\n") } ],
    [ 404, sub { text(GET => '/contacts/ct_99') } ],
    [ 404, sub { text(GET => '/nothing', '{"a":1}') } ],
    [ 405, sub { text(PUT => '/lists', 'x' x 300) } ],
    [ 400, sub { text(POST => '/lists', '{"name"') } ],
    [ 400, sub { text(GET => '/lists', '{"name":"a"}') } ],
    [ 422, sub { text(POST => '/lists', '{"name":""}') } ],
    [ 409, sub { text(POST => '/contacts', '{"email":"a@example.com"}') } ],
    [ 422, sub { text(GET => '/lists?limit=x') } ],
    [ 401, sub { text(GET => '/lists') =~ s/gw_live/gw_dead/r } ],
    [ 406, sub { text(GET => '/lists', undef, "Accept: text/html\r\n") } ],
    [ 204, sub { text(OPTIONS => '/lists') } ],
);
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
my @want = map { $kinds[ rand @kinds ] } 1 .. 1000;
if (!fork) {
    print $s $_->[1]->() for @want;
    POSIX::_exit(0);
}
my $buffer = '';
sub more { return sysread $s, $buffer, 65536, length $buffer }
my (@got, %ids);
for (@want) {
    1 until $buffer =~ /\r\n\r\n/ || !more();
    my ($head) = $buffer =~ /\A(.*?\r\n\r\n)/s or last;
    my ($n) = $head =~ /^Content-Length: (\d+)/mi;
    1 until length $buffer >= length($head) + ($n // 0) || !more();
    push @got, $head =~ m{^HTTP/1.1 (\d+)};
    $ids{$1}++ if $head =~ /^X-Request-Id: (\S+)/mi;
    substr($buffer, 0, length($head) + ($n // 0)) = '';
}
is scalar @got, 1000, 'a thousand answers';
is_deeply \@got, [ map { $_->[0] } @want ], 'each of its own request';
is scalar keys %ids, 1000, 'each with an id of its own';
is $h->value('select count(*) from godwit.lists'), 0, 'and nothing was made';
is_deeply [ edge_pids($h) ], \@pids, 'the same process';
done_testing;
