# Memory (PSS) of the roles mail, ingest and cache together at its highest
# during a campaign to a million, above that of a campaign to a thousand; all
# its events lie in the spool from the start. A figure of memory, not of time:
# one round.
use strict;
use warnings;
use Bench;
use Campaign;
use Godwit;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 1_000_000;
my $h = Godwit->new(conf => 'spool_keep 0ms;');
system('make', '-s', 'build/bench/spoolgen') == 0 or die "no spoolgen\n";
Campaign::contacts($h, $n);
my $port = smtp_sink($h);
$h->configure("smart_host 127.0.0.1:$port; spool_keep 0ms;");
$h->dbh->do(q{select godwit.partitions_ensure(clock_timestamp() - interval '1 week' * n)
    from generate_series(0, 1) n});
my @roles = map { $h->spawn({ log => $_ }, 'worker', $_) } qw(cache ingest mail);
my ($highest, $events) = (0, 0);

sub pss {
    my $kib = 0;
    $kib += $_ for map { slurp("/proc/$_/smaps_rollup") =~ /^Pss:\s+(\d+)/m } @roles;
    return $kib / 1024;
}

# the highest of it while `size` are sent and open
sub highest {
    my ($size) = @_;
    $highest = 0;
    my @words = (Godwit::Postgres::user(), 'build/bench/spoolgen', $h->state . '/spool', 1, $size,
        $size);
    open my $fh, '-|', @words or die "spoolgen: $!\n";
    $events += (split ' ', <$fh> // '')[0];
    close $fh or die "spoolgen failed\n";
    Campaign::send_all($h, Campaign::create($h, Campaign::list($h, $size)), $size,
        sub { my $p = pss(); $highest = $p if $p > $highest });
    wait_for { my $p = pss(); $highest = $p if $p > $highest;
        $h->value('select count(*) from godwit.events') == $events } 600
        or die "not all events are there\n";
    return $highest;
}

my ($small, $large) = (highest(1000), highest($n));
Bench::row(name => 'worker_memory', unit => 'MiB', ours => $large, peer => $small,
    ratio => $large - $small, rounds => 1, spread => 0, at_most => 16);
say_note(sprintf 'worker_memory: ratio is the growth; %.1f MiB at a thousand, %.1f at %d', $small,
    $large, $n);
