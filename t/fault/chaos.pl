#!/usr/bin/perl
# A campaign under random kill -9: every process that is ours may die at any
# moment, nothing may be lost or doubled. Prints one last line and exits 0 or 1.
#
#   chaos.pl --kills 200 --messages 100000 --seed 7
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use FindBin;
use Getopt::Long;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin;
use Chaos::Client;
use Chaos::House;

my %o = (kills => 200, messages => 100000, seed => 1, pause => 1.0,
    requests => 150);
GetOptions(\%o, 'kills=i', 'messages=i', 'seed=i', 'pause=f', 'requests=i',
    'keep') or die "usage: chaos.pl [--kills N] [--messages N] [--seed N]\n";

$| = 1;
srand $o{seed};

my $root = getcwd();
my $dir = tempdir('gwchaos-XXXXXX', TMPDIR => 1);
chmod 0755, $dir;
my $house = Chaos::House->up($root, "$dir/state");
my $client_log = "$dir/client.jsonl";
my $client;

sub finish {
    my ($code) = @_;
    if ($client) { kill KILL => $client; waitpid $client, 0; undef $client }
    $house->down;
    system 'rm', '-rf', $dir if $code == 0 && !$o{keep};
    print STDERR "chaos: kept in $dir\n" if $code != 0 || $o{keep};
    exit $code;
}
$SIG{INT} = $SIG{TERM} = sub { finish(1) };
$SIG{__DIE__} = sub { return if $^S; print STDERR $_[0]; finish(1) };

# ------------------------------------------------------------- the campaign

sub audience {
    open my $csv, '>', "$dir/contacts.csv" or die "chaos: $!\n";
    open my $log, '>', $client_log or die "chaos: $!\n";
    print $csv "email,first_name\n";
    for my $n (1 .. $o{messages}) {
        print $csv "c$n\@chaos.example,Name $n\n";
        print $log qq({"expect":"c$n\@chaos.example"}\n);
    }
    close $csv;
    close $log;
    my $list = $house->call('lists_create', { name => 'chaos' })->{id};
    $house->import_csv("$dir/contacts.csv", $list);
    return $list;
}

my $list = audience();
my $lasts = $o{kills} * $o{pause} * 1.25 + 6;
my $rate = int($o{messages} / $lasts) || 1;
my $campaign = $house->call('campaigns_create', {
    name => 'chaos', list_id => $list, rate => $rate,
    from => 'Chaos <chaos@chaos.example>',
    subject => 'For {{ contact.first_name }}',
    html => '<p>Hello {{ contact.first_name }}, '
        . '<a href="https://shop.example/">look</a></p>',
})->{id};
$house->call('campaigns_start', { id => $campaign });

$client = fork // die "chaos: fork: $!\n";
if ($client == 0) {
    $SIG{INT} = $SIG{TERM} = 'DEFAULT';
    $SIG{__DIE__} = 'DEFAULT';
    Chaos::Client::run(log => $client_log, sink => $house->sink_index,
        port => $house->port, seed => $o{seed}, rate => $o{requests});
    POSIX::_exit(0);
}

# ---------------------------------------------------------------- the kills

my ($killed, $open, %by, %missed) = (0, 0);
my @kinds = qw(mail mail ingest cache cron supervisor nginx-worker
    nginx-master);

while ($killed < $o{kills}) {
    sleep $o{pause} * (0.5 + rand);
    my $kind = $kinds[ int rand @kinds ];
    my $n = $house->kill_one($kind);
    if (!defined $n) {
        # between its death and its next life; not for ever
        die "chaos: there is no $kind any more\n" if ++$missed{$kind} == 10;
        next;
    }
    $missed{$kind} = 0;
    $open += $n;
    $killed++;
    $by{$kind}++;
    print "chaos: $killed kills\n" if $killed % 20 == 0;
}

my $state = $house->call('campaigns_get', { id => $campaign })->{state};
print "chaos: killed ", join(', ', map { "$_ $by{$_}" } sort keys %by), "\n";
print STDERR "chaos: the campaign was over before the last kill\n"
    if $state eq 'finished';

# ---------------------------------------------------------------- the verdict

my $until = time + $o{messages} / $rate + 120;
while ($state ne 'finished' && time < $until) {
    sleep 0.5;
    $state = eval { $house->call('campaigns_get', { id => $campaign })->{state} }
        // $state;
}
sleep 1;        # the last messages are opened as well
kill TERM => $client;
waitpid $client, 0;
undef $client;

# events are exact when the spool is drained, at most 30 s after the last
my ($out, $code) = ('', 1);
$until = time + 30;
do {
    sleep 1;
    open my $fh, '-|', $^X, "$FindBin::Bin/checker.pl", '--kills', $killed,
        '--seed', $o{seed}, '--uncertain-max', $open, '--campaign', $campaign,
        '--index', $house->sink_index, '--client', $client_log, '--godwit',
        $house->godwit or die "chaos: checker: $!\n";
    $out = do { local $/; <$fh> } // '';
    close $fh;
    $code = $? ? 1 : 0;
} while ($code && time < $until);

local $SIG{__DIE__};
if ($client) { kill KILL => $client }
$house->down;
system 'rm', '-rf', $dir if $code == 0 && !$o{keep};
print STDERR "chaos: kept in $dir\n" if $code != 0 || $o{keep};
print $out;
exit $code;
