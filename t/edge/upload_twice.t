#!/usr/bin/perl
# One Idempotency-Key, one file: it is neither overwritten nor removed by what
# comes later under that key, and others have their own.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
$h->godwit(qw(worker jobs --once));
$h->dbh->do(q{select auth.tenant_create('Other', '2026-01-01Z')});
my ($key, $other) = (key($h), key($h, '*', 2));
my $files = $h->state . '/files';
sub kept { my @kept = glob "$files/up/*"; return @kept }
sub send_csv { my ($body, %how) = @_; return api($h, POST => '/imports', body => $body, key => $key, %how,
    headers => { 'Content-Type' => 'text/csv', 'Idempotency-Key' => 'k' }) }

is send_csv("email\na\@example.com\n")->{status}, 202, 'a file';
my @first = kept();
is problem(send_csv("email\nb\@example.com\n")), '422 idempotency_mismatch', 'another under its key';
is slurp($first[0]), "email\na\@example.com\n", 'does not take its place';
is send_csv("email\na\@example.com\n")->{headers}{'idempotency-replayed'}, 'true', 'the same again';
is_deeply [ kept() ], \@first, 'nothing is kept of either';
$h->dbh->do(q{select pg_advisory_lock(hashtextextended('once 1 k', 0))});
is problem(send_csv("email\na\@example.com\n")), '409 conflict', 'the same while that is under way';
is_deeply [ kept() ], \@first, 'does not remove it';
$h->dbh->do('select pg_advisory_unlock_all()');
my $n = kept();
is send_csv("email\na\@example.com\n", key => $other)->{status}, 202, 'the same of another workspace';
is scalar kept(), $n + 1, 'is a file of its own';

# whether it has a row nobody knows: only cron may say
$h->dbh->do('alter function api.imports_create(jsonb) rename to gone');
is problem(api($h, POST => '/imports', body => "email\nc\@example.com\n", key => $key,
    headers => { 'Content-Type' => 'text/csv' })), '503 not_migrated', 'no word from Postgres';
is scalar kept(), $n + 2, 'the file stays';
$h->dbh->do('alter function api.gone(jsonb) rename to imports_create');
$h->expect(qr/imports_create/);

# what follows the body on the connection waits for the file to be on the disk
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
my $line = ('y' x 1023) . "\n";
print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    . "Authorization: Bearer $key\r\nContent-Length: 33554432\r\n\r\n";
print $s $line x 1024 for 1 .. 32;
print $s "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
is join(' ', do { local $/; <$s> } =~ m{HTTP/1\.1 (\d+) }g), '202 200', 'each is answered once';
done_testing;
