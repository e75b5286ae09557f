# Live updates to 1,000 who listen, against nchan: deliveries a second by one
# worker process, as WebSocket and as server-sent events; and what each of 8,000
# that are idle costs in memory.
use strict;
use warnings;
use Bench;
use Godwit;
use Godwit::Edge;

my $n = $ENV{BENCH_SUBSCRIBERS} || 1000;
my $idle = $ENV{BENCH_IDLE} || 8000;
my $messages = $ENV{BENCH_MESSAGES} || 200;
system('make', '-s', 'build/bench/fanout') == 0 or die "no tool\n";
chomp(my $tree = `dev/unpack libnginx-mod-nchan`);
my $module = "$tree/usr/lib/nginx/modules/ngx_nchan_module.so";
-e $module or die "no nchan\n";

# both with what keeps an idle connection small
my $small = 'request_pool_size 1k; connection_pool_size 256; client_header_buffer_size 512;';
my $h = Godwit->new(conf => 'live_connections 100000;');
$h->nginx(workers => 1, connections => 20_000, more => $small);
my ($pid) = edge_pids($h);
my $port = free_port();
my $state = $h->state;
spew("$state/conf/nchan.conf", <<"CONF");
daemon off;
load_module $module;
worker_processes 1;
worker_rlimit_nofile 20000;
pid $state/run/nchan.pid;
error_log $state/log/nchan.log warn;
events { worker_connections 20000; }
http {
    access_log off;
    client_body_temp_path $state/run/nchan_body;
    proxy_temp_path $state/run/nchan_proxy;
    fastcgi_temp_path $state/run/nchan_fastcgi;
    uwsgi_temp_path $state/run/nchan_uwsgi;
    scgi_temp_path $state/run/nchan_scgi;
    server {
        listen 127.0.0.1:$port backlog=4096;
        $small
        location = /sub { nchan_subscriber websocket eventsource; nchan_channel_id x;
            nchan_subscriber_first_message newest; }
        location = /pub { nchan_publisher; nchan_channel_id x; nchan_message_buffer_length 10; }
    }
}
CONF
my $master = $h->spawn({ program => ['/usr/sbin/nginx'], log => 'nchan_start' },
    '-c', "$state/conf/nchan.conf", '-p', $state, '-e', "$state/log/nchan.log");
my $peer_pid;
wait_for { ($peer_pid) = do { local $h->{nginx} = $master; edge_pids($h) } } 5 or die "nchan does not start: ", slurp("$state/log/nchan.log"), slurp("$state/log/nchan_start"), "\n";
system "taskset -cp 1 $_ > /dev/null" for $pid, $peer_pid;

my %who = (
    ours => [ $pid, $h->port, '/api/v1/live', 'Authorization: Bearer ' . key($h), "unix:$state/run/live.sock", '/' ],
    peer => [ $peer_pid, $port, '/sub', '', $port, '/pub' ],
);

sub fanout {
    my ($who, $kind, $subscribers, $times) = @_;
    my (undef, @to) = @{ $who{$who} };
    return ('taskset', '-c', 0, 'build/bench/fanout', $kind, @to[ 0 .. 2 ], $subscribers, $times, @to[ 3, 4 ]);
}

sub a_second {
    my ($who, $kind) = @_;
    open my $fh, '-|', fanout($who, $kind, $n, $messages) or die "fanout: $!\n";
    my ($deliveries, $seconds) = split ' ', <$fh> // die "no figure\n";
    return $deliveries / $seconds;
}

sub anonymous { return (slurp("/proc/$_[0]/status") =~ /^RssAnon:\s+(\d+) kB/m)[0] }

# KiB of each of the idle ones; bytes that another run has left count for nobody
sub each_idle {
    my ($who) = @_;
    my $before = anonymous($who{$who}[0]);
    pipe my $end, my $hold or die $!;
    my $tool = fork // die $!;
    if (!$tool) {
        close $hold;
        open STDIN, '<&', $end;
        open STDOUT, '>', "$state/log/fanout";
        exec fanout($who, 'ws', $idle, 0);
    }
    wait_for { slurp("$state/log/fanout") eq "ready\n" } 120 or die "not all of $idle\n";
    my $after = anonymous($who{$who}[0]);
    close $hold;
    close $end;
    kill TERM => $tool;
    waitpid $tool, 0;
    spew("$state/log/fanout", '');
    return ($after - $before) / $idle;
}

my ($ours, $peer) = map { each_idle($_) } qw(ours peer);
Bench::row(name => 'live_idle', unit => 'KiB/subscriber', at_most => 1, ours => $ours, peer => 7,
    ratio => $ours / 7, rounds => 1, spread => 0);
say_note(sprintf 'nchan: %.2f KiB', $peer);
for ([ ws => 1.25 ], [ sse => 1.4 ]) {
    my ($kind, $least) = @$_;
    bench(name => "live_fanout_$kind", unit => 'deliveries/s', at_least => $least, higher => 1,
        ours => sub { a_second(ours => $kind) }, peer => sub { a_second(peer => $kind) });
}
