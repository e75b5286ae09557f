#!/usr/bin/perl
# What strangers send: a token that is not ours gets the pixel or one constant
# 404, never a redirect; nothing is stored and the metric counts each of them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_interval 20ms;');
my $other = Godwit->new;                        # a house with keys of its own
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
    fixed) values (1, 7, 0, 'https://shop.example/', true)});
$h->nginx;
$h->spawn(qw(worker ingest));
$h->expect(qr/client (?:sent invalid chunked|intended to send too large) body/);
my @pids = edge_pids($h);
srand 7;

# raw bytes to nginx, raw bytes back
# half closed at the end of the text, unless the text itself asks nginx to
# close: it leaves a half-closed client that is slow to read, and one that
# waits for Postgres
sub raw {
    my ($text, $closes) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    if (!fork) { print $s $text; shutdown $s, 1 if !$closes; POSIX::_exit(0) }
    local $/;
    return <$s> // '';
}

sub bad { return get($h, '/metrics')->{body} =~ /^godwit_bad_tokens_total (\d+)$/m
    ? $1 : undef }

my @set = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
my %kind = (o => 'open', c => 'click', u => 'unsubscribe', p => 'preferences',
    v => 'view');
my %good = map { $_ => token($h, what => $kind{$_}, campaign => 7,
    contact => 3) } keys %kind;
my %theirs = map { $_ => token($other, what => $kind{$_}, campaign => 7,
    contact => 3) } keys %kind;
my $url = token($h, what => 'click', campaign => 7, contact => 3,
    url => 'https://t.example/' . 'x' x 300);

# another character at one place
sub change {
    my ($t, @from) = @_;
    my $n = int rand length $t;
    my $was = substr $t, $n, 1;
    substr($t, $n, 1) = (grep { $_ ne $was } @from)[ rand @from - 1 ];
    return $t;
}

# what makes a good token none of ours
my @spoil = (
    sub { join '', map { $set[ rand @set ] } 1 .. 54 },
    sub { change($good{ $_[0] }, @set) },
    sub { change($good{ $_[0] }, qw(. ~ + = : ; @ !)) },
    sub { change($url, @set) },
    sub { substr $good{ $_[0] }, 0, int rand 54 },
    sub { $good{ $_[0] } . $set[ rand @set ] x (1 + rand 40) },
    sub { $theirs{ $_[0] } },
    sub { $good{ (grep { $_ ne $_[0] } sort keys %good)[ rand 4 ] } },
    # bits behind the last byte that no encoder sets
    sub { $good{ $_[0] } =~ s/(.)\z/$set[ 1 + index join('', @set), $1 ]/er },
);

my (%answers, $sent);
for my $letter (sort keys %kind) {
    my $text = '';
    for my $n (1 .. 8_000) {
        $text .= "GET /$letter/" . $spoil[ $n % @spoil ]->($letter)
            . " HTTP/1.1\r\nHost: h\r\n\r\n";
        $sent++;
    }
    $text =~ s/(?=\r\n\z)/Connection: close\r\n/;
    my @replies = split /(?=HTTP\/1\.1 )/, raw($text, 1) =~ s/^Date: .*\r\n//mgr
        =~ s/^Connection: .*\r\n//mgr;
    is @replies, 8_000, "/$letter/: each of many is answered";
    my %distinct = map { $_ => 1 } @replies;
    my ($one, @more) = keys %distinct;
    is @more, 0, 'in one and the same way' or diag $one, @more[0 .. 1];
    like $one, $letter eq 'o' ? qr{^HTTP/1\.1 200 OK\r\n.*\r\n\r\nGIF89a.{37}\z}s
        : qr{^HTTP/1\.1 404 .*<h1>This link is not valid</h1>.*</html>\n\z}s, 'as promised';
}
is bad(), $sent, 'all of them are counted';

# request lines and headers: [name, status, request, bad tokens, events]
my ($o, $c, $u) = map { "/$_/$good{$_}" } qw(o c u);
my $get = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
my $one = substr $good{o}, 0, 1;
my @cases = (
    [ 'as it is', 200, "GET $o $get\r\n", 0, 1 ],
    [ 'HEAD', 200, "HEAD $o $get\r\n", 0, 1 ],
    [ 'HTTP/1.0', 200, "GET $o HTTP/1.0\r\n\r\n", 0, 1 ],
    [ 'an absolute URL', 200, "GET http://x$o $get\r\n", 0, 1 ],
    [ 'a letter percent-encoded', 200, sprintf("GET /o/%%%02x%s $get\r\n",
        ord $one, substr $good{o}, 1), 0, 1 ],
    [ 'arguments behind it', 200, "GET $o?utm=1 $get\r\n", 0, 1 ],
    [ 'a range', 200, "GET $o ${get}Range: bytes=0-4\r\n\r\n", 0, 1 ],
    [ 'a condition', 200, "GET $o ${get}If-None-Match: *\r\n"
        . "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\n\r\n", 0, 1 ],
    [ 'a user agent of 7000', 200, "GET $o ${get}User-Agent: "
        . 'x' x 7000 . "\r\n\r\n", 0, 1 ],
    [ 'user agents', qr/200|400/, "GET $o ${get}User-Agent: a\r\n"
        . "User-Agent: b\r\n\r\n", 0, 1 ],
    [ 'a body', 200, "GET $o ${get}Content-Length: 3\r\n\r\nabc", 0, 1 ],
    [ 'OPTIONS', 405, "OPTIONS $o $get\r\n", 0, 0 ],
    [ 'TRACE', 405, "TRACE $o $get\r\n", 0, 0 ],
    [ 'DELETE a click', 405, "DELETE $c $get\r\n", 0, 0 ],
    [ 'PUT to unsubscribe', 405, "PUT $u ${get}Content-Length: 0\r\n\r\n", 0, 0 ],
    [ 'nonsense', 405, "FROBNICATE $o $get\r\n", 0, 0 ],
    [ 'a slash behind', 200, "GET $o/ $get\r\n", 1, 0 ],
    [ 'no token', 200, "GET /o/ $get\r\n", 1, 0 ],
    [ 'another case', 404, 'GET ' . uc("/c/") . "$good{c} $get\r\n", 0, 0 ],
    [ 'bytes above 127', 404, "GET /c/\xff\xfe$good{c} $get\r\n", 1, 0 ],
    [ 'CRLF, encoded', 404, "GET $c%0d%0aSet-Cookie:%20a=b $get\r\n", 1, 0 ],
    [ 'CRLF ends a request of HTTP/0.9', '', "GET $c\r\nX: y $get\r\n", 0, 1 ],
    [ 'a zero byte', 400, "GET $c%00 $get\r\n", 0, 0 ],
    [ 'half an escape', 400, "GET $c%4 $get\r\n", 0, 0 ],
    [ 'out of the root', 400, "GET /../$c $get\r\n", 0, 0 ],
    [ 'a path of 7000', 404, 'GET /c/' . 'A' x 7000 . " $get\r\n", 1, 0 ],
    [ 'a path of 70000', 414, 'GET /c/' . 'A' x 70_000 . " $get\r\n", 0, 0 ],
    [ 'a header of 70000', 400, "GET $o ${get}X: " . 'x' x 70_000
        . "\r\n\r\n", 0, 0 ],
    [ 'no host', 400, "GET $o HTTP/1.1\r\n\r\n", 0, 0 ],
    [ 'hosts', 400, "GET $o ${get}Host: g\r\n\r\n", 0, 0 ],
    [ 'lengths', 400, "POST $u ${get}Content-Length: 1\r\n"
        . "Content-Length: 2\r\n\r\nab", 0, 0 ],
    [ 'a length below zero', 400, "POST $u ${get}Content-Length: -1\r\n\r\n", 0, 0 ],
    [ 'a length and chunks', 400, "POST $u ${get}Content-Length: 5\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 0 ],
    [ 'a chunk that is none', 400, "POST $u ${get}Transfer-Encoding: chunked"
        . "\r\n\r\nzz\r\n", 0, 0 ],
    [ 'a body over the limit', 413, "POST $u ${get}Content-Length: 99999999"
        . "\r\n\r\n", 0, 0 ],
    [ 'a body that never ends', '', "POST $u ${get}Content-Length: 9\r\n\r\n"
        . 'abc', 0, 0 ],
    [ 'chunks', 200, "POST $u ${get}Transfer-Encoding: chunked\r\n\r\n"
        . "1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n", 0, 1 ],
    [ 'no HTTP', 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0, 0 ],
);

my $events = 0;
for my $case (@cases) {
    my ($name, $status, $text, $bad, $stored) = @$case;
    my $before = bad();
    my $reply = raw($text, $text =~ m{/c/.*\r\nX: y});
    my ($got) = $reply =~ m{^HTTP/1\.1 (\d+)};
    like $got // '', qr/^(?:$status)\z/, "$name: $status";
    is bad() - $before, $bad, "$name: counted $bad times";
    unlike $reply, qr/^(?:Set-Cookie|X): /m, "$name: no header of theirs";
    like $reply, qr/^Allow: GET, HEAD(?:, POST)?\r$/m, "$name: what is allowed"
        if $status eq 405 && $name ne 'TRACE';          # that is nginx's own
    $events += $stored;
}

# the body of a refused request is no request
my $inner = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
for my $path ($o, $c, "/v/$good{v}", '/healthz', $u) {
    my $reply = raw(($path eq $u ? 'PUT' : 'POST') . " $path HTTP/1.1\r\nHost: h\r\n"
        . 'Content-Length: ' . length($inner) . "\r\n\r\n$inner");
    is join(' ', $reply =~ m{^HTTP/1\.1 (\d+)}mg), 405, "$path: one answer";
}
for my $path ($u, "/p/$good{p}") {
    my $reply = raw("GET $path ${get}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
    like $reply, qr{^HTTP/1\.1 400 }, "$path: a wrong chunk of a GET";
}

# a body turns out wrong while Postgres is asked for the answer: none is given,
# and the click is none
my $lock = $h->postgres->connect($h->{name});
for ([ $c, 'godwit.links' ], [ "/p/$good{p}", 'godwit.contacts' ],
    [ "/v/$good{v}", 'godwit.campaigns' ], [ '/readyz', 'pg_proc' ])
{
    my ($path, $table) = @$_;
    $lock->begin_work;
    $lock->do("lock $table in access exclusive mode");
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "GET $path HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    wait_for { $lock->selectrow_array(q{select count(*) from pg_stat_activity
        where application_name = 'godwit-edge' and wait_event_type = 'Lock'}) } 5,
        "$path: Postgres is asked";
    print $s "zz\r\n";
    is get($h, '/healthz')->{status}, 200, 'the chunk has come';
    $lock->rollback;
    local $/;
    like <$s> // '', qr{^(?:HTTP/1\.1 400 .*)?\z}s, 'the connection is closed, without an answer or with 400';
}
$lock->disconnect;

my $last = token($h, what => 'open', campaign => 7, contact => 4);
get($h, "/o/$last");
wait_for { $h->value('select count(*) from godwit.events where contact_id = 4')
    } 5, 'the drain has come to the last event';
is $h->value('select count(*) from godwit.events where contact_id <> 4'),
    $events, 'nothing else is stored than what good tokens asked for';
is_deeply [ edge_pids($h) ], \@pids, 'by the same workers';
done_testing;
