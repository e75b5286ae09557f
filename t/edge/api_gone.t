#!/usr/bin/perl
# A client that goes takes its query along, and nobody else's.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool qw(running);
use IO::Select;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m; database_slow_pool 1; database_timeout 60s;
    database_slow_timeout 60s;');
my $dbh = $h->dbh;
my $key = key($h);
$h->nginx;
my @pids = edge_pids($h);

sub ask { my ($method, $path, $body) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "$method /api/v1$path HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
        . "Bearer $key\r\n", defined $body ? 'Content-Type: application/json' . "\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body" : "\r\n";
    return $s }
sub rest { my ($s) = @_; local $/; return <$s> // '' }

# what takes long; short reads share a connection and end by database_timeout
$dbh->do(q{create or replace function api.campaigns_pause(p_body jsonb) returns jsonb language sql as
    $$ select to_jsonb(pg_sleep(50)::text) $$});
my $s = ask(POST => '/campaigns/cmp_1/pause');
wait_for { running($h, '%campaigns_pause%') == 1 } 5, 'a slow query runs';
close $s;
wait_for { running($h, '%campaigns_pause%') == 0 } 5, 'and ends with its client';

# a write that waits for a lock, and one behind it on the same connection
my $lock = $h->postgres->connect($h->{name});
$lock->begin_work;
$lock->do('lock godwit.lists in access exclusive mode');
$s = ask(POST => '/lists', '{"name":"gone"}');
wait_for { running($h, '%lists_create%') == 1 } 5, 'a write waits';
my $next = ask(POST => '/contacts', '{"email":"next@example.com"}');
close $s;
ok +IO::Select->new($next)->can_read(10), 'the next one goes on';
like rest($next), qr{^HTTP/1.1 201 }, 'and succeeds while the lock is held';
$lock->rollback;
$lock->disconnect;
is $h->value('select count(*) from godwit.lists'), 0, 'what was cancelled has done nothing';
is api($h, POST => '/lists', json => { name => 'a' }, key => $key)->{status}, 201, 'all goes on';
is_deeply [ edge_pids($h) ], \@pids, 'the same process';
done_testing;
