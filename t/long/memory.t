#!/usr/bin/perl
# A million requests of every kind and three hundred reloads: nginx and the
# drain hold as much memory and as many descriptors as after the first ones.
use strict;
use warnings;
use lib 't/lib', 't/long';
use Godwit;
use Godwit::Edge;
use Load qw(links memory);

my $million = $ENV{GODWIT_REQUESTS} // 1_000_000;

my $h = Godwit->new(conf => 'spool_segment 8m; spool_keep 0ms;');
$h->expect(qr/spool: there is room again/);
links($h);
$h->nginx(workers => 1);
my ($cache, $drain) = map { $h->spawn('worker', $_) } qw(cache ingest);
wait_for { get($h, '/readyz')->{status} == 200 } 10, 'ready';

my %t = (campaign => 7, contact => 1);
my @get = map { "GET $_" } '/readyz', '/metrics', '/nothing', '/c/' . 'x' x 54,
    '/c/' . token($h, what => 'click', link => 99, %t),
    map({ '/c/' . token($h, what => 'click', link => $_, %t) } 0 .. 9),
    map({ '/o/' . token($h, what => 'open', %t, contact => $_) } 1 .. 10),
    map { /^(.)/ && "/$1/" . token($h, what => $_, %t) }
    qw(unsubscribe preferences view);
my $script = $h->state . '/run/load.lua';
spew($script, "local n, all = 0, {\n" . join(",\n", map {
    my ($method, $path) = split ' ';
    qq(wrk.format("$method", "$path", {["Referer"]="https://mail.example/"})) }
    @get, "POST /u/" . token($h, what => 'unsubscribe', %t)) . "}\n"
    . "request = function() n = n % #all + 1; return all[n] end\n");

sub requests {
    my ($count) = @_;
    my $done = 0;
    while ($done < $count) {
        my $out = qx{wrk -t1 -c64 -d5s -s $script http://127.0.0.1:@{[ $h->port ]}};
        $out =~ /(\d+) requests in/ or die "wrk: $out";
        $done += $1;
    }
    return $done;
}

sub fds { my ($pid) = @_; return scalar(() = glob "/proc/$pid/fd/*") }
my ($worker) = edge_pids($h);

sub flat {
    my ($what, $before, $after) = @_;
    diag "$what: $before KiB, then $after KiB";
    cmp_ok $after, '<=', $before * 1.02 + 128, "$what: flat";
}

requests($million / 10);
my %before = map { $_ => memory($_) } $worker, $drain;
my $n = requests($million);
diag "$n requests";
flat('nginx', $before{$worker}, memory($worker));
flat('the drain', $before{$drain}, memory($drain));
my ($same) = edge_pids($h);
is $same, $worker, 'all by one worker';

sub reloads {
    for (1 .. $_[0]) {
        my ($was) = edge_pids($h);
        kill HUP => $h->{nginx};
        wait_for { my @now = edge_pids($h); @now == 1 && $now[0] != $was } 10
            or return 0;
    }
    return 1;
}

ok reloads(30), 'reloads';
my ($fds, $kib) = (fds($h->{nginx}), memory($h->{nginx}));
ok reloads(270), 'and many more';
flat('the master', $kib, memory($h->{nginx}));
is fds($h->{nginx}), $fds, 'with as many descriptors';
done_testing;
