#!/usr/bin/perl
# Who is slow: a body that does not come, an export whose next page takes longer
# than the client may; who sends too much is let go.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx(more => 'client_body_timeout 1s; send_timeout 3s;');
$h->godwit(qw(worker jobs --once));
my $key = key($h);
sub ask { my ($head, $body) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    setsockopt $s, SOL_SOCKET, SO_RCVBUF, pack 'i', 65536;
    print $s "$head\r\nHost: x\r\nAuthorization: Bearer $key\r\n\r\n", $body // '';
    return $s }
sub rest { my ($s) = @_; local $/; return <$s> // '' }
sub json { return "POST /api/v1/lists HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: $_[0]" }

my $r = rest(ask(json(100), '{"name":'));
like $r, qr{\AHTTP/1.1 408 .*\r\nConnection: close\r\n.*problems#request_timeout}s, 'half a body: 408';
$r = rest(ask("POST /api/v1/imports HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 100", 'email'));
like $r, qr{\AHTTP/1.1 408 .*problems#request_timeout}s, 'or half a file';
wait_for { 0 == (() = glob $h->state . '/files/*/*') } 5, 'of which nothing stays';
like rest(ask(json(2_000_000))), qr{\AHTTP/1.1 413 .*\r\nConnection: close\r\n}s, 'too much: the connection ends';

# the client has taken all of a page; the time until the next is not his
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, attributes, created_at, updated_at)
    select 1, n || '@example.com', jsonb_build_object('long', repeat('x', 8000)), now(), now()
    from generate_series(1, 1500) n});
$h->dbh->do(q{alter function api.exports_contacts(jsonb) rename to exports_quick;
    create function api.exports_contacts(p jsonb) returns jsonb language plpgsql security definer
    set search_path = pg_catalog, godwit, pg_temp as $$ begin
    perform pg_sleep(case when p ? 'cursor' then 4 end); return api.exports_quick(p); end $$;
    grant execute on function api.exports_contacts(jsonb) to gw_edge});
my $s = ask("GET /api/v1/exports/contacts HTTP/1.1\r\nConnection: close");
my $text = '';
wait_for { sysread $s, $text, 200_000, length $text; length $text > 4_000_000 } 30, 'half a page, in small steps';
$text .= rest($s);
like $text, qr/\r\n0\r\n\r\n\z/, 'an export with slow pages ends as it should';

# one that takes nothing at all does not hold the request for ever
sub exports { return scalar(() = slurp($h->state . '/log/access.log') =~ m{/exports/contacts}g) }
wait_for { exports() == 1 } 5, 'its request has ended';
$s = ask("GET /api/v1/exports/contacts HTTP/1.1\r\nConnection: close");
wait_for { exports() == 2 } 15, 'so has that of a client that does not read';
unlike rest($s), qr/\r\n0\r\n\r\n\z/, 'who sees that it was not all';
done_testing;
