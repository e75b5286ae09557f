#!/usr/bin/perl
# WebSockets of clients that are wrong, hostile or slow.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;

my $conf = 'spool_segment 1m; live_ring 16m; live_backlog 64k; live_connections 5; live_ping 20s;';
my $h = Godwit->new(conf => $conf);
my $nginx = $h->nginx;
my @by = (Authorization => 'Bearer ' . key($h));
sub opened { my $s = Godwit::Live->socket($h, '', @by);
    $s->event;
    return $s }

my $s = Godwit::Live->socket($h, '', @by);
is "$s->{status} $s->{headers}{upgrade} $s->{headers}{connection} $s->{headers}{'sec-websocket-accept'}",
    '101 websocket upgrade s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'the handshake of RFC 6455';
$s->event;
$s->say(9, 'are you there');
is_deeply [ $s->frame ], [ 10, 'are you there' ], 'a ping';
$s->say(8, pack 'n a*', 1000, 'bye');
$s->event;
is $s->{code}, 1000, 'a close is answered';

for (
    [ 'Sec-WebSocket-Version' => '8' ], [ 'Sec-WebSocket-Version' => undef ], [ 'Sec-WebSocket-Key' => undef ],
    [ 'Sec-WebSocket-Key' => 'c2hvcnQ=' ], [ 'Sec-WebSocket-Key' => 'x' x 24 ], [ Connection => 'keep-alive' ],
    [ 'Content-Length' => 5 ],
) {
    my ($name, $value) = @$_;
    my $r = Godwit::Live->socket($h, '', @by, $name => $value);
    is problem($r), '400 bad_request', "no handshake: $name " . ($value // 'missing');
    is $r->{headers}{'sec-websocket-version'}, 13, 'the version is said' if $name =~ /Version/;
}
is opened()->{status}, 101, 'these were none';
$s = Godwit::Live->socket($h, '', @by, Connection => 'keep-alive, UPGRADE', Upgrade => 'WebSocket');
is $s->{status}, 101, 'words in any case, among others';
$s = Godwit::Live->socket($h, '', @by, Upgrade => 'h2c');
is "$s->{status} $s->{headers}{'content-type'}", '200 text/event-stream', 'another upgrade is none';
undef $s;

for (
    [ 1002 => 9, '', mask => 0 ], [ 1002 => 3, '' ], [ 1002 => 9, '', first => 0x09 ],
    [ 1002 => 1, 'x', first => 0xc1 ], [ 1002 => 9, 'x' x 126 ], [ 1003 => 1, 'hello' ], [ 1003 => 2, 'hello' ],
    [ 1007 => 1, "\xff" ], [ 1009 => 1, 'x' x 5000 ], [ 1002 => 8, 'x' ], [ 1002 => 8, pack 'n', 1005 ],
) {
    my ($code, @frame) = @$_;
    $s = opened();
    $s->say(@frame);
    $s->event;
    is $s->{code}, $code, "$code: opcode $frame[0], " . length $frame[1];
}

# a workspace has so many; one that ends makes room
undef $s;
my @all;
wait_for { push @all, opened(); @all == 5 } 5, 'five of a workspace';
my $more = Godwit::Live->socket($h, '', @by);
is problem($more), '503 busy', 'and no sixth';
# whose number meets that of the first in all tables
$h->value(q{select setval(pg_get_serial_sequence('auth.tenants', 'id'), 254)});
$h->value(q{select auth.tenant_create('met', '2026-01-01Z')});
is(Godwit::Live->socket($h, '', Authorization => 'Bearer ' . key($h, '*', 255))->{status}, 101, 'another has its own');
pop @all;
wait_for { Godwit::Live->socket($h, '', @by)->{status} == 101 } 5, 'one goes, one comes';
undef @all;

# who takes too little is sent away, and comes back; nobody else waits for him
my ($fast, $slow) = map { my $one = Godwit::Live->socket($h, '', @by, room => $_);
    $one->event;
    $one } 0, 4096;
my $n = 0;
for (1 .. 24) {
    publish($h, map { { tenant => 1, topic => 'import', type => 'x', data => { n => ++$n, pad => 'x' x 16_000 } } }
        1 .. 10);
    my $e;
    $e = $fast->event for 1 .. 10;
    is $e->{data}{n}, $n, 'one is slow, the other not' if $_ == 24;
}
my (@got, $last);
while (my $e = $slow->event) { push @got, $e->{data}{n}; $last = $e->{id} }
ok @got > 0 && @got < $n, 'the slow one is sent away: ' . @got;
$slow = Godwit::Live->socket($h, "?last_event_id=$last", @by);
ok $slow->event->{data}{resumed}, 'comes back';
while (@got < $n) { push @got, ($slow->event // last)->{data}{n} }
is_deeply \@got, [ 1 .. $n ], 'and has all, each once';

# who says nothing to a ping is let go
undef $_ for $fast, $slow;
$h->configure($conf =~ s/live_ping \w+/live_ping 300ms/r);
kill HUP => $nginx;
my @frames;
wait_for { $s = opened();
    @frames = ();
    while (my ($opcode) = $s->frame) { push @frames, $opcode }
    "@frames" eq '9 8' } 10, 'no answer to a ping';
done_testing;
