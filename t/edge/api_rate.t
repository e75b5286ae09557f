#!/usr/bin/perl
# Rate limits: by address, key and workspace; shown, refused, kept by a reload.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; api_rate_key 1; api_rate_address 100;
    api_rate_tenant 3;');
my ($first, $second, @more) = map { key($h) } 1 .. 6;
my $six = free_port();
my $both = -e '/proc/net/if_inet6' ? "listen [::]:$six ipv6only=off;" : '';
$h->nginx(more => $both);

my $r = api($h, GET => '/lists', key => $first);
is "$r->{status} @{$r->{headers}}{map { qq(ratelimit-$_) } qw(limit remaining reset)}",
    '200 2 1 1', 'what is left';
$r = api($h, GET => '/lists', key => $first);
is "$r->{status} $r->{headers}{'ratelimit-remaining'}", '200 0', 'the last one';
$r = api($h, GET => '/lists', key => $first);
is problem($r), '429 rate_limited', 'one too many';
is $r->{headers}{'retry-after'}, 1, 'when to come again';
like $r->{json}{detail}, qr/more than 1 request.* a second of this key/i, 'whose limit';
is api($h, GET => '/lists', key => $second)->{status}, 200, 'another key has its own';
my @pids = edge_pids($h);
api($h, GET => '/lists', key => $first);
kill HUP => $h->{nginx};
wait_for { my @now = edge_pids($h); @now == 1 && $now[0] != $pids[0] } 10, 'a reload';
$r = api($h, GET => '/lists', key => $first) for 1 .. 3;
is problem($r), '429 rate_limited', 'forgets nothing';
wait_for { api($h, GET => '/lists', key => $first)->{status} == 200 } 5, 'time gives it back';

# the workspace of a key is known from the cache
$h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ /a new cache: .* 6 keys/ } 10, 'the cache has the keys';
wait_for {
    grep { ($_->{json}{detail} // '') =~ /of this workspace/ }
        map { api($h, GET => '/lists', key => $_) } @more, @more;
} 10, 'all keys of a workspace together';
wait_for { api($h, GET => '/nothing', key => '')->{status} == 404 } 5, 'the address may go on';

# by address, whatever is asked; IPv4 on a socket of IPv6 is no single address
sub from { my ($address, $times) = @_;
    my $s = IO::Socket::INET->new(LocalAddr => $address,
        PeerAddr => '127.0.0.1:' . ($both ? $six : $h->port));
    my $text = "GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n";
    print $s "$text\r\n" x $times, "${text}Connection: close\r\n\r\n";
    return do { local $/; <$s> } =~ m{HTTP/1.1 429 } ? 'limited' : 'free' }
is from('127.0.0.1', 999), 'limited', 'up to its own limit';
is from('127.0.0.2', 19), 'free', 'another address has another';
like get($h, '/metrics')->{body}, qr/^godwit_api_rate_refused_total [1-9]/m, 'and all are counted';
done_testing;
