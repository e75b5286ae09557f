#!/usr/bin/perl
# Server-sent events over HTTP/2, and compressed: through nginx's own filters,
# over a reload, and to a client that takes nothing.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;

my $h = Godwit->new(conf => 'spool_segment 1m; live_backlog 64k;');
my ($port, $tight) = (free_port(), free_port());
local $ENV{MALLOC_PERTURB_} = 1;            # what is given back is no text
my $nginx = $h->nginx(more => "listen 127.0.0.1:$port http2; listen 127.0.0.1:$tight http2 sndbuf=8k;
    gzip_types text/event-stream; gzip_min_length 0;");
my $key = key($h);
sub listen_in { my ($name, $at, @words) = @_;
    return $h->spawn({ program => ['curl'], log => $name }, qw(-sSN --http2-prior-knowledge -H),
        "Authorization: Bearer $key", @words, "http://127.0.0.1:$at/api/v1/live") }
sub heard { my ($name, $what) = @_; return scalar(() = slurp($h->log_file($name)) =~ /$what/g) }
sub told { my ($n, $pad) = @_;
    return { tenant => 1, topic => 'import', type => 'x', data => { n => $n, pad => 'x' x ($pad // 0) } } }

my %pid = (plain => listen_in('plain', $port), packed => listen_in('packed', $port, '--compressed', '-i'));
my $slow = listen_in('slow', $tight);
wait_for { heard($_, 'live\.open') == 1 } 5, "$_: a stream" for qw(plain packed slow);
is heard('packed', 'content-encoding: gzip'), 1, 'one is compressed';
for my $n (1 .. 20) {
    publish($h, told($n));
    wait_for { heard($_, qq("n":$n\\b)) == 1 } 5 or fail "$_ $n" for qw(plain packed);
}
is heard($_, '^data: |\ndata: '), 21, "$_: each at once" for qw(plain packed);

# more than a window of HTTP/2, at once
kill STOP => $slow;
publish($h, map { told($_, 15_000) } 100 * $_ + 1 .. 100 * $_ + 60) for 1 .. 3;
publish($h, told(999));
wait_for { heard($_, '"n":999\b') == 1 } 10, "$_: much" for qw(plain packed);
is heard($_, '"n":[123]\d\d\b'), 180, "$_: and all of it" for qw(plain packed);

kill HUP => $nginx;
for (qw(plain packed)) {
    my $code;
    wait_for { waitpid($pid{$_}, POSIX::WNOHANG()) && defined($code = $? >> 8) } 5;
    is $code, 0, "$_: a reload ends it in order";
}

# sent away in the middle of a frame, which goes on being sent
kill CONT => $slow;
wait_for { waitpid $slow, POSIX::WNOHANG() } 5, 'the slow one is gone';
is heard('slow', '[^ -~\n]'), 0, 'and what it had is text to the last byte';
ok heard('slow', '"n":\d') < 180, 'not all of it';
done_testing;
