#!/usr/bin/perl
# Roll-ups are what the events add up to: killed anywhere in the middle, drained
# from two places at once, and when a segment comes back from the dead.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $set = 'spool_segment 1m; drain_batch 7;';
my $h = Godwit->new(conf => "$set spool_keep 0ms;");
my $acts = 0;

sub act {
    my ($what, $campaign, $contact, $agent, @body) = @_;
    my $path = '/' . substr($what, 0, 1) . '/'
        . token($h, what => $what, campaign => $campaign, contact => $contact);
    $acts++;
    return $what =~ /^[up]/ ? post($h, $path, @body)
        : get($h, $path, 'User-Agent' => $agent);
}

sub drain {
    my ($env, @conf) = @_;
    return ($h->godwit({ env => $env // {} }, 'worker', @conf, qw(ingest --once)))[0];
}

sub recount { return join "\n", map { "$_->{campaign_id}: $_->{what} $_->{rolled_up} $_->{counted}" }
    @{ $h->rows(q{select c.*, r.* from (select distinct campaign_id from godwit.events) c,
        godwit.campaign_recount(1, c.campaign_id) r order by 1, 2}) } }

sub events { return $h->value('select count(*) from godwit.events') }

# every kind of act by few people, again and again
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    values (1, 7, 0, 'https://shop.example/', true), (1, 8, 0, 'https://shop.example/', true)});
$h->nginx;
my @agents = ('Mozilla/5.0', 'GoogleImageProxy', 'Mozilla/5.0 (X11) Thunderbird', 'curl/8');
for my $i (1 .. 230) {
    my ($campaign, $contact) = (7 + $i % 2, $i * 7 % 23 + 1);
    act('open', $campaign, $contact, $agents[ $i % 4 ]) if $i % 3;
    act('click', $campaign, $contact, $agents[ $i % 3 ]) if !($i % 3);
    act('unsubscribe', $campaign, $contact) if !($i % 40);
    act('preferences', $campaign, $contact, undef, 'subscribe=1') if !($i % 55);
}
$h->stop($h->{nginx}, 'QUIT');

for my $point (qw(after_cas after_copy after_new after_engagement after_rollup
    before_commit after_commit before_unlink)) {
    for my $nth ($point eq 'before_unlink' ? 1 : (1, 2)) {
        my $code = drain({ GODWIT_CRASH => "$point:$nth" });
        is $code, 137, "killed $point:$nth";
        is recount(), '', 'all adds up';
    }
}
is drain(), 0, 'the last drain';
is recount(), '', 'adds up';
is events(), $acts, 'every act once';

# a recount finds what is wrong
for ('update godwit.campaign_totals set unique_clicks = unique_clicks + 1',
    'update godwit.campaign_hours set n = n + 1', 'delete from godwit.engagement') {
    my $dbh = $h->dbh;
    $dbh->begin_work;
    $dbh->do("$_ where campaign_id = 7");
    like recount(), qr/^7: /, "seen: $_";
    $dbh->rollback;
}

# two hosts meet on a person: the second of them looks again
my $other = $h->state . '/other';
mkdir $_ for $other, map { "$other/$_" } qw(run spool spool/quarantine journal);
spew("$other.conf", slurp($h->state . '/conf/godwit.conf') =~ s/state \S+;/state $other;/r);
Godwit::Postgres::own($other, glob "$other/* $other/spool/*");
my $lock = DBI->connect('dbi:Pg:' . $h->info, 'postgres', '', { RaiseError => 1 });

sub both {
    my ($what, $hold) = @_;
    for my $place (0, 1) {
        $h->nginx;
        act($what, 9, 1, 'Mozilla/5.0 (X11) Thunderbird');
        $h->stop($h->{nginx}, 'QUIT');
        rename $_, "$other/spool/" . s{.*/}{}r for $place ? () : glob $h->state . '/spool/*.seg';
    }
    $lock->begin_work;
    $lock->do($hold);
    my @pids = map { $h->spawn('worker', '-c', $_, qw(ingest --once)) }
        "$other.conf", $h->state . '/conf/godwit.conf';
    wait_for { $h->value(q{select count(*) from pg_stat_activity where datname =
        current_database() and wait_event_type = 'Lock'}) == 2 } 5, "both wait with a first $what";
    $lock->rollback;
    wait_for { waitpid($_, 1) } 10 for @pids;
    is recount(), '', 'it is counted once';
    is events(), $acts, 'and both acts are there';
}

$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    values (1, 9, 0, 'https://shop.example/', true)});
both('open', q{insert into godwit.engagement (tenant_id, campaign_id, contact_id) values (1, 9, 1)});
both('click', q{select from godwit.engagement where campaign_id = 9 for update});
$lock->disconnect;

# what is durable goes first, whatever waits before it
$h->nginx;
act('open', 9, $_, 'Mozilla/5.0') for 2 .. 20;
act('unsubscribe', 9, 2);
$h->stop($h->{nginx}, 'QUIT');
drain({ GODWIT_CRASH => 'after_commit' });
is $h->value('select unsubscribes from godwit.campaign_totals where campaign_id = 9'), 1,
    'an unsubscribe is in the first transaction';
drain();

# a drained segment comes back: while it is known, and when it is forgotten
$h->nginx;
act('open', 7, 1, 'Mozilla/5.0');
$h->stop($h->{nginx}, 'QUIT');
my ($file) = glob $h->state . '/spool/*.seg';
my $bytes = slurp($file);
sub back { spew($file, $bytes); Godwit::Postgres::own($file) }
drain();
back();
drain();
is events(), $acts, 'nothing is drained twice';
ok !-e $file, 'and the file goes again';

$h->dbh->do('delete from godwit.spool_pos');
back();
my $later = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + 61 * 86400);
is drain({ GODWIT_CLOCK => $later }), 0, 'an old one that nobody knows';
is events(), $acts, 'is not drained';
is slurp($file =~ s{/([^/]+)$}{/quarantine/$1}r), $bytes, 'but kept aside';

done_testing;
