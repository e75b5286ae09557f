#!/usr/bin/perl
# Two keys are revoked at once, and who was first commits last: no edge takes
# either, though Postgres is away.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my ($good, @keys) = map { key($h) } 1 .. 3;
my @ids = map { /_(\d+)_/ } @keys;
$h->nginx(workers => 2);
$h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ /a new cache: .* 3 keys/ } 10, 'the cache has the keys';
sub revoked { return ($h->godwit(qw(cache get key), $_[0]))[1] =~ /"revoked": ?true/ }
sub all_answer { my ($want, $key) = @_;         # of both processes
    my %got;
    $got{ problem(api($h, GET => '/lists', key => $key)) }++ for 1 .. 16;
    return join(' ', keys %got) =~ /\A$want\z/ }
wait_for { all_answer('200,.*', $_) } 10, 'they are good' for @keys;

my @dbh = map { $h->postgres->connect($h->{name}) } @ids;
for (0, 1) {
    $dbh[$_]->begin_work;
    $dbh[$_]->do(q{select auth.enter('{"tenant":1,"scopes":["*"],"now":"2031-01-01T00:00:00Z"}')});
    $dbh[$_]->do('select api.keys_revoke(?)', undef, qq({"id":"key_$ids[$_]"}));
}
$dbh[1]->commit;
wait_for { revoked($ids[1]) } 5, 'who has committed is revoked';
ok !revoked($ids[0]), 'the other not yet';
$dbh[0]->commit;
wait_for { revoked($ids[0]) } 5, 'until that commits';
is_deeply $h->dbh->selectcol_arrayref(q{select key from godwit.change_log where kind = 'key'
    order by id desc limit 2}), [ reverse @ids ], 'its change is the older one';

my $other = $h->postgres->connect('postgres');
$other->do("alter database $h->{name} allow_connections false");
$other->do(q{select pg_terminate_backend(pid) from pg_stat_activity where datname = ?
    and application_name = 'godwit-edge'}, undef, $h->{name});
wait_for { all_answer('503 away', $good) } 5, 'Postgres is away';
wait_for { all_answer('401 unauthorized', $_) } 5, 'and no process takes it' for @keys;
$other->do("alter database $h->{name} allow_connections true");
done_testing;
