#!/usr/bin/perl
# While a full step goes to its commit the events of the next are sent on
# connections of their own; what was sent ahead counts once, or not at all.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_batch 7; drain_interval 20ms;');
my $lock = DBI->connect('dbi:Pg:' . $h->info, 'postgres', '', { RaiseError => 1 });
my ($campaign, $acts) = (7, 0);

# 21 opens of a new campaign: three full steps
sub opens {
    $campaign++;
    $h->nginx;
    get($h, '/o/' . token($h, what => 'open', campaign => $campaign, contact => $_),
        'User-Agent' => 'Mozilla/5.0 X') for 1 .. 21;
    $h->stop($h->{nginx}, 'QUIT');
    $acts += 21;
}

sub recount { return join "\n", map { "$_->{campaign_id}: $_->{what} $_->{rolled_up} $_->{counted}" }
    @{ $h->rows(q{select c.*, r.* from (select distinct campaign_id from godwit.events) c,
        godwit.campaign_recount(1, c.campaign_id) r order by 1, 2}) } }
sub events { return $h->value('select count(*) from godwit.events') }
sub all_there { wait_for { events() == $acts } 10, "every act once: $acts"; is recount(), '', 'adds up' }

sub pids { return map { $_->{pid} } @{ $h->rows(q{select pid from pg_stat_activity where datname =
    current_database() and usename = 'gw_worker' and } . shift) } }
my $waits = q{wait_event_type = 'Lock'};
my $ahead = q{state like 'idle in transaction%' and query like '%copy godwit.events%'};

# the first step waits for a person that somebody else makes
sub held {
    opens();
    $lock->begin_work;
    $lock->do("insert into godwit.engagement (tenant_id, campaign_id, contact_id)
        values (1, $campaign, 1)");
    my $drain = $h->spawn(qw(worker ingest));
    wait_for { pids($waits) == 1 && pids($ahead) == 2 } 5, 'the next two are sent ahead';
    is events(), $acts - 21, 'and nobody sees it';
    return $drain;
}

my $drain = held();
$lock->rollback;
all_there();
wait_for { pids('true') == 1 } 25, 'the second connection and third are closed when idle';
is $h->stop($drain), 0, 'TERM ends it';

# either connection is lost
for my $which ($waits, $ahead) {
    $drain = held();
    $h->dbh->do("select pg_terminate_backend($_)") for pids($which);
    $lock->rollback;
    all_there();
    is $h->stop($drain), 0, 'TERM ends it';
}

# it is killed
$drain = held();
kill KILL => $drain;
waitpid $drain, 0;
$lock->rollback;
$drain = $h->spawn(qw(worker ingest));
all_there();
is $h->stop($drain), 0, 'TERM ends it';

# a row that no table holds is in what was sent ahead
$h->dbh->do('alter table godwit.events add check (campaign_id <> 12 or contact_id <> 10)');
$drain = held();
$lock->rollback;
$acts--;
all_there();
is $h->value('select count(*) from godwit.event_rejects'), 1, 'the one is put aside';
is $h->stop($drain), 0, 'TERM ends it';

# there is no second connection to have
opens();
my $here = 'from pg_stat_activity where datname = current_database()';
wait_for { !$h->value("select count(*) $here and usename like 'gw%'") } 5, 'nobody is left';
my ($name) = $h->info =~ /dbname=(\S+)/;
$h->dbh->do("alter database $name connection limit " . (1 + $h->value("select count(*) $here")));
my $err = '';
wait_for { (my $code, undef, $err) = $h->godwit(qw(worker ingest --once)); !$code } 10, 'one does it';
like $err, qr/goes on with the connections it has: .*too many connections/, 'and says so';
all_there();
$lock->disconnect;

done_testing;
