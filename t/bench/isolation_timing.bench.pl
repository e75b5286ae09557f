# Does the time of an answer tell that an id is another workspace's? For each
# kind of object medians of interleaved requests, an id of the other workspace
# against one that is nobody's; the larger over the smaller.
use strict;
use warnings;
use Bench;
use Godwit;
use Godwit::Contract;
use Godwit::Edge;
use Godwit::Tenants;
use IO::Socket::INET;
use Time::HiRes qw(time);

my $n = $ENV{BENCH_REQUESTS} || 2000;
my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx(more => 'access_log off; keepalive_requests 1000000;');
my ($mine, $other) = two($h, 1);
$h->dbh->do('vacuum analyze');
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);

# microseconds of a request on a connection that stays
sub asked {
    my ($path) = @_;
    my $text = '';
    my $t = time;
    syswrite $s, "GET $path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $mine->{api_key}\r\n\r\n";
    until ($text =~ /\r\n\r\n/ && $text =~ /Content-Length: (\d+)/i
        && length $text >= index($text, "\r\n\r\n") + 4 + $1) {
        sysread $s, $text, 65536, length $text or die "closed\n";
    }
    $t = (time - $t) * 1e6;
    $text =~ m{^HTTP/1.1 404 } or die $text;
    return $t;
}

my %seen;
for my $op (grep { $_->{method} eq 'GET' && $_->{scope} } Godwit::Contract->new->operations) {
    my ($kind) = map { ($_->{schema}{pattern} // '') =~ /^\^([a-z]+)_/ } grep { $_->{in} eq 'path' } @{ $op->{params} };
    next if !$kind || $op->{path} !~ /\{id\}$/;
    my @path = map { my $id = $_; $op->{path} =~ s/\{id\}/$id/r } $other->{ids}{$kind}[0],
        $kind . '_' . (1 + ($other->{ids}{$kind}[0] =~ /(\d+)/)[0] + 7);
    my @times = ([], []);
    asked($_) for (@path) x 50;
    for my $i (1 .. $n) {
        push @{ $times[$_] }, asked($path[$_]) for $i % 2 ? (0, 1) : (1, 0);
    }
    my @m = map { median(@$_) } @times;
    Bench::row(name => "isolation_timing_$kind", unit => 'us', ours => $m[0], peer => $m[1], rounds => $n,
        ratio => $m[0] > $m[1] ? $m[0] / $m[1] : $m[1] / $m[0], spread => 0, at_most => 1.05);
}
