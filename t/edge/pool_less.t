#!/usr/bin/perl
# While some connections of the slow pool are down, a place among the others is
# kept for who has come of late.
use strict;
use warnings;
use lib 't/lib';
use DBI;
use Godwit;
use Godwit::Edge;
use Godwit::Pool;

my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 4;');
my $other = DBI->connect('dbi:Pg:' . $h->info =~ s/dbname=\S+/dbname=postgres/r,
    'postgres', '', { RaiseError => 1 });
any($h);
$h->nginx;
my $held = q{select 'held' from pg_advisory_xact_lock(7)};
sub of { my ($tenant, $sql) = @_;
    slow($h, $sql);
    my $id = $h->value('select max(id) from public.pool_sql where sql = ?', $sql);
    return '/v/' . token($h, what => 'view', tenant => $tenant, campaign => 7, contact => $id) }
sub lock_it { $h->value('select pg_advisory_lock(7)') }
sub unlock_it { $h->value('select pg_advisory_unlock(7)') }

lock_it();
my @s = map { ask($h, $_) } quick($h, $held), of(1, $held), of(1, $held);
wait_for { running($h) == 3 } 5, 'two of four are at work';
my ($name) = $h->info =~ /dbname=(\S+)/;
$other->do("alter database $name allow_connections false");
is $h->value(q{select count(*) from (select pg_terminate_backend(pid, 5000) from pg_stat_activity where
    datname = current_database() and application_name = 'godwit-edge' and state = 'idle') i}), 2, 'the others go';
unlock_it();
status($_) for @s;

is get($h, of(2, q{select 'good'}))->{body}, 'good', 'one has come of late';
lock_it();
@s = map { ask($h, of(1, $held)) } 1 .. 3;
wait_for { running($h, '%track_view%') == 1 } 5, 'another has one of two';
is get($h, of(2, q{select 'good'}))->{body}, 'good', 'and leaves one';
unlock_it();
is status($_), 200, 'all are served' for @s;
$other->do("alter database $name allow_connections true");
$other->disconnect;
$h->expect(qr/not currently accepting connections/);
done_testing;
