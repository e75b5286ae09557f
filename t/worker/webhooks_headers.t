#!/usr/bin/perl
# Headers of a webhook's own: sent beside ours, never in their place; those that
# are secret are told nobody.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
my $w = webhook($h, url => "$r->{url}/a", headers => { 'X-Env' => 'test', Accept => 'a, b' },
    secret_headers => "Authorization: Bearer hush-hush\nX-Key: lock");
is_deeply [ @$w{qw(headers has_secret_headers)} ], [ { 'X-Env' => 'test', Accept => 'a, b' }, JSON::PP::true ],
    'they are there';
$h->spawn('worker', 'http');
sub sent { my ($n) = @_;
    $h->call('webhooks_test', { id => $w->{id} });
    wait_for { $r->got == $n } 5, "request $n";
    return ($r->got)[-1] }
my $got = sent(1);
is_deeply [ @{ $got->{headers} }{qw(x-env accept authorization x-key)} ], [ 'test', 'a, b', 'Bearer hush-hush', 'lock' ],
    'all are sent';
is signed_by($got, $w->{secret}) . ($got->{wrong} // ''), 1, 'beside ours';
my $d = $h->call('deliveries_list', {})->{items}[0]{id};
wait_for { delivery($h, $d)->{state} eq 'delivered' } 5, 'it is delivered';
is_deeply [ sort grep { /^(?:x-|auth|acc)/i } split /\n/, delivery($h, $d)->{log}[0]{request}{headers} ],
    [ 'Accept: a, b', 'Authorization: ***', 'X-Env: test', 'X-Key: ***' ], 'the log shows what is no secret';
is $h->value(q{select count(*) from (select to_jsonb(t)::text from godwit.webhooks t union all
    select to_jsonb(t)::text from godwit.audit_values t union all select to_jsonb(t)::text
    from godwit.webhook_attempts t union all select encode(sealed, 'escape') from godwit.secret)
    as x(line) where line ~ 'hush|lock'}), 0, 'no table has one that is';

$w = { %{ $h->call('webhooks_update', { id => $w->{id}, secret_headers => 'X-Key: other' }) }, secret => $w->{secret} };
$got = sent(2);
is_deeply [ @{ $got->{headers} }{qw(x-env authorization x-key)} ], [ 'test', undef, 'other' ], 'they are replaced';
$w = $h->call('webhooks_update', { id => $w->{id}, secret_headers => undef, headers => undef });
is_deeply [ @$w{qw(headers has_secret_headers)} ], [ {}, JSON::PP::false ], 'and taken away';
$got = sent(3);
is_deeply [ @{ $got->{headers} }{qw(x-env x-key)} ], [ undef, undef ], 'no more are sent';
is $h->value(q{select count(*) from godwit.secret where purpose = 'webhook_headers'}), 0, 'nothing is kept of them';

sub refused { my ($field, $v) = @_;
    my ($code, $doc) = $h->try('webhooks_create', { url => "$r->{url}/a", events => ['*'], $field => $v });
    return $code ? "$doc->{error}{field} $doc->{error}{message}" : 'taken' }
like refused(headers => { $_ => 'x' }), qr/^headers "headers" names \Q$_\E, which is not for you to set$/, "not $_"
    for qw(Host content-length Content-Type Webhook-Id connection TE Transfer-Encoding Proxy-Authorization Expect);
like refused(headers => { $_ => 'x' }), qr/^headers "headers" has a name that is no header's/, "not $_"
    for 'a b', "a\r\nb", 'a:', 'h' x 65;
like refused(headers => { A => $_ }), qr/^headers "headers" has a value of A that is not/, 'no such value'
    for "a\r\nB: c", ' a', "\x{e9}";
like refused(secret_headers => $_), qr/^secret_headers "secret_headers" (?:is not up to 10 lines|names Host)/, 'nor lines'
    for 'nothing', 'A:bb', "A: b\n\nC: d", "Host: a", join "\n", map { "A$_: b" } 1 .. 11;
done_testing;
