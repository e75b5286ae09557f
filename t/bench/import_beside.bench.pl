# A campaign while ROWS contacts are imported into another workspace, against the
# campaign alone.
use strict;
use warnings;
BEGIN { $ENV{GODWIT_TEST_PG_OPTIONS} = '-c shared_buffers=1GB -c max_wal_size=8GB' }
use Bench;
use Campaign;
use Godwit;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 100_000;
my $rows = $ENV{ROWS} || 1_000_000;
my $h = Godwit->new;
Campaign::contacts($h, $n);
my $all = Campaign::list($h, $n);
$h->value(q{select auth.tenant_create('another', '2026-01-01Z')});
$h->configure('smart_host 127.0.0.1:' . smtp_sink($h) . '; smtp_connections 16; mail_window 5000; smtp_deliveries 1000000;');
$h->spawn({ log => 'mail' }, 'worker', 'mail');

my ($round, @beside, @left) = (0);
my $file = $h->state . '/files/many.csv';
sub many {
    $round++;
    open my $out, '>', $file or die "$file: $!\n";
    print $out "email,external_id,first_name,last_name,phone,plan,city\n";
    printf $out "r$round.%d\@example.com,crm-$round-%d,First%d,Last%d,+4915%08d,gold,Town%d\n", ($_ * 7919 % 1_000_003) x 1,
        $_, $_ % 997, $_, $_, $_ % 1009 for 1 .. $rows;
    close $out;
}
sub imported { return $h->value(q{select rows from godwit.imports where tenant_id = 2 order by id desc limit 1}) // 0 }

Campaign::send_all($h, Campaign::create($h, $all), $n);         # warm
bench(name => 'import_beside', unit => 'messages/s', at_least => 0.8, higher => 1, rounds => 5,
    ours => sub {
        many();
        my $pid = $h->spawn({ log => 'import' }, 'import', $file, '--workspace', 2);
        wait_for { imported() > 0 } 30 or die "no import\n";
        my $before = imported();
        my $s = Campaign::send_all($h, Campaign::create($h, $all), $n);
        my $after = imported();
        $after < $rows or die "the import ended before the campaign: more ROWS\n";
        push @beside, ($after - $before) / $s;
        push @left, timed(sub { waitpid $pid, 0 });
        $h->dbh->do($_) for q{delete from godwit.contacts where tenant_id = 2}, 'vacuum analyze godwit.contacts';
        return $n / $s;
    },
    peer => sub { return $n / Campaign::send_all($h, Campaign::create($h, $all), $n) });
say_note(sprintf 'import_beside: ROWS=%d, %d messages; %.0f rows/s beside, the rest in %.0f s', $rows, $n,
    median(@beside), median(@left));
