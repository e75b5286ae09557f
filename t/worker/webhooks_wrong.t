#!/usr/bin/perl
# Webhooks out: endpoints that misbehave, each in its way.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
my $worker = $h->spawn('worker', 'http');

# one event to an endpoint that answers so: (its webhook, the delivery after
# the first attempt)
sub told {
    my ($path, @answers) = @_;
    my $w = webhook($h, url => "$r->{url}$path");
    $r->answers($path, @answers);
    my $id = $h->call('webhooks_test', { id => $w->{id} })->{id};
    wait_for { delivery($h, $id)->{attempts} } 5, "$path: an attempt";
    return ($w, delivery($h, $id));
}

sub due { my ($d) = @_;
    return $h->value('select extract(epoch from due_at - ?::timestamptz) from godwit.webhook_deliveries
        where id = ?', $d->{log}[0]{at}, $d->{id} =~ /(\d+)/) }

my ($w, $d) = told('/redirect', "302 location=$r->{url}/target");
is "$d->{state} $d->{status}", 'pending 302', 'a redirect is a failure';
is $r->got('/target'), 0, 'and is not followed';

($w, $d) = told('/busy', '429 retry-after=30');
ok due($d) >= 30 && due($d) < 33, 'Retry-After is heeded' or diag due($d);
$h->call('webhooks_test', { id => $w->{id} });
($w, $d) = told('/absurd', '503 retry-after=99999999');
ok due($d) > 86000 && due($d) < 86500, 'within a day' or diag due($d);
is $r->got('/busy'), 1, 'the endpoint that is busy gets no other meanwhile';

($w, $d) = told('/reset', '200 reset');
is $d->{status}, undef, 'a connection that is reset';
like $d->{error}, qr/\w/, 'says so';
($w, $d) = told('/long', '200 long');
like $d->{error}, qr/headers .* longer than 64 KiB/, 'headers without end';
($w, $d) = told('/huge', '200 huge');
is "$d->{state} " . length $d->{log}[0]{response}{body}, 'delivered 4096',
    'a body without end is not read; its status counts';
($w, $d) = told('/drip', '200 drip');
is $d->{state}, 'delivered', 'one that comes byte by byte is waited for';

# gone: disabled, with a notice
my $watch = webhook($h, url => "$r->{url}/watch", events => ['webhook.disabled']);
($w, $d) = told('/gone', '410');
is "$d->{state} $d->{status}", 'dead 410', '410 ends it';
my $now = $h->call('webhooks_get', { id => $w->{id} });
is_deeply [ map { "$_" } @$now{qw(enabled disabled_reason)} ], [ 0, 'gone' ], 'and disables the webhook';
wait_for { $r->got('/watch') } 5, 'another webhook is told';
is +($r->got('/watch'))[0]{body}{data}{id}, $w->{id}, 'of which';
is $h->value(q{select actor || ' ' || operation from godwit.audit where object = ? order by id desc
    limit 1}, $w->{id}), 'worker webhooks_disable', 'and the audit has it';
is +($h->try('webhooks_test', { id => $w->{id} }))[1]{error}{code}, 'conflict', 'it takes no test';

# the last attempt fails: dead, until it is replayed
($w, $d) = told('/dead', '500');
$h->dbh->do(q{update godwit.webhook_deliveries set tries = 9, due_at = created_at where id = ?}, undef,
    $d->{id} =~ /(\d+)/);
wait_for { delivery($h, $d->{id})->{state} eq 'dead' } 10, 'after ten attempts it is dead';
$r->answers('/dead', '200');
is_deeply $h->call('webhooks_replay', { id => $w->{id}, since => $d->{created_at} }),
    { replayed => 1, more => JSON::PP::false }, 'what is dead since then is replayed';
wait_for { delivery($h, $d->{id})->{state} eq 'delivered' } 10, 'and delivered';
is $h->call('webhooks_replay', { id => $w->{id}, since => $d->{created_at} })->{replayed}, 0,
    'what was delivered only when asked';

# five days of nothing but failures
($w, $d) = told('/failing', '500');
$h->dbh->do(q{update godwit.webhooks set failing_since = failing_since - interval '5 days'});
$h->call('deliveries_replay', { id => $d->{id} });
wait_for { !$h->call('webhooks_get', { id => $w->{id} })->{enabled} } 10, 'disable it';
is $h->call('webhooks_get', { id => $w->{id} })->{disabled_reason}, 'failing', 'and say why';
$now = $h->call('webhooks_update', { id => $w->{id}, enabled => JSON::PP::true });
is_deeply [ @$now{qw(failing_since disabled_reason)} ], [ undef, undef ], 'enabled, it begins anew';

is_deeply [ grep { $_->{wrong} } $r->got ], [], 'no request broke a rule';
done_testing;
