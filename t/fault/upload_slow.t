#!/usr/bin/perl
# A disk that is slow at the names of files that are sent in: they wait for each
# other, and an unsubscribe does not wait for them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

plan skip_all => 'strace traces nothing here'
    if system 'strace -f -o /dev/null true 2> /dev/null';

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
$h->godwit(qw(worker jobs --once));
my ($pid) = edge_pids($h);
my $key = key($h);
my $u = '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 1);
my $once = { body => 'List-Unsubscribe=One-Click',
    headers => { 'Content-Type' => 'application/x-www-form-urlencoded' } };
is http($h, POST => $u, %$once)->{status}, 200, 'the spool is there';
sub traced { return !grep { slurp($_) !~ /^TracerPid:\s+[1-9]/m } glob "/proc/$pid/task/*/status" }
sub answered { vec(my $r = '', fileno $_[0], 1) = 1; return select $r, undef, undef, 0 }
my $strace = fork // die "fork: $!";
if (!$strace) {
    exec qw(strace -f -q -o /dev/null -p), $pid, qw(-e trace=fsync -e inject=fsync:delay_enter=1s);
}
wait_for { traced() } 10, 'a sync of a folder takes a second from now on';

my @s = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port) } 1 .. 8;
for my $s (@s) {
    print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nConnection: close\r\n"
        . "Authorization: Bearer $key\r\nContent-Length: 6\r\n\r\nemail\n";
    $s->flush;
}
wait_for { 8 == grep { -s } glob $h->state . '/files/*/*' } 5, 'eight files are there';
is http($h, POST => $u, %$once)->{status}, 200, 'an unsubscribe is kept';
is scalar(grep { answered($_) } @s), 0, 'before the first of them is';
is scalar(grep { (<$_> // '') =~ / 202 / } @s), 8, 'and then they are';
kill TERM => $strace;
waitpid $strace, 0;
done_testing;
