# A campaign from its start to its last row in the ledger, into smtp-sink by 16
# connections, against smtp-source with messages of the same size and number.
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
my @cpu;

bench(name => 'campaign', unit => 'messages/s', at_least => 0.8, higher => 1,
    ours => sub {
        my $c = Campaign::create($h, $all);
        my $before = cpu_us($role);
        my $s = Campaign::send_all($h, $c, $n);
        push @cpu, (cpu_us($role) - $before) / $n;
        return $n / $s;
    },
    peer => sub {
        return $n / timed(sub { smtp_source($port, n => $n, bytes => $bytes) });
    });
say_note(sprintf 'campaign: %d messages of %d bytes; the sender takes %.1f us of CPU for each',
    $n, $bytes, median(@cpu));
