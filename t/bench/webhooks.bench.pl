# Deliveries of webhooks to one receiver on loopback that answers at once: how
# many of them a second of CPU that the worker and its Postgres use together,
# against a thousand; and how many a second of the clock.
use strict;
use warnings;
use Bench;
use Godwit;
use Godwit::Hooks;

my $n = $ENV{BENCH_ROWS} || 10_000;
my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
webhook($h, url => "$r->{url}/a");
my (@rate, @worker);

# CPU microseconds of the server processes of our database
sub postgres {
    my @pids = @{ $h->dbh->selectcol_arrayref(q{select pid from pg_stat_activity
        where usename = 'gw_worker' and datname = current_database()}) };
    return map { $_ => cpu_us($_) } @pids;
}

sub deliveries {
    $h->dbh->do(q{select godwit.emit(1, 'contact.created', jsonb_build_object('id', 'ct_' || n, 'email',
        'person' || n || '@example.com', 'first_name', 'Ann', 'last_name', 'Person'), clock_timestamp())
        from generate_series(1, ?) n}, undef, $n);
    my $worker = $h->spawn('worker', 'http');
    my $done = sub { $h->value(q{select count(*) from godwit.webhook_deliveries where state = 'delivered'}) };
    my ($from, $cpu, %pg) = ($done->(), 0);
    wait_for { $done->() > $from } 10 or die "nothing is delivered\n";
    ($from, $cpu, %pg) = ($done->(), cpu_us($worker), postgres());
    my $s = timed(sub { wait_for { !$h->value(q{select count(*) from godwit.webhook_deliveries
        where state = 'pending'}) } 120 or die "not all are delivered\n" });
    my ($sent, %now) = ($done->() - $from, postgres());
    push @rate, $sent / $s;
    push @worker, (cpu_us($worker) - $cpu) / $sent;
    my $us = cpu_us($worker) - $cpu;
    $us += $now{$_} - ($pg{$_} // 0) for keys %now;
    $h->stop($worker);
    $h->dbh->do('truncate godwit.webhook_deliveries, godwit.webhook_attempts');
    return $sent / $us * 1e6;
}

bench(name => 'webhooks', unit => 'deliveries/s of a core', at_least => 1, higher => 1, rounds => 5,
    ours => \&deliveries, peer => sub { 1000 });
say_note(sprintf 'webhooks: %.0f deliveries/s of the clock, %.0f us of the worker each', median(@rate),
    median(@worker));
