#!/usr/bin/perl
# The campaigns of two workspaces to the exchangers of three domains, and some to
# a black hole, under random kill -9: every process that is ours may die at any
# moment, nothing may be lost or doubled. Who is not in the black hole has his mail
# two minutes after the time of the rate, else he is lost. Prints one last line
# and exits 0 or 1.
#
# --messages counts those to the three domains; to the black hole go 2 % more.
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
use List::Util qw(max);
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
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

# ------------------------------------------------------------- the campaigns

my @takes = $house->takes;
my $held = int($o{messages} / 50) || 1;
my $rate = int($o{messages} / ($o{kills} * $o{pause} * 1.25 + 6)) || 1;
my @workspaces = (1, $house->workspace('two'));

# half of everybody for each: (workspace, id) of its campaign
sub campaign {
    my ($of) = @_;
    my $w = $workspaces[$of];
    open my $csv, '>', "$dir/contacts$w.csv" or die "chaos: $!\n";
    open my $log, '>>', $client_log or die "chaos: $!\n";
    print $csv "email,first_name\n";
    for my $n (grep { $_ % @workspaces == $of } 1 .. $o{messages} + $held) {
        my $in_hole = $n > $o{messages};
        my $to = "c$n\@" . ($in_hole ? $house->hole : $takes[ int($n / 2) % @takes ]);
        print $csv "$to,Name $n\n";
        print $log encode_json({ expect => $to, workspace => $w, hole => $in_hole ? 1 : 0 }), "\n";
    }
    close $csv;
    close $log;
    my $list = $house->call($w, 'lists_create', { name => 'chaos' })->{id};
    $house->import_csv($w, "$dir/contacts$w.csv", $list);
    my $id = $house->call($w, 'campaigns_create', {
        name => 'chaos', list_id => $list, rate => int($rate / @workspaces) || 1,
        from => 'Chaos <chaos@chaos.example>',
        subject => 'For {{ contact.first_name }}',
        html => '<p>Hello {{ contact.first_name }}, '
            . '<a href="https://shop.example/">look</a></p>',
    })->{id};
    return [ $w, $id ];
}

my $begun = time;
my @campaigns = map { campaign($_) } 0 .. $#workspaces;
$house->call($_->[0], 'campaigns_start', { id => $_->[1] }) for @campaigns;

# how many have no end yet
sub open_now {
    my $n = 0;
    for (@campaigns) {
        my $s = eval { $house->call($_->[0], 'campaigns_stats', { id => $_->[1] }) } or return;
        $n += $s->{queued} + $s->{in_flight};
    }
    return $n;
}

$client = fork // die "chaos: fork: $!\n";
if ($client == 0) {
    $SIG{INT} = $SIG{TERM} = 'DEFAULT';
    $SIG{__DIE__} = 'DEFAULT';
    Chaos::Client::run(log => $client_log, indexes => [ $house->indexes ],
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

my $waiting = open_now() // 0;
print "chaos: killed ", join(', ', map { "$_ $by{$_}" } sort keys %by), "\n";
print STDERR "chaos: the campaigns were over before the last kill\n"
    if $waiting <= $held;

# ---------------------------------------------------------------- the verdict

my $until = max($begun + $o{messages} / $rate, time) + 120;
while ($waiting > $held && time < $until) {
    sleep 0.5;
    $waiting = open_now() // $waiting;
}
die "chaos: $waiting are not done in time, so that nothing can be judged\n" if $waiting > $held;
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
        '--seed', $o{seed}, '--uncertain-max', $open,
        (map { ('--campaign', "$_->[0]:$_->[1]") } @campaigns),
        (map { ('--index', $_) } $house->indexes), '--client', $client_log, '--godwit',
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
