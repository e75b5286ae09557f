# The exactly-once drain (two indexes, roll-ups, engagement) against a binary
# COPY of the same rows through libpq into a table without index.
#
# A round drains the whole life of 8 campaigns of 100,000 recipients, started
# one hour after the other, as it lies in the spool: in order of time, so that
# campaigns mix and contacts come in no order. Recipients are every third of a
# list of 300,000, others in each campaign. 40 % open, a first time after 5
# hours on average (exponential), 40 % of them again and 16 % a third time, 6
# hours after the time before; a quarter of them clicks within minutes, 30 %
# of those twice, on 5 links. 30 % of first opens are Apple's proxy, 28 %
# Google's, the others and all later ones one of four programs. Tables grow
# from round to round. Postgres has the settings of `make run` and syncs.
use strict;
use warnings;
use Bench;
use Godwit;
use lib 'dev';
use House::Settings;

my ($campaigns, $recipients) = (8, $ENV{BENCH_RECIPIENTS} || 100_000);
$ENV{GODWIT_TEST_PG_OPTIONS} //= '-c fsync=on -c full_page_writes=on '
    . "-c min_wal_size=4GB @{[ House::Settings::postgres() ]}";
my $h = Godwit->new(conf => 'spool_keep 0ms;');
my @columns = qw(tenant_id at campaign_id contact_id kind class link flags ip user_agent referer);
my $columns = join ', ', @columns;
my $rows = "/tmp/gw-bench-$$.bin";
system(qw(make -s build/bench/spoolgen build/bench/copyfile)) == 0 or die "no tools\n";
$h->dbh->do(q{select godwit.partitions_ensure(clock_timestamp() - interval '1 week' * n)
    from generate_series(0, 1) n});
$h->dbh->do("create table godwit.bench as select $columns from godwit.events where false");
my ($made, $n, $persons) = (0);
my ($spool, $waiting) = map { $h->state . "/$_" } qw(spool waiting);
system(Godwit::Postgres::user(), 'mkdir', $waiting) == 0 or die "mkdir fails\n";

sub fill {
    my @words = (Godwit::Postgres::user(), 'build/bench/spoolgen', $waiting,
        $campaigns, $recipients, $made++);
    open my $fh, '-|', @words or die "spoolgen: $!\n";
    ($n, $persons) = split ' ', <$fh> // '';
    close $fh or die "spoolgen failed\n";
}

sub drain {
    rename $_, s/waiting/spool/r or die "rename: $!\n" for sort glob "$waiting/*.seg";
    wait_for { my @left = glob "$spool/*.seg"; !@left } 300 or die "the drain does not end\n";
}

# log files are used again in a house that has run for a while, not made
$h->dbh->do(q{select pg_switch_wal(), pg_logical_emit_message(false, '', '')
    from generate_series(1, 250)});
$h->dbh->do('checkpoint');

$h->spawn('worker', 'ingest');
fill();
drain();
$h->value('select count(*) from godwit.events') == $n or die "not all are there\n";
$h->dbh->do("copy (select $columns from godwit.events) to '$rows' with (format binary)");
my $copied = $n;
say_note(sprintf '%d events a round of %d persons: %.2f persons an event', $n, $persons,
    $persons / $n);

bench(name => 'ingest', unit => 'rows/s', at_least => 0.15, higher => 1,
    ours => sub {
        fill();
        return $n / timed(\&drain);
    },
    peer => sub {
        $h->dbh->do('truncate godwit.bench');
        return $copied / timed(sub {
            system('build/bench/copyfile', $h->info . ' user=postgres', 'godwit.bench', $rows) == 0
                or die "copyfile failed\n" });
    });
unlink $rows;
