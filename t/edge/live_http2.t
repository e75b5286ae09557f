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
my ($port, $state) = (free_port(), $h->state);
my $nginx = $h->nginx(more => "listen 127.0.0.1:$port http2; gzip_types text/event-stream; gzip_min_length 0;");
my $key = key($h);
my $url = "http://127.0.0.1:$port/api/v1/live";
sub listen_in { my ($name, @words) = @_;
    return $h->spawn({ program => ['curl'], log => $name }, qw(-sSN --http2-prior-knowledge -H),
        "Authorization: Bearer $key", @words, $url) }
sub heard { my ($name, $what) = @_; return scalar(() = slurp($h->log_file($name)) =~ /$what/g) }
sub told { my ($n, $pad) = @_;
    return { tenant => 1, topic => 'import', type => 'x', data => { n => $n, pad => 'x' x ($pad // 0) } } }

my %pid = (plain => listen_in('plain'), packed => listen_in('packed', '--compressed', '-i'));
my $slow = listen_in('slow', '--limit-rate', '1k');
wait_for { heard($_, 'live\.open') == 1 } 5, "$_: a stream" for qw(plain packed slow);
is heard('packed', 'content-encoding: gzip'), 1, 'one is compressed';
for my $n (1 .. 20) {
    publish($h, told($n));
    wait_for { heard($_, qq("n":$n\\b)) == 1 } 5 or fail "$_ $n" for qw(plain packed);
}
is heard($_, '^data: |\ndata: '), 21, "$_: each at once" for qw(plain packed);

# more than a window of HTTP/2, at once
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
$h->stop($slow, 'KILL');
done_testing;
