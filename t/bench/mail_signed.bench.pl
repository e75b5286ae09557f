# Mail signed by RSA-2048: the sender's CPU for a message against one signature
# of openssl speed; and what two threads sign against one.
use strict;
use warnings;
use Bench;
use Campaign;
use Godwit;
use Godwit::Zone;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 20_000;
my $h = Godwit->new;
Campaign::contacts($h, $n);
my $all = Campaign::list($h, $n);
my $zone = Godwit::Zone->new($h, { 'example.com MX' => ['1 mx.example.com'] });
my $port = smtp_sink($h);
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 16; mail_window 5000; "
    . 'smtp_deliveries 1000000; resolver ' . $zone->server . ';');
$h->godwit(qw(worker secrets --once));
$h->call('domains_create', { domain => 'example.com' });
$h->godwit(qw(worker jobs --once));
$h->dbh->do(q{update godwit.dkim_keys set state = 'active' where algorithm = 'rsa-sha256'});
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');

# microseconds of one signature
sub openssl {
    return 1e6 / (qx{openssl speed -seconds 2 rsa2048 2>/dev/null} =~ /^rsa\s+2048.*\s([\d.]+)\s+[\d.]+$/m)[0];
}

bench(name => 'mail_signed', unit => 'us of CPU', at_most => 1.25, higher => 1,
    rounds => 9, peer => \&openssl,
    ours => sub {
        my $before = cpu_us($role);
        Campaign::send_all($h, Campaign::create($h, $all), $n);
        return (cpu_us($role) - $before) / $n;
    });
$h->stop($role);

system('make', '-s', 'build/bench/sign') == 0 or die "no tool\n";
my @tool = ('build/bench/sign', 20_000, 8192);
bench(name => 'mail_signed_threads', unit => 'signatures/s', at_least => 1.8, higher => 1,
    rounds => 9,
    ours => sub { return 0 + qx{$tool[0] 2 @tool[1, 2]} },
    peer => sub { return 0 + qx{$tool[0] 1 @tool[1, 2]} });
