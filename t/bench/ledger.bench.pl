# Rows of the ledger by the cursor's windows, each closed by the sender's own
# code, against a binary COPY of the same rows into a table with the same key.
use strict;
use warnings;
use Bench;
use Godwit;

my $n = $ENV{BENCH_ROWS} || 1_000_000;
my $h = Godwit->new;
system('make', '-s', 'build/bench/ledger') == 0 or die "no tool\n";
my $rows = "/tmp/gw-bench-$$.bin";
my @wal;

sub by_cursor {
    $h->dbh->do('truncate godwit.sends, godwit.campaign_cursors');
    $h->dbh->do(q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience,
        intent_end, host_id, epoch, updated_at) values (1, 7, ?, ?, 1, 1, '2026-01-01Z')},
        undef, $n, $n);
    my $from = $h->value('select pg_current_wal_lsn()');
    my $s = qx{@{[ Godwit::Postgres::user() ]} build/bench/ledger @{[ $h->state
        ]}/conf/godwit.conf 7 $n 1000};
    push @wal, $h->value('select pg_current_wal_lsn() - ?::pg_lsn', $from) / $n;
    $h->value('select k.sent = ? and k.pos = ? and (select count(*) from godwit.sends) = ?
        from godwit.campaign_cursors k', $n, $n, $n) or die "not all are there\n";
    return $n / $s;
}

by_cursor();
$h->dbh->do("copy godwit.sends to '$rows' with (format binary)");
$h->dbh->do('create table godwit.bench (like godwit.sends including all)');
@wal = ();

bench(name => 'ledger', unit => 'rows/s', at_least => 0.25, higher => 1,
    ours => \&by_cursor,
    peer => sub {
        $h->dbh->do('truncate godwit.bench');
        return $n / timed(sub { $h->dbh->do("copy godwit.bench from '$rows' (format binary)") });
    });
say_note(sprintf 'ledger: %.0f bytes of WAL for each recipient', median(@wal));
unlink $rows;
