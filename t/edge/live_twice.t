#!/usr/bin/perl
# Who comes between an event and its bell has read it already: he is told of it
# once, also when his connection is full just then.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;
use IO::Socket::UNIX;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $port = free_port();
$h->nginx(more => "listen 127.0.0.1:$port sndbuf=8k;");
my ($pid) = edge_pids($h);
my $json = JSON::PP->new->canonical;
my $socket = IO::Socket::UNIX->new(Peer => $h->state . '/run/live.sock') or die "live.sock: $!";
# by one connection that stays; an answer is read when it is waited for
sub told {
    my $body = join '', map { $json->encode({ tenant => 1, topic => 'import', type => 'x',
        data => { n => $_, pad => 'x' x 100 } }) . "\n" } @_;
    syswrite $socket, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    return;
}
sub answered { my $answer;
    sysread $socket, $answer, 4096;
    return $answer =~ m{^HTTP/1.1 204} }

my $n = 0;
for my $pings (0, 400) {
    my $id = Godwit::Live->socket($h, '', Authorization => 'Bearer ' . key($h))->event->{id};
    my $ticket = api($h, POST => '/live/tickets')->{json}{ticket};
    my $on = Godwit::Live::connected($h, $port, 4096);
    told(++$n);
    ok answered(), 'nginx has both connections';
    kill STOP => $pid;
    wait_for { slurp("/proc/$pid/stat") =~ /\) T / } 5;
    told($n + 1 .. $n + 3);
    my $s = Godwit::Live->socket($h, "?ticket=$ticket&last_event_id=$id", on => $on, then => sub {
        print { $on } "\x89\xfd\0\0\0\0" . 'x' x 125 for 1 .. $pings;
        kill CONT => $pid });
    ok answered(), 'they are taken';
    told(99);
    my @got;
    while (my $e = $s->event) { push @got, $e->{data}{n} // next; last if $got[-1] == 99 }
    is "@got", join(' ', $n .. $n + 3, 99), "each once, $pings pings behind";
    $n += 3;
    ok answered(), 'the last';
}
done_testing;
