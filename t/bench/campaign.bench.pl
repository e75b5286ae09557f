# A campaign from its start to its last row in the ledger, into smtp-sink by 16
# connections, against smtp-source with messages of the same size and number. It
# is unsigned mail: the same rounds are the row mail_unsigned, whose bar is higher,
# and the CPU of a message of both senders.
use strict;
use warnings;
use Bench;
use Campaign;
use Godwit;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 100_000;
my $h = Godwit->new;
Campaign::contacts($h, $n);
my $all = Campaign::list($h, $n);

# one message into a sink that keeps it tells the size
my $set = 'smtp_connections 16; mail_window 5000; smtp_deliveries 1000000;';
$h->configure('smart_host 127.0.0.1:' . $h->sink('--dir', $h->state . '/sink') . "; $set");
$h->call('campaigns_start', { id => Campaign::create($h, Campaign::list($h, 1)) });
$h->godwit('worker', 'mail', '--once');
my $bytes = ($h->messages)[0]{size};

my $port = smtp_sink($h);
$h->configure("smart_host 127.0.0.1:$port; $set");
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my (@cpu, @peer_cpu);

my %row = bench(name => 'campaign', unit => 'messages/s', at_least => 0.8, higher => 1,
    ours => sub {
        my $c = Campaign::create($h, $all);
        my $before = cpu_us($role);
        my $s = Campaign::send_all($h, $c, $n);
        push @cpu, (cpu_us($role) - $before) / $n;
        return $n / $s;
    },
    peer => sub {
        my $before = children_us();
        my $s = timed(sub { smtp_source($port, n => $n, bytes => $bytes) });
        push @peer_cpu, (children_us() - $before) / $n;
        return $n / $s;
    });
Bench::row(%row, name => 'mail_unsigned', at_least => 0.9);
my ($ours, $peer) = (median(@cpu), median(@peer_cpu));
Bench::row(name => 'mail_unsigned_cpu', unit => 'us', ours => $ours, peer => $peer,
    ratio => $ours / $peer, rounds => scalar @cpu, spread => 0, at_most => 1.6);
say_note("campaign: $n messages of $bytes bytes");
