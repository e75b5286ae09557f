#!/usr/bin/perl
# Postgres that takes no rows at all is waited for, with nothing thrown away; a
# row that no table can hold is put aside alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_interval 20ms;');
my ($name) = $h->info =~ /dbname=(\S+)/;
my ($contact, $away) = (0, qr/events wait in the spool/);
$h->nginx;

sub act {
    get($h, '/o/' . token($h, what => 'open', campaign => 7,
        contact => ++$contact), 'User-Agent' => 'Mozilla/5.0 X') for 1 .. $_[0];
}

sub stored { return $h->value('select count(*) from godwit.events') }
sub rejects { return $h->value('select count(*) from godwit.event_rejects') }
sub lines { my $re = shift; return scalar(() = slurp($h->log_file) =~ /$re/g) }

# how often somebody has tried to log in since
sub tries { return $h->value(q{select sessions from pg_stat_database
    where datname = current_database()}) }

# a right is missing
$h->dbh->do('revoke insert on godwit.events from gw_worker');
my $drain = $h->spawn(qw(worker ingest));
act(5);
wait_for { lines($away) } 5, 'it is said';
my $was = tries();
wait_for { tries() > $was + 2 } 10, 'it is tried again';
is lines($away), 1, 'in one line';
like slurp($h->log_file), qr/Postgres: permission denied for table events; $away/,
    'that names the cause';
is $h->stop($drain), 0, 'TERM ends it';
$drain = $h->spawn(qw(worker ingest));
wait_for { lines($away) == 2 } 5, 'the next one waits, too';
is stored() . ' ' . rejects(), '0 0', 'nothing is stored or thrown away';
$h->dbh->do('grant insert on godwit.events to gw_worker');
wait_for { stored() == 5 } 5, 'it goes on by itself';
is rejects(), 0, 'with all of it';
is $h->stop($drain), 0, 'ended';

# a database that is read only
$h->dbh->do("alter database $name set default_transaction_read_only = on");
$drain = $h->spawn(qw(worker ingest));
act(2);
wait_for { lines(qr/read-only transaction; $away/) } 5, 'it is said';
$was = tries();
wait_for { tries() > $was + 2 } 10, 'it is tried again';
is lines($away), 3, 'in one line';
$h->dbh->do("alter database $name reset default_transaction_read_only");
wait_for { stored() == 7 } 5, 'it goes on by itself';

# rows that no table can hold, and where those are kept is shut as well
$h->dbh->do(q{alter table godwit.events add check (contact_id not in (9, 12))});
$h->dbh->do('revoke insert on godwit.event_rejects from gw_worker');
act(6);
wait_for { lines(qr/table event_rejects; $away/) } 5, 'it is said';
is $h->stop($drain), 0, 'TERM ends it';
$h->dbh->do('grant insert on godwit.event_rejects to gw_worker');
is +($h->godwit(qw(worker ingest --once)))[0], 0, 'a drain';
is stored() . ' ' . rejects(), '11 2', 'the two are put aside, alone';
is $h->value('select opens from godwit.campaign_totals'), 11, 'counted right';

# more than Postgres takes at once
$h->dbh->do($_) for q{create function few() returns trigger language plpgsql
    as $$ begin
        if (select count(*) > 2 from made) then
            raise 'too many' using errcode = 'out_of_memory';
        end if;
        return null;
    end $$}, q{create trigger few after insert on godwit.events
    referencing new table as made for each statement execute function few()};
act(7);
$drain = $h->spawn(qw(worker ingest));
wait_for { stored() == 18 } 10, 'smaller steps are stored';
is rejects(), 2, 'and nothing is thrown away';
is $h->stop($drain), 0, 'ended';

# a sender that finds no database ends when it is told to
my $conf = $h->state . '/conf/godwit.conf';
spew($conf, slurp($conf) =~ s/database ".*?"/database "host=\/nowhere"/r);
my $mail = $h->spawn(qw(worker mail --once));
wait_for { lines(qr/mail: can not connect/) } 5, 'mail has no database';
my $at = time;
is $h->stop($mail), 1, 'TERM ends it';
cmp_ok time - $at, '<', 5, 'at once';

done_testing;
