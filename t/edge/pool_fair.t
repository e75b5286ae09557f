#!/usr/bin/perl
# A workspace that fires slow requests takes its share, not that of another.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;

my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 2;
    database_queue 4;');
any($h);
$h->nginx;
sub of { my ($tenant, $sql) = @_;       # the same statement, of that workspace
    my ($id) = do { slow($h, $sql); $h->value('select max(id) from public.pool_sql where sql = ?', $sql) };
    return '/v/' . token($h, what => 'view', tenant => $tenant, campaign => 7, contact => $id) }
my $held = q{select 'held' from pg_advisory_xact_lock(7)};
my $note = q{select 'held' from pg_advisory_xact_lock_shared(%d)};
sub stands { my ($h, $key) = @_; return $h->value(q{select count(*) from pg_locks where locktype = 'advisory'
    and objid = ? and not granted and database = (select oid from pg_database where datname = current_database())}, $key) }
sub page_of { my ($tenant) = @_;        # in the quick pool
    quick($h, $held);
    my $id = $h->value('select max(id) from public.pool_sql where sql = ?', $held);
    return '/p/' . token($h, what => 'preferences', tenant => $tenant, campaign => 7, contact => $id) }
sub has_answer { vec(my $r = '', fileno $_[0], 1) = 1; return select $r, undef, undef, $_[1] }

# one holds both connections and the whole queue
$h->dbh->do('select pg_advisory_lock(7)');
my @greedy = map { ask($h, of(1, $held)) } 1 .. 2;
wait_for { running($h, '%track_view%') == 2 } 5, 'the greedy one has both connections';
my @more = map { ask($h, of(1, sprintf $note, 8)) } 1 .. 4;
my $probe = of(1, q{select 'none'});
wait_for { get($h, $probe)->{status} == 503 } 5, 'and all places';

# another comes: the newest of the greedy one gives way, once for each
my @other = map { ask($h, of(2, sprintf $note, 9)) } 1 .. 2;
wait_for { 2 == grep { has_answer($_, 0) } @more } 5, 'two give way';
my @gave = map { answer($_) } grep { has_answer($_, 0) } @more;
is join(' ', map { $_->{status} } @gave), '503 503', 'they are told';
is +(grep { $_->{head} =~ /^Retry-After: 1\r?$/m } @gave), 2, 'to come again';
is get($h, of(2, q{select 'none'}))->{status}, 503, 'no more than a half for the other either';
ok !(grep { has_answer($_, 0) } @other), 'who came waits';

# each of the two connections that come free takes one, and is held in it
$h->dbh->do('select pg_advisory_lock(8), pg_advisory_lock(9)');
$h->dbh->do('select pg_advisory_unlock(7)');
is status($_), 200, 'the greedy one is served' for @greedy;
wait_for { stands($h, 8) + stands($h, 9) == 2 } 5, 'the next two are under way';
cmp_ok stands($h, 9), '>=', 1, 'who has nothing in flight is among them';
$h->dbh->do('select pg_advisory_unlock(8), pg_advisory_unlock(9)');
is status($_), 200, 'all that waited are served' for @other, grep { $_->opened } @more[0, 1];

# one that has come of late finds a connection free, whatever the greedy one asks
$h->dbh->do('select pg_advisory_lock(7)');
@greedy = map { ask($h, of(1, $held)) } 1 .. 3;
wait_for { running($h, '%track_view%') == 1 } 5, 'the greedy one has one';
is get($h, of(2, q{select 'good'}))->{body}, 'good', 'the other is served at once';
is get($h, of(2, q{select 'good'}))->{body}, 'good', 'and again';
is running($h, '%track_view%'), 1, 'while the greedy one waits';
$h->dbh->do('select pg_advisory_unlock(7)');
is status($_), 200, 'all are served' for @greedy;

# no number of a workspace meets those whom nobody knows yet, nor the house
$h->dbh->do('select pg_advisory_lock(7)');
@greedy = map { ask($h, of(256, $held)) } 1 .. 8;
my $stranger = ask($h, of(0, q{select 'good'}));
my @pages = map { ask($h, page_of(255)) } 1 .. 100;
wait_for { grep { has_answer($_, 0) } @pages } 5, 'all places are taken';
my $ready = ask($h, '/readyz');
$h->dbh->do('select pg_advisory_unlock(7)');
is status($stranger), 200, 'who is not known is served';
unlike +(answer($ready))[0]{body}, qr/postgres/, 'and so is /readyz';
# those that have no answer yet are ended with the test
$h->expect(qr/"track_preferences": 57014 canceling statement due to user request/);
unlike slurp($h->state . '/log/nginx.log'), qr/signal 11/, 'without a word';
done_testing;
