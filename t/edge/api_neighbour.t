#!/usr/bin/perl
# A request that fails costs its own answer alone: a thousand of all kinds on
# one connection, beside three others, each answered as if it were alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

# one connection to Postgres of each class, which all requests share
my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 1;');
$h->nginx;
my $key = key($h);
my $id = api($h, POST => '/contacts', json => { email => 'a@example.com' })->{json}{id};
my @pids = edge_pids($h);
srand 11;

# what fails at the commit, when its row has arrived
$h->dbh->do($_) for q{create function godwit.test_late() returns trigger language plpgsql as $$
    begin raise exception 'late' using errcode = '23514'; end $$},
    'create constraint trigger late after insert on godwit.lists deferrable initially deferred
    for each row execute function godwit.test_late()';

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
    [ 422, sub { text(POST => '/lists', '{"name":"late"}') } ],
    [ 422, sub { text(POST => '/lists', '{"name":"late"}', 'Idempotency-Key: k' . int(rand 50) . "\r\n") } ],
    [ 409, sub { text(POST => '/contacts', '{"email":"a@example.com"}') } ],
    [ 422, sub { text(GET => '/lists?limit=x') } ],
    [ 401, sub { text(GET => '/lists') =~ s/gw_live/gw_dead/r } ],
    [ 406, sub { text(GET => '/lists', undef, "Accept: text/html\r\n") } ],
    [ 204, sub { text(OPTIONS => '/lists') } ],
);

# so many on a connection of their own: what is wanted, and the socket
sub many {
    my ($n) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    my @want = map { $kinds[ rand @kinds ] } 1 .. $n;
    if (!fork) {
        print $s $_->[1]->() for @want;
        POSIX::_exit(0);
    }
    return { socket => $s, buffer => '', want => [ map { $_->[0] } @want ] };
}
my %ids;
sub more { my ($c) = @_; return sysread $c->{socket}, $c->{buffer}, 65536, length $c->{buffer} }
sub answers {
    my ($c) = @_;
    my @got;
    for (@{ $c->{want} }) {
        1 until $c->{buffer} =~ /\r\n\r\n/ || !more($c);
        my ($head) = $c->{buffer} =~ /\A(.*?\r\n\r\n)/s or last;
        my ($n) = $head =~ /^Content-Length: (\d+)/mi;
        1 until length $c->{buffer} >= length($head) + ($n // 0) || !more($c);
        push @got, $head =~ m{^HTTP/1.1 (\d+)};
        $ids{$1}++ if $head =~ /^X-Request-Id: (\S+)/mi;
        substr($c->{buffer}, 0, length($head) + ($n // 0)) = '';
    }
    return \@got;
}
my @all = map { many($_) } 1000, (250) x 3;
is_deeply answers($_), $_->{want}, @{ $_->{want} } . ' answers, each of its own request' for @all;
is scalar keys %ids, 1750, 'each with an id of its own';
is $h->value('select count(*) from godwit.lists'), 0, 'and nothing was made';
is_deeply [ edge_pids($h) ], \@pids, 'the same process';
done_testing;
