# Does an endpoint that answers wait for fifty that hang? Deliveries a second of
# the clock to the one, beside the fifty and alone.
use strict;
use warnings;
use Bench;
use Godwit;
use Godwit::Hooks;

my ($n, $hanging) = ($ENV{BENCH_ROWS} || 5_000, 50);
my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my ($r, $deaf) = (receiver($h), receiver($h));
webhook($h, url => "$r->{url}/a");
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
for my $i (1 .. $hanging) {
    $deaf->answers("/h$i", '200 hang');
    $h->call('webhooks_create', { url => "$deaf->{url}/h$i", events => ['list.created'] }, '--workspace', 2);
}

sub emit { my ($workspace, $type, $many) = @_;
    $h->dbh->do(q{select godwit.emit(?, ?, jsonb_build_object('id', 'ct_' || n, 'email', 'person' || n
        || '@example.com', 'first_name', 'Ann', 'last_name', 'Person'), clock_timestamp())
        from generate_series(1, ?) n}, undef, $workspace, $type, $many);
}

# deliveries a second to the one that answers
sub rate {
    my ($beside) = @_;
    emit(2, 'list.created', 100) if $beside;
    my $worker = $h->spawn('worker', 'http');
    if ($beside) {
        my $asked = sub { my %p = map { $_->{path} => 1 } $deaf->got; scalar keys %p };
        wait_for { $asked->() == $hanging } 20 or die "not all hang\n";
    }
    my $left = sub { $h->value(q{select exists (select from godwit.webhook_deliveries
        where qshard = 0 and tenant_id = 1 and webhook_id = 1 and state = 'pending')}) };
    emit(1, 'contact.created', $n);
    my $s = timed(sub { wait_for { !$left->() } 120 or die "not all are delivered\n" });
    $h->stop($worker, 'KILL');
    $h->dbh->do('truncate godwit.webhook_deliveries, godwit.webhook_attempts');
    $h->dbh->do(q{update godwit.webhooks set failing_since = null});
    open my $fh, '>', "$_->{dir}/got" for $r, $deaf;
    return $n / $s;
}

bench(name => 'webhooks_hanging', unit => 'deliveries/s', at_least => 0.9, higher => 1, rounds => 5,
    ours => sub { rate(1) }, peer => sub { rate(0) });
