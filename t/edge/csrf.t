#!/usr/bin/perl
# Pages of another site: whatever a form or a script of theirs can send, the
# session of their visitor is not used.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;

my $h = Godwit->new(conf => 'spool_segment 1m;');
user($h, 'ann@example.com', password => 'lamp river uncle fog');
$h->nginx;
my $b = browser($h, 'ann@example.com', 'lamp river uncle fog');
my $own = 'http://127.0.0.1:' . $h->port;

sub change {
    my ($headers, $body) = @_;
    return api($h, POST => '/lists', key => '', headers => { Cookie => $b, %$headers },
        body => $body // '{"name":"x"}');
}
sub status { my ($r) = @_; return $r->{status} < 400 ? $r->{status} : problem($r) }

my %is = (ok => qr/^201$/, none => qr/^401 unauthorized$/, refused => qr/^403 forbidden$/);
for (
    # a form has no header of its own; these are all it can send
    [ none => { 'Content-Type' => 'text/plain' } ],
    [ none => { 'Content-Type' => 'application/x-www-form-urlencoded' } ],
    [ none => { 'Content-Type' => 'multipart/form-data; boundary=x' } ],
    [ none => { 'Content-Type' => 'application/json' } ],
    [ none => { Origin => $own, 'Sec-Fetch-Site' => 'same-origin' } ],
    [ ok => { 'Godwit-Workspace' => 'ws_1' } ],
    # where it says that it comes from
    (map { [ $_->[0] => { 'Godwit-Workspace' => 'ws_1', 'Sec-Fetch-Site' => $_->[1] } ] }
        [ ok => 'same-origin' ], [ ok => 'none' ], [ refused => 'same-site' ], [ refused => 'cross-site' ],
        [ refused => '' ], [ refused => 'Same-Origin, none' ]),
    (map { [ $_->[0] => { 'Godwit-Workspace' => 'ws_1', Origin => $_->[1] } ] }
        [ ok => $own ], [ ok => 'http://test' ], [ ok => 'https://TEST' ], [ refused => 'null' ],
        [ refused => '' ], [ refused => 'http://evil.example' ], [ refused => 'http://test.evil.example' ],
        [ refused => 'http://evil.example/test' ], [ refused => 'http://test:81' ],
        [ refused => 'http://user@test' ], [ refused => 'test' ], [ refused => 'http:test' ],
        [ refused => "$own.evil.example" ], [ refused => 'http://' ], [ refused => "$own, http://evil.example" ]),
    [ refused => { 'Godwit-Workspace' => 'ws_1', Origin => $own, 'Sec-Fetch-Site' => 'cross-site' } ],
    [ refused => { 'Godwit-Workspace' => 'ws_1', Origin => 'null', 'Sec-Fetch-Site' => 'same-origin' } ],
) {
    my ($what, $headers) = @$_;
    my $r = change($headers, '{"name":"' . ++$h->{n} . '"}');
    like status($r), $is{$what}, join ' ', $what, %$headers;
}

# reads give nothing away either, and no answer invites another site
my $r = api($h, GET => '/lists', key => '', headers => { Cookie => $b });
is problem($r), '401 unauthorized', 'a script, an image';
$r = http($h, OPTIONS => '/api/v1/lists', headers => { Origin => 'http://evil.example',
    'Access-Control-Request-Method' => 'POST', 'Access-Control-Request-Headers' => 'godwit-workspace' });
is_deeply [ grep { /^access-control/ } keys %{ $r->{headers} } ], [], 'a preflight is granted nothing';

# nobody is logged in as somebody else
for (
    [ 415 => 'unsupported_media_type', 'Content-Type' => 'text/plain' ],
    [ 415 => 'unsupported_media_type', 'Content-Type' => 'application/x-www-form-urlencoded' ],
    [ 403 => 'forbidden', Origin => 'http://evil.example' ],
    [ 403 => 'forbidden', 'Sec-Fetch-Site' => 'cross-site' ],
) {
    my ($status, $code, @headers) = @$_;
    $r = login($h, 'ann@example.com', 'lamp river uncle fog', headers => {@headers});
    is problem($r), "$status $code", "a login with @headers";
    is cookie($r), undef, 'sets no cookie';
}

# a key is no cookie: a browser sends it nowhere by itself, so any page may have it
is api($h, GET => '/lists', headers => { Origin => 'http://evil.example', Cookie => $b })->{status}, 200,
    'a key wins, and is from anywhere';
is problem(api($h, GET => '/lists', key => 'gw_live_1_x', headers => { Cookie => $b,
    'Godwit-Workspace' => 'ws_1' })), '401 unauthorized', 'also when it is wrong';
done_testing;
