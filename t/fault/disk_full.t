#!/usr/bin/perl
# The spool's file system fills up: pixel and click still answer and the loss
# is counted, an unsubscribe is refused, and all goes on by itself with room.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

# a file system of our own, seen by this test and its children alone
if (!$ENV{GODWIT_MOUNTS}++) {
    plan skip_all => 'no mount namespace here'
        if system 'unshare -m mount -t tmpfs none /mnt 2>/dev/null';
    exec 'unshare', '-m', $^X, $0;
}

my $h = Godwit->new(conf => 'spool_segment 64k; drain_interval 20ms;');
my $spool = $h->state . '/spool';
system("mount -t tmpfs -o size=576k none $spool && mkdir $spool/quarantine"
    . " && chmod 777 $spool $spool/quarantine") == 0 or die 'no tmpfs';
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
    fixed) values (1, 7, 0, 'https://shop.example/', true)});
$h->expect(qr/\[crit\].*spool: cannot make the next segment.*No space left/);
my @run = ($h->nginx, $h->spawn(qw(worker cache)));
my @pids = edge_pids($h);

my %t = (campaign => 7, contact => 3);
my ($open, $click, $leave) = map { token($h, what => $_, %t) }
    qw(open click unsubscribe);
my %sent = (200 => 0, 302 => 0, left => 0);
my $refused = 0;

sub act {
    my %long = ('User-Agent' => 'x' x 500);
    $sent{ get($h, "/o/$open", %long)->{status} }++;
    $sent{ get($h, "/c/$click", %long)->{status} }++;
}

sub leave {
    my $r = http($h, 'POST', "/u/$leave",
        headers => { 'User-Agent' => 'x' x 500 });
    $r->{status} == 200 ? $sent{left}++ : $refused++;
    return $r;
}

sub metric { my ($name) = @_;
    return (get($h, '/metrics')->{body} =~ /^godwit_${name}_total (\d+)$/m)[0] }

sub ready { return get($h, '/readyz')->{status} == 200 }

# nobody drains meanwhile: until events are lost and unsubscribes are refused
sub fill {
    my ($name) = @_;
    my $lost = metric('events_dropped');
    act() while metric('events_dropped') < $lost + 10;
    my $r;
    1 while ($r = leave())->{status} == 200;
    is $r->{status}, 503, "$name: an unsubscribe is refused";
    is $r->{headers}{'retry-after'}, 1, 'and may come again';
    wait_for { get($h, '/readyz')->{body} =~ /^spool: / } 5, 'it is said';
    is get($h, '/healthz')->{status}, 200, 'nginx is alive';
}

wait_for { ready() && (() = glob "$spool/*.seg") == 4 } 5, 'ready';
system "dd if=/dev/zero of=$spool/other bs=4k 2>/dev/null";
fill('a disk that others have filled');
unlink "$spool/other";
wait_for { ready() } 10, 'room again';
my $lost = metric('events_dropped');
act();
leave();
is metric('events_dropped'), $lost, 'events are kept again';

fill('a disk that the spool has filled');
push @run, $h->spawn(qw(worker ingest));
wait_for { ready() } 10, 'the drain makes room';
$lost = metric('events_dropped');
act();
is leave()->{status}, 200, 'unsubscribes are taken again';
is metric('events_dropped'), $lost, 'and events';

my $want = delete($sent{left}) + $sent{200} + $sent{302} - $lost;
wait_for { $h->value('select count(*) from godwit.events') == $want } 10,
    'all but the counted losses is stored';
is_deeply [ sort keys %sent ], [ 200, 302 ], 'each pixel and click was served';
is metric('durable_refused'), $refused, 'refusals are counted';
is_deeply [ edge_pids($h) ], \@pids, 'by the same workers';
like slurp($h->log_file('nginx')), qr/room again, [1-9]\d* records found none/,
    'the log says how many';
$h->stop($_) for @run;
system 'umount', $spool;
done_testing;
