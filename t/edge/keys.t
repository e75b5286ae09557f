#!/usr/bin/perl
# Keys by HTTP: who holds one makes others that can no more, replaces them while
# both are good, revokes them, and is the only one who ever saw their text.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
$h->nginx;
my $cache = $h->spawn('worker', 'cache');
sub make { my ($r) = api($h, POST => '/keys', json => {@_}); return $r->{json} }
sub status_of { my ($key, $path) = @_; return api($h, GET => $path // '/lists', key => $key)->{status} }

my $made = make(scopes => ['lists:read'], name => 'shop');
like $made->{key}, qr/\Agw_live_\d+_[0-9A-Za-z]{38}\z/, 'a key is made';
is status_of($made->{key}), 200, 'and opens what it is for';
is status_of($made->{key}, '/contacts'), 403, 'that alone';
my $shown = api($h, GET => "/keys/$made->{id}")->{json};
is_deeply [ exists $shown->{key} ? 1 : 0, @$shown{qw(name state)} ], [ 0, 'shop', 'active' ],
    'its text is not shown again';
ok +(grep { $_->{id} eq $made->{id} && $_->{last_used_at} } @{ api($h, GET => '/keys')->{json}{items} }),
    'but that it was used';
unlike $h->value(q{select string_agg(t::text, ' ') from (select k::text from auth.keys k union all
    select v::text from godwit.audit_values v) t}), qr/\Q$made->{key}/, 'nor kept';

# one answer for an Idempotency-Key, its text only in the first
my @once = map { api($h, POST => '/keys', json => { scopes => ['lists:read'] },
    headers => { 'Idempotency-Key' => 'k' }) } 1 .. 2;
is $once[0]{json}{id}, $once[1]{json}{id}, 'a repeated request makes no second key';
is_deeply [ map { exists $_->{json}{key} ? 1 : 0 } @once ], [ 1, 0 ], 'and shows no text';
unlike $h->value('select string_agg(body::text, $$ $$) from godwit.idempotency'),
    qr/\Q$once[0]{json}{key}/, 'which is not kept for it';

# nobody makes, changes or takes over more than he has
my $small = make(scopes => [ 'keys:write', 'lists:read' ])->{key};
my $all = make(scopes => ['*']);
for ([ POST => '/keys', { scopes => ['contacts:read'] } ], [ POST => '/keys', { scopes => ['*'] } ],
    [ PATCH => "/keys/$all->{id}", { name => 'mine' } ], [ POST => "/keys/$all->{id}/rotate", {} ]) {
    my $r = api($h, $_->[0] => $_->[1], key => $small, json => $_->[2]);
    like problem($r), qr/^403 /, "$_->[0] $_->[1]: $r->{json}{detail}";
}
is api($h, POST => '/keys', key => $small, json => { scopes => ['lists:read'] })->{status}, 201,
    'as much is right';
is_deeply [ map { my $r = api($h, POST => '/keys', json => $_); $r->{json}{errors}[0]{pointer} }
    { scopes => ['lists:all'] }, { scopes => [] }, { scopes => ['*'], addresses => ['192.0.2.1/99'] },
    { scopes => ['*'], expires_at => '2020-01-01T00:00:00Z' } ],
    [ '/scopes/0', '/scopes', '/addresses', '/expires_at' ], 'what is wrong is named';

# from where
my $far = make(scopes => ['*'], addresses => ['192.0.2.0/24']);
my $near = make(scopes => ['*'], addresses => [ '127.0.0.1', '2001:db8::/32' ]);
is_deeply [ map { status_of($_->{key}) } $far, $near ], [ 403, 200 ], 'only from its addresses';
my $r = api($h, GET => '/lists', key => $far->{key});
is_deeply [ @{ $r->{json} }{qw(detail errors)} ], [ 'the API key is not for requests from 127.0.0.1', undef ],
    'which is said';
is_deeply +(grep { delete @$_{qw(id at before erased seq hash)}; 1 } @{ api($h, GET =>
    '/audit?operation=keys_refused')->{json}{items} })[0], { operation => 'keys_refused', object => $far->{id},
    actor => $far->{id}, address => '127.0.0.1', request_id => $r->{headers}{'x-request-id'},
    after => { error => 'address', scope => 'lists:read' } }, 'and told to its workspace';
status_of($far->{key}) for 1 .. 6;
is $h->value(q{select count(*) from godwit.audit where operation = 'keys_refused'}), 5, 'five times, not more';
api($h, PATCH => "/keys/$far->{id}", json => { addresses => undef });
is status_of($far->{key}), 200, 'or from all';

# who is limited makes nothing that is less so, of himself neither
my $mine = make(scopes => [ 'keys:write', 'lists:read' ], addresses => ['127.0.0.0/8'],
    expires_at => '2099-01-01T00:00:00Z');
my %like = (scopes => ['lists:read'], addresses => ['127.0.0.1'], expires_at => '2098-01-01T00:00:00Z');
for ([ 201, POST => '/keys', \%like ], [ 403, POST => '/keys', { %like, addresses => undef } ],
    [ 403, POST => '/keys', { %like, expires_at => undef } ],
    [ 403, POST => '/keys', { %like, addresses => ['192.0.2.1'] } ],
    [ 403, PATCH => "/keys/$mine->{id}", { expires_at => undef } ],
    [ 403, PATCH => "/keys/$mine->{id}", { addresses => ['0.0.0.0/0'] } ],
    [ 403, POST => "/keys/$all->{id}/revoke", undef ],
    [ 200, PATCH => "/keys/$mine->{id}", { name => 'mine' } ])
{
    my ($status, $method, $path, $json) = @$_;
    my $r = api($h, $method, $path, key => $mine->{key}, $json ? (json => $json) : ());
    is $r->{status}, $status, "$method $path" or diag $r->{body};
}

# replaced: both are good for a while
my $next = api($h, POST => "/keys/$near->{id}/rotate", json => { overlap => 60 })->{json};
is_deeply [ $next->{replaces}, @$next{qw(scopes addresses)} ], [ $near->{id},
    @$near{qw(scopes addresses)} ], 'a new one that can the same';
is_deeply [ map { status_of($_->{key}) } $near, $next ], [ 200, 200 ], 'both are good';
is $h->value(q{select count(*) from auth.keys where id = ? and expires_at
    between created_at + interval '50s' and created_at + interval '90s'},
    $near->{id} =~ /(\d+)/), 1, 'the old one for a while';
my $last = api($h, POST => "/keys/$next->{id}/rotate", json => { overlap => 0 })->{json};
is_deeply [ map { status_of($_->{key}) } $next, $last ], [ 401, 200 ], 'or at once';
like api($h, POST => "/keys/$next->{id}/rotate", json => {})->{json}{detail},
    qr/^$last->{id} has replaced it/, 'once';

# revoked: here at once, and in the cache of every host
is api($h, POST => "/keys/$last->{id}/revoke")->{json}{state}, 'revoked', 'revoked';
is status_of($last->{key}), 401, 'is not good';
my ($id) = $last->{id} =~ /(\d+)/;
wait_for { ($h->godwit(qw(cache get key), $id))[1] =~ /"revoked":true/ } 5, 'on any host';
is_deeply [ map { $_->{id} } @{ api($h, GET => '/keys?state=revoked')->{json}{items} } ],
    [ $last->{id} ], 'and listed so';

# another workspace sees none
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
my $two = key($h, '*', 2);
is api($h, GET => "/keys/$all->{id}", key => $two)->{status}, 404, 'of another workspace: none';
is api($h, POST => "/keys/$all->{id}/revoke", key => $two)->{status}, 404, 'none to revoke';
is scalar @{ api($h, GET => '/keys', key => $two)->{json}{items} }, 1, 'but its own';
is status_of($all->{key}), 200, 'which is good still';
done_testing;
