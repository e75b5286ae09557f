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
for my $i (1 .. $hanging) {
    $deaf->answers("/h$i", '200 hang');
    webhook($h, url => "$deaf->{url}/h$i", events => ['list.created']);
}

sub emit { my ($type, $many) = @_;
    $h->dbh->do(q{select godwit.emit(1, ?, jsonb_build_object('id', 'ct_' || n, 'email', 'person' || n
        || '@example.com', 'first_name', 'Ann', 'last_name', 'Person'), clock_timestamp())
        from generate_series(1, ?) n}, undef, $type, $many);
}

# deliveries a second to the one that answers
sub rate {
    my ($beside) = @_;
    emit('list.created', 100) if $beside;
    my $worker = $h->spawn('worker', 'http');
    if ($beside) {
        my $asked = sub { my %p = map { $_->{path} => 1 } $deaf->got; scalar keys %p };
        wait_for { $asked->() == $hanging } 20 or die "not all hang\n";
    }
    my $left = sub { $h->value(q{select count(*) from godwit.webhook_deliveries
        where type = 'contact.created' and state = 'pending'}) };
    emit('contact.created', $n);
    my $s = timed(sub { wait_for { !$left->() } 120 or die "not all are delivered\n" });
    $h->stop($worker, 'KILL');
    $h->dbh->do('truncate godwit.webhook_deliveries, godwit.webhook_attempts');
    $h->dbh->do(q{update godwit.webhooks set failing_since = null});
    open my $fh, '>', "$_->{dir}/got" for $r, $deaf;
    return $n / $s;
}

bench(name => 'webhooks_hanging', unit => 'deliveries/s', at_least => 0.9, higher => 1, rounds => 5,
    ours => sub { rate(1) }, peer => sub { rate(0) });
