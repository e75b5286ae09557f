#!/usr/bin/perl
# A file of one gigabyte through one process of nginx, whose memory stays; one
# byte more is refused.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
$h->godwit(qw(worker jobs --once));
my $key = key($h);
my ($pid) = edge_pids($h);
my $size = 1 << 30;
sub memory { return slurp("/proc/$pid/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m ? $1 : die }

my $before = memory();
my $part = ('y' x 1023 . "\n") x 1024;
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
print $s "POST /api/v1/imports?name=big HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    . "Connection: close\r\nAuthorization: Bearer $key\r\nContent-Length: $size\r\n\r\n";
my $most = 0;
for (1 .. 1024) {
    print $s $part;
    my $now = $_ % 64 ? 0 : memory() - $before;
    $most = $now if $now > $most;
}
like do { local $/; <$s> }, qr{^HTTP/1.1 202 }, 'one gigabyte';
cmp_ok $most, '<', 2048, "memory grew by $most KiB at most";
is $h->value(q{select bytes from godwit.files where name = 'big'}), $size, 'it is whole';
$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    . "Connection: close\r\nAuthorization: Bearer $key\r\nContent-Length: @{[ $size + 1 ]}\r\n\r\n";
like do { local $/; <$s> }, qr{^HTTP/1.1 413 }, 'one byte more is too much';

done_testing;
