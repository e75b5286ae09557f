# The exactly-once drain (two indexes, roll-ups, engagement) against a binary
# COPY of the same rows into a table without index.
use strict;
use warnings;
use Bench;
use Godwit;

my $n = $ENV{BENCH_EVENTS} || 200_000;
my $h = Godwit->new(conf => 'spool_keep 0ms;');
system('make', '-s', 'build/bench/spoolgen') == 0 or die "no spoolgen\n";
my $rows = "/tmp/gw-bench-$$.bin";
$h->dbh->do('create table godwit.bench as select tenant_id, at, campaign_id, contact_id, kind,
    class, link, flags, ip, user_agent, referer from godwit.events where false');
my $made = 0;

sub fill {
    system(Godwit::Postgres::user(), 'build/bench/spoolgen', $h->state . '/spool', $n, 20, 100_000,
        ++$made) == 0 or die "spoolgen failed\n";
}

fill();
$h->godwit('worker', 'ingest', '--once');
$h->dbh->do("copy (select tenant_id, at, campaign_id, contact_id, kind, class, link, flags, ip,
    user_agent, referer from godwit.events limit $n) to '$rows' with (format binary)");

bench(name => 'ingest', unit => 'rows/s', at_least => 0.15, higher => 1,
    ours => sub {
        fill();
        return $n / timed(sub { $h->godwit('worker', 'ingest', '--once') });
    },
    peer => sub {
        $h->dbh->do('truncate godwit.bench');
        return $n / timed(sub {
            $h->dbh->do("copy godwit.bench from '$rows' with (format binary)") });
    });
unlink $rows;
