#!/usr/bin/perl
# Known secrets go in; then no file of the house has one of them: not what
# pg_dump writes, not the WAL, a log, the cache or the spool, not the memory of
# nginx or of the worker that has opened them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Probe;

my $h = Godwit->new(conf => 'spool_segment 1m; log_level debug;');
probes($h);
$h->nginx;
my $cron = $h->spawn(qw(worker cron));
my @secrets = map { my $n = $_; join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. $n }
    24, 40, 12000;
my $r;
$r = probe($h, secret => $_, name => 'n' x 3000) and is $r->{status}, 200, 'taken' for @secrets;
is problem(probe($h, secret => "$secrets[0]\0")), '400 bad_request', 'or refused';
is problem(probe($h, secret => $secrets[0], other => 1)), '422 invalid', 'in each way';
$h->expect(qr/GW001|invalid/);
my $made = made($h);
like $made->{json}{secret}, qr/^whsec_/, 'made';
push @secrets, substr $made->{json}{secret}, 6, 40;
wait_for { $h->value('select count(*) from godwit.secret where key_version = 1') == 4 } 5,
    'the worker has opened them';
$h->dbh->do('checkpoint');

# what is looked for is found: in a table of its own
$h->dbh->do('create table public.plain as select ?::text as t', undef, 'planted ' . $secrets[1]);
ok scalar(leaks($h, $secrets[1])), 'a plain one would be found';
my @parts = map { substr $_, 0, 24 } @secrets[0, 2, 3];
is join(' ', leaks($h, @parts)), '', 'none is in any file';

my ($edge) = edge_pids($h);
for my $pid ($edge, $cron) {
    my $core = $h->state . "/core";
    SKIP: {
        skip 'no gcore, or it may not', 2
            if system("gcore -o $core $pid > $core.log 2>&1") != 0 || !-s "$core.$pid";
        my $text = slurp("$core.$pid");
        unlink "$core.$pid";
        cmp_ok length $text, '>', 100_000, 'a core of ' . ($pid == $edge ? 'nginx' : 'the worker');
        is join(' ', grep { index($text, $_) >= 0 } @parts), '', 'has none';
    }
    like slurp("/proc/$pid/limits"), qr/^Max core file size\s+1 /m, 'of itself it leaves no core';
}
done_testing;
