#!/usr/bin/perl
# More than a socket takes, to a Postgres that does not read: nobody else waits,
# and the rest follows when it reads again.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Select;

my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 1;
    database_timeout 60s; database_slow_timeout 60s;');
$h->nginx;
my ($pid) = edge_pids($h);
my $key = key($h);
my $body = '{"email":"a@example.com","attributes":{"a":"' . 'x' x 900_000 . '"}}';
sub ask {
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "POST /api/v1/contacts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Authorization: Bearer $key\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    return $s;
}
# does the event loop ask of any descriptor whether it may write (level triggered)?
sub wants_to_write {
    return grep { hex($_) & 4 && !(hex($_) & 0x80000000) }
        map { slurp($_) =~ /^tfd:.*?events:\s*([0-9a-f]+)/mg } glob "/proc/$pid/fdinfo/*";
}
is problem(api($h, POST => '/contacts', key => $key, body => '{}')), '422 invalid', 'all is well';
my $slow = $h->value(q{select pid from pg_stat_activity where datname = current_database()
    and application_name = 'godwit-edge' and query like '%contacts_create%'}) // die;
kill STOP => $slow;
my $s = ask();
wait_for { wants_to_write() } 5, 'a part of it is left';
is get($h, '/healthz')->{status}, 200, 'the process serves others';
ok !IO::Select->new($s)->can_read(0), 'who has asked waits';
kill CONT => $slow;
my $text = do { local $/; <$s> };
like $text, qr/ 422 .*"pointer":"\/attributes"/s, 'the rest has followed';
wait_for { !wants_to_write() } 5, 'and nothing spins';
is_deeply [ edge_pids($h) ], [$pid], 'the same process';
done_testing;
