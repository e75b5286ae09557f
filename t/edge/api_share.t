#!/usr/bin/perl
# What lasts is bounded by workspace: waits for an operation, files that come in.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m; api_rate_key 10000;');
my %key = (1 => key($h), 2 => key($h, '*', $h->value(q{insert into auth.tenants (name, hash_ipad,
    hash_opad, created_at) select 'b', hash_ipad, hash_opad, created_at from auth.tenants returning id})));
$h->godwit(qw(worker jobs --once));
$h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ /a new cache: .* 2 keys/ } 10, 'the cache has the keys';
$h->nginx;

sub ask { my ($tenant, $more, $body) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10);
    print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        . "Connection: close\r\nAuthorization: Bearer $key{$tenant}\r\n$more\r\n\r\n", $body // '';
    return $s }
sub line { my ($s) = @_; local $SIG{ALRM} = sub { die "late\n" };
    return eval { alarm 10; my $l = <$s>; alarm 0; $l } // $@ }
sub waits { return get($h, '/metrics')->{body} =~ /^godwit_api_waits_total (\d+)/m ? $1 : -1 }

my @wait = ("Prefer: wait=20\r\nContent-Length: 6", "email\n");
my @waiting;
for my $n (1 .. 4) {                        # not more files at once than may come
    push @waiting, map { ask(1, @wait) } 1 .. 16;
    wait_for { waits() == 16 * $n } 10, 16 * $n . ' may wait';
}
like line(ask(1, @wait)), qr/ 202 /, 'one more is told where its operation will be';
is waits(), 64, 'and does not wait';
my $other = ask(2, @wait);
wait_for { waits() == 65 } 5, 'another workspace may';
close shift @waiting;
wait_for { push @waiting, ask(1, @wait); waits() == 66 } 5, 'who goes makes room';
close $_ for @waiting, $other;

my $expect = "Content-Length: 6\r\nExpect: 100-continue";
my @coming;                                 # the last of those above may be at it yet
for (1 .. 16) {
    my $s;
    wait_for { line($s = ask(1, $expect)) =~ / 100 / } 5, "file $_ comes in";
    push @coming, $s;
}
my $r = api($h, POST => '/imports', key => $key{1}, body => "email\n",
    headers => { 'Content-Type' => 'text/csv' });
is problem($r), '503 busy', 'one more is too many';
is $r->{headers}{'retry-after'}, 1, 'for now';
like line(ask(2, $expect)), qr/ 100 /, 'another workspace has its own';
line($coming[0]);
print { $coming[0] } "email\n";
like line($coming[0]), qr/ 202 /, 'one ends';
like line(ask(1, $expect)), qr/ 100 /, 'and the next comes in';

# bodies that are checked in a thread
my $large = '{"name":"n","subject":"s","html":"' . '{{a}}' x 200_000 . '"}';
my @large = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10) } 1 .. 30;
for my $s (@large) {
    print $s "POST /api/v1/templates HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        . "Authorization: Bearer $key{1}\r\nContent-Length: " . length($large) . "\r\n\r\n$large";
    $s->flush;
}
is api($h, POST => '/templates', key => $key{2}, body => $large)->{status}, 201,
    'one workspace leaves turns to another';
my %got;
$got{ line($_) =~ m{ (\d+) } ? $1 : 'none' }++ for @large;
cmp_ok $got{503}, '>', 0, 'and is told to come back';
is_deeply [ grep { !/^(?:201|409|503)$/ } keys %got ], [], 'each has its answer';
done_testing;
