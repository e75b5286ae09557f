#!/usr/bin/perl
# What a session may ask a second, by itself and as one of its workspace; which
# workspace that is nobody believes before Postgres has.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;

my $h = Godwit->new(conf => 'spool_segment 1m; api_rate_key 2; api_rate_tenant 1;');
$h->dbh->do(q{select auth.tenant_create('Other', '2026-01-01Z')});
user($h, 'ann@example.com', password => 'lamp river uncle fog');
$h->nginx;
my ($a, $b, $c) = map { browser($h, 'ann@example.com', 'lamp river uncle fog') } 1 .. 3;
sub asks { my ($n, $cookie, $workspace) = @_;
    return map { api($h, GET => '/lists', as($cookie, $workspace)) } 1 .. $n }

# the first is of nobody's workspace yet
my @r = asks(4, $a);
is_deeply [ map { $_->{status} } @r ], [ (200) x 3, 429 ], 'two at once of a workspace';
like $r[3]{json}{detail}, qr/of this workspace/, 'of which it is known by then';
ok $r[3]{headers}{'retry-after'}, 'with the time to wait';
is_deeply [ map { $_->{status} } asks(2, $b) ], [ 200, 429 ], 'another session of it shares them';

# one that is not let in takes nothing from a workspace
@r = asks(5, $c, 'ws_2');
is_deeply [ map { $_->{status} } @r ], [ (403) x 4, 429 ], 'a workspace that he is not in';
like $r[4]{json}{detail}, qr/of this session/, 'costs his session alone';
my $key = key($h, '*', 2);
is api($h, GET => '/lists', key => $key)->{status}, 200, 'whose own are served';
done_testing;
