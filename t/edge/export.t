#!/usr/bin/perl
# Exports: page after page while the client reads, one page in memory, an end
# that is missing when it is not all.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;
use IO::Select;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m; database_timeout 2s;');
my $big = 12000;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, first_name, attributes, created_at,
    updated_at) select 1, 'p' || n || '@example.com', case n when 1 then '=1+1' else 'Ä "' || n end,
    jsonb_build_object('long', repeat('x', 600)), now(), now() from generate_series(1, ?) n},
    undef, $big);
$h->dbh->do('analyze');
$h->nginx(more => 'location /api/v1/exports/ { godwit_api operations; limit_rate $rate; }
    set $rate 0; if ($http_x_rate) { set $rate $http_x_rate; }');
my $key = key($h);
my ($pid) = edge_pids($h);

# a whole answer, chunks taken off; the last is '' when it ended as it should
sub chunks {
    my ($text) = @_;
    my ($body, $end) = ('', 'cut');
    while ($text =~ s/^([0-9a-f]+)\r\n//) {
        my $n = hex $1;
        if ($n == 0) { $end = ''; last }
        $body .= substr $text, 0, $n, '';
        $text =~ s/^\r\n//;
    }
    return ($body, $end);
}
sub open_export {
    my ($path, $version, $header) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    setsockopt $s, SOL_SOCKET, SO_RCVBUF, pack 'i', 262144;
    print $s "GET /api/v1/exports/$path HTTP/" . ($version // '1.1') . "\r\nHost: x\r\n"
        . "Connection: close\r\nAuthorization: Bearer $key\r\n" . ($header // '') . "\r\n";
    return $s;
}
sub whole { my ($s) = @_; local $/; my ($head, $body) = split /\r\n\r\n/, <$s> // '', 2;
    return ($head // '', $body // '') }

my ($head, $body) = whole(open_export('contacts', '1.1', "Accept: application/json\r\n"));
like $head, qr{^HTTP/1.1 406 }, 'no CSV for who wants JSON';
like +(whole(open_export('contacts', '1.1', "Accept: application/x-ndjson, text/*;q=0\r\n")))[0],
    qr{^Content-Type: application/x-ndjson\r$}m, 'what is accepted, where no format is named';
($head, $body) = whole(open_export('contacts'));
like $head, qr{^HTTP/1.1 200 }, 'an export';
like $head, qr{^Content-Type: text/csv; charset=utf-8\r$}m, 'CSV';
like $head, qr{^Content-Disposition: attachment; filename="contacts.csv"}m, 'to be saved';
(my $csv, my $end) = chunks($body);
is $end, '', 'ends as it should';
my @line = split /\r\n/, $csv;
is scalar @line, $big + 1, 'a line each, and the names';
like $line[0], qr/^id,email,phone/, 'of the columns';
is scalar(grep { /^"?ct_\d+"?,"?p\d+\@example\.com"?,/ } @line), $big, 'all of them';
my %seen;
$seen{$_}++ for map { /^"?(ct_\d+)/ } @line;
is scalar keys %seen, $big, 'each once';

($head, $body) = whole(open_export('contacts?format=ndjson&consent_email=unknown', '1.0'));
like $head, qr{^Content-Type: application/x-ndjson\r$}m, 'JSON lines';
unlike $head, qr{chunked}i, 'HTTP/1.0 gets no chunks';
is scalar(() = $body =~ /^\{.*\}$/mg), $big, 'but the same lines';
my $r = api($h, HEAD => '/exports/contacts');
is "$r->{status} $r->{body}", '200 ', 'HEAD';
is problem(api($h, GET => '/exports/contacts?format=x')), '422 invalid', 'an error before the first byte';
is problem(api($h, GET => '/exports/contacts', key => '')), '401 unauthorized', 'or without a key';

$end = eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 30;
    (chunks((whole(open_export('contacts', '1.1', "X-Rate: 8m\r\n")))[1]))[1] } // $@;
alarm 0;
is $end, '', 'limit_rate holds it back for no longer than it says';

# how far it is, for who listens; of one that is broken off as well
my $live = Godwit::Live->lines($h, '?topics=export', Authorization => "Bearer $key");
$live->event;
($head) = whole(open_export('contacts'));
my ($id) = $head =~ /^X-Request-Id: (\S+?)\r$/mi;
like $head, qr/^Godwit-Total: 1[12]\d\d\d\r$/m, 'how many rows come';
my @told;
do { push @told, $live->event // {} } until ($told[-1]{data}{state} // 'done') ne 'running' || @told > 50;
is_deeply [ map { $_->{topic} } @told ], [ ("export:$id") x @told ], 'it is told by its request';
is_deeply [ @{ $told[-1]{data} }{qw(done total state)}, scalar grep { $_->{data}{total} < $_->{data}{done} } @told ],
    [ $big, $big, 'done', 0 ], 'up to its end' or diag explain \@told;
my $left = open_export('contacts');
sysread $left, my $first, 1000;
close $left;
wait_for { (($live->event // {})->{data}{state} // '') eq 'cut' } 10, 'or that it was broken off';

# by the longest request id; and a page that is none cuts it short as well
my $long = 'r' x 64;
my $own = Godwit::Live->lines($h, "?topics=export:$long", Authorization => "Bearer $key");
$own->event;
$h->dbh->do(q{alter function api.exports_contacts(jsonb) rename to good;
    create function api.exports_contacts(p jsonb) returns jsonb language plpgsql security definer as
    $$ begin return case when p ? 'cursor' then '{}' else api.good(p) end; end $$;
    grant execute on function api.exports_contacts(jsonb) to gw_edge});
is +(chunks((whole(open_export('contacts', '1.1', "X-Request-Id: $long\r\n")))[1]))[1], 'cut', 'a page that is none';
is +($own->event // {})->{topic}, "export:$long", 'a long request id is told whole';
is +(($own->event // {})->{data} // {})->{state}, 'cut', 'and that it was cut';
$h->dbh->do(q{drop function api.exports_contacts(jsonb);
    alter function api.good(jsonb) rename to exports_contacts});

# a client that reads slowly: no connection of Postgres, no memory
sub busy { return $h->value(q{select count(*) from pg_stat_activity
    where application_name = 'godwit-edge' and state <> 'idle'
      and datname = current_database()}) }
sub memory { return slurp("/proc/$pid/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m ? $1 : die }
sub pages { return get($h, '/metrics')->{body} =~ /^godwit_db_queries_total (\d+)$/m ? $1 : die }
my $before = memory();
my @slow = map { open_export('contacts') } 1 .. 8;
my $n = -1;
wait_for { my $was = $n; $n = pages(); select undef, undef, undef, 0.2; $n == $was && !busy() } 10,
    'nobody asks for what nobody reads';
SKIP: {
    skip 'a sanitizer keeps what is free', 1 if $ENV{GODWIT_NGINX};
    cmp_ok memory() - $before, '<', 8 * 2048, 'a page each is kept';
}
my @got = map { (chunks((whole($_))[1]))[1] } @slow;
is "@got", ' ' x 7, 'and all go on when they are read';
SKIP: {
    skip 'a sanitizer keeps what is free', 1 if $ENV{GODWIT_NGINX};
    cmp_ok memory() - $before, '<', 8 * 2048, 'nothing grows';
}
my $s = open_export('contacts');
sysread $s, my $some, 1000;
close $s;
wait_for { my $was = $n; $n = pages(); select undef, undef, undef, 0.2; $n == $was } 5,
    'one whose client has gone ends';

# an error in the middle
for my $version ('1.1', '1.0') {
    $s = open_export('contacts', $version);
    sysread $s, $some, 1000;
    $h->dbh->do(q{alter function api.exports_contacts(jsonb) rename to away});
    my $error = '';
    while (1) {
        my $got = sysread $s, my $more, 65536;
        $error = $!, last if !defined $got;
        last if !$got;
        $some .= $more;
    }
    $h->dbh->do(q{alter function api.away(jsonb) rename to exports_contacts});
    my ($text, $how) = chunks((split /\r\n\r\n/, $some, 2)[1]);
    is $version eq '1.0' ? ($error ? 'cut' : '') : $how, 'cut', "HTTP/$version: the client sees it";
}
$h->expect(qr/exports_contacts is cut short/, qr/exports_contacts/);
is_deeply [ edge_pids($h) ], [ $pid ], 'by one process';

done_testing;
