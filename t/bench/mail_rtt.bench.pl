# A campaign over a line of 20 ms there and back by 64 connections: messages a
# second against one message a connection and round trip, which is the line's.
use strict;
use warnings;
use Bench;
use Campaign;
use Godwit;
use IO::Socket::INET;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 30_000;
my ($connections, $rtt) = (64, 0.020);
my $h = Godwit->new;
system('make', '-s', 'build/bench/delay') == 0 or die "no tool\n";
Campaign::contacts($h, $n);
my $all = Campaign::list($h, $n);
my $sink = smtp_sink($h);
my $port = free_port();
$h->spawn({ program => ['build/bench/delay'], log => 'delay' }, $port, $sink, $rtt * 500);
wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") } 5 or die "no proxy\n";
$h->configure("smart_host 127.0.0.1:$port; smtp_connections $connections; mail_window 5000;"
    . ' smtp_deliveries 1000000;');
$h->spawn({ log => 'mail' }, 'worker', 'mail');

bench(name => 'mail_rtt', unit => 'messages/s', at_least => 0.85, higher => 1,
    ours => sub { return $n / Campaign::send_all($h, Campaign::create($h, $all), $n) },
    peer => sub { return $connections / $rtt });
