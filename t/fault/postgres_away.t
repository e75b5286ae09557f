#!/usr/bin/perl
# Postgres goes away under load: every answer stays the same, no event is lost
# or doubled, and the drain catches up by itself.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_interval 20ms;');
my $other = DBI->connect('dbi:Pg:' . $h->info =~ s/dbname=\S+/dbname=postgres/r,
    'postgres', '', { RaiseError => 1 });
my ($name) = $h->info =~ /dbname=(\S+)/;
$h->nginx;
my $drain = $h->spawn(qw(worker ingest));
my ($sent, %status) = (0);

sub act {
    my $path = '/o/' . token($h, what => 'open', campaign => 7,
        contact => ++$sent % 5 + 1);
    $status{ get($h, $path, 'User-Agent' => 'Mozilla/5.0 X')->{status} }++;
}

act() for 1 .. 10;
wait_for { $h->value('select count(*) from godwit.events') == 10 } 5,
    'events arrive';

# away: no new connections, the ones there are cut
$other->do("alter database $name allow_connections false");
delete($h->{dbh}{''})->disconnect;
$other->do(q{select pg_terminate_backend(pid) from pg_stat_activity
    where datname = ?}, undef, $name);
act() for 1 .. 20;
post($h, '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 1));
wait_for { slurp($h->log_file) =~ /events wait in the spool/ } 5, 'it is said';
is_deeply \%status, { 200 => 30 }, 'every pixel was served';
sub metric { return get($h, '/metrics')->{body} =~ /^godwit_ingest_$_[0] (\S+)$/m ? $1 : -1 }
wait_for { metric('database_up') == 0 && metric('lag_seconds') >= 1 } 10, 'metrics tell how far the spool is behind';
kill 'KILL', $drain;
waitpid $drain, 0;
$drain = $h->spawn(qw(worker ingest));
act() for 1 .. 5;

$other->do("alter database $name allow_connections true");
$other->disconnect;
wait_for { $h->value('select count(*) from godwit.events') == 36 } 10,
    'all of it arrives afterwards';
is $h->value(q{select opens || ' ' || unique_opens || ' ' || unsubscribes
    from godwit.campaign_totals}), '35 5 1', 'and is counted once';
wait_for { metric('database_up') == 1 && metric('lag_seconds') < 1 } 10, 'and that it is not any more';
is $h->stop($drain), 0, 'the drain ends in order';

done_testing;
