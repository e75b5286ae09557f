#!/usr/bin/perl
# Credentials: the scheme, and keys that the cache knows to be wrong, which are
# refused without Postgres.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my ($good, $gone, $old) = map { key($h) } 1 .. 3;
my $reader = key($h, 'contacts:read');
sub id { return $_[0] =~ /_(\d+)_/ ? $1 : die }
$h->dbh->do("update auth.keys set expires_at = clock_timestamp() + interval '1 s' where id = ?",
    undef, id($old));
$h->nginx;
my @pids = edge_pids($h);
sub with { my ($credential) = @_;
    return problem(api($h, GET => '/lists', key => '',
        headers => { Authorization => $credential })) }

like with("bearer $good"), qr/^200,/, 'the scheme is written as one likes';
is with("$_$good"), '401 unauthorized', "not \"$_\"" for 'Digest ', '', 'Bearer', 'Bearer  ';
is with('Bearer '), '401 unauthorized', 'nor nothing';

# this process has read the cache before a key in it is revoked
$h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ m{a new cache: .* 4 keys} && get($h, '/readyz')->{status} == 200 } 10,
    'the cache has the keys, and is read';
like with("Bearer $gone"), qr/^200,/, 'a key of the cache';
$h->godwit('key', 'revoke', id($gone));
wait_for { ($h->godwit(qw(cache get key), id($gone)))[1] =~ /"revoked": ?true/ } 5, 'is revoked';
wait_for { with("Bearer $old") eq '401 unauthorized' } 5, 'another expires';

my $other = $h->postgres->connect('postgres');
$other->do("alter database $h->{name} allow_connections false");
$other->do(q{select pg_terminate_backend(pid) from pg_stat_activity where datname = ?
    and application_name = 'godwit-edge'}, undef, $h->{name});
wait_for { with("Bearer $good") eq '503 away' } 5, 'Postgres is away';
is with("Bearer $_->[0]"), '401 unauthorized', $_->[1]
    for [ $gone, 'who was revoked' ], [ $old, 'who has expired' ];
my $r = api($h, GET => '/lists', key => $reader);
is problem($r), '403 forbidden', 'who may not do this';
is $r->{json}{detail}, 'the API key does not have the scope lists:read', 'in the words of Postgres';
$other->do("alter database $h->{name} allow_connections true");
is_deeply [ edge_pids($h) ], \@pids, 'the same process';
done_testing;
