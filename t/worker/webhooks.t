#!/usr/bin/perl
# Webhooks out: an event is told to who wants it, signed; a failure is tried
# again; what came back is in the log.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
my $w = webhook($h, url => "$r->{url}/a", events => ['contact.created', 'contact.updated'],
    filter => { locale => 'de' });
my $other = webhook($h, url => "$r->{url}/b", events => ['campaign.finished']);
like $w->{secret}, qr{^whsec_[\w+/]{43}=$}, 'its secret is told once';
ok !exists $h->call('webhooks_get', { id => $w->{id} })->{secret}, 'and never again';
my $worker = $h->spawn('worker', 'http');

my $c = $h->call('contacts_create', { email => 'a@example.com', locale => 'de' });
$h->call('contacts_create', { email => 'b@example.com', locale => 'en' });
wait_for { $r->got == 1 } 5, 'the event that passes the filter is sent';
my ($got) = $r->got;
is_deeply [ @$got{qw(path wrong)}, $got->{body}{type}, $got->{body}{data} ],
    [ '/a', undef, 'contact.created', $c ], 'as Standard Webhooks want it';
is signed_by($got, $w->{secret}), 1, 'and signed';
my ($d) = @{ $h->call('deliveries_list', { webhook_id => $w->{id} })->{items} };
wait_for { delivery($h, $d->{id})->{state} eq 'delivered' } 5, 'it is delivered';
$d = delivery($h, $d->{id});
is_deeply [ @$d{qw(event_id attempts status error due_at)}, $d->{body} ],
    [ $got->{id}, 1, 200, undef, undef, $got->{text} ], 'the log says what was sent';
is_deeply [ $d->{log}[0]{response}, $d->{log}[0]{request}{address} ], [ { status => 200,
    headers => "Content-Length: 12\r\n\r\n", body => 'answer 200??' }, "127.0.0.1:$r->{port}" ],
    'and what came back, as text';
like $d->{log}[0]{request}{headers}, qr/^webhook-signature: \Q$got->{signatures}\E$/m, 'with all headers';

# a failure is tried again under the same id; 5 s then, a tenth more or less
$r->answers('/a', '500', '200');
$h->call('contacts_update', { id => $c->{id}, first_name => 'Ann' });
wait_for { $r->got == 2 } 5, 'another event';
wait_for { $d = $h->call('deliveries_list')->{items}[0]; $d->{attempts} == 1 } 5, 'it has failed';
is_deeply [ @$d{qw(state status)} ], [ 'pending', 500 ], 'and waits';
my $wait = $h->value(q{select extract(epoch from d.due_at - a.at) from godwit.webhook_deliveries d
    join godwit.webhook_attempts a on a.delivery_id = d.id where d.state = 'pending'});
ok $wait > 4.4 && $wait < 5.8, 'five seconds' or diag $wait;
ok $h->call('webhooks_get', { id => $w->{id} })->{failing_since}, 'the webhook is failing';
wait_for { $r->got == 3 } 30, 'then it is sent again';
is +($r->got)[2]{id}, +($r->got)[1]{id}, 'under the same id';
wait_for { delivery($h, $d->{id})->{state} eq 'delivered' } 5, 'it is delivered';
is $h->call('webhooks_get', { id => $w->{id} })->{failing_since}, undef, 'and fails no more';

# a test event, and again
$d = $h->call('webhooks_test', { id => $other->{id} });
wait_for { $r->got('/b') == 1 } 5, 'a test event';
is +($r->got('/b'))[0]{body}{type}, 'webhook.ping', 'is a ping';
$h->call('deliveries_replay', { id => $d->{id} });
wait_for { $r->got('/b') == 2 } 5, 'it is replayed';
is +($r->got('/b'))[1]{id}, $d->{event_id}, 'under its id';

# a new secret: both sign, then one
my $new = $h->call('webhooks_rotate', { id => $other->{id}, overlap => 3600 })->{secret};
$h->call('webhooks_test', { id => $other->{id} });
wait_for { $r->got('/b') == 3 } 5, 'after a rotation';
is_deeply [ map { signed_by(($r->got('/b'))[2], $_) } $other->{secret}, $new ], [ 1, 1 ],
    'both secrets sign';
$h->dbh->do(q{update godwit.webhooks set old_secret_until = '2000-01-01Z'});
$h->call('webhooks_update', { id => $other->{id}, rate => 100 });
$h->call('webhooks_test', { id => $other->{id} });
wait_for { $r->got('/b') == 4 } 5, 'when the overlap is over';
is_deeply [ map { signed_by(($r->got('/b'))[3], $_) } $other->{secret}, $new ], [ 0, 1 ],
    'the new one alone';

is_deeply [ grep { $_->{wrong} } $r->got ], [], 'no request broke a rule';
is $h->stop($worker), 0, 'the worker ends in order';
is $h->value('select count(*) from godwit.webhook_lanes where holder is not null'), 0,
    'and gives back what it held';
done_testing;
