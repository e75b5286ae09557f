#!/usr/bin/perl
# What webhooks are told of, from where it happens, each once.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Hooks;

my $sink = 'smart_host 127.0.0.1:%d; smtp_tls off; spool_segment 1m; webhook_allow 127.0.0.0/8;';
my $h = Godwit->new;
$h->configure(sprintf $sink, $h->sink('--fault', 'rcpt=550 5.1.1 no such user,to=no@'));
$h->nginx;
webhook($h, url => 'http://127.0.0.1:9/', events => ['*']);
my $told = sub { my ($type) = @_;
    return map { JSON::PP::decode_json($_->{data}) } @{ $h->rows('select data from
        godwit.webhook_deliveries where type = ? order by id', $type) } };

my ($no, $ann) = map { $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(no ann);
my $list = $h->call('lists_create', { name => 'news' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ $ann, $no ] });
my $c = $h->call('campaigns_create', { name => 'May', list_id => $list, subject => 'Hi',
    from => 'Shop <shop@example.com>', html => '<p><a href="https://a.example/">x</a></p>' })->{id};
$h->call("campaigns_$_", { id => $c }) for qw(start pause resume);
my @roles = map { $h->spawn('worker', $_) } qw(mail ingest);
wait_for { $h->call('campaigns_get', { id => $c })->{state} eq 'finished' } 20, 'a campaign goes out';
is_deeply [ map { scalar $told->("campaign.$_") } qw(started paused resumed finished) ], [ 1, 1, 1, 1 ],
    'it is told of';
is +($told->('campaign.finished'))[0]{state}, 'finished', 'as it is then';
is_deeply [ map { [ map { $_->{contact_id} } $told->("message.$_") ] } qw(sent failed) ],
    [ [ $ann ], [ $no ] ], 'and of what became of each';

get($h, '/o/' . token($h, what => 'open', contact => 2, campaign => 1)) for 1 .. 3;
get($h, '/c/' . token($h, what => 'click', contact => 2, campaign => 1, link => 0)) for 1 .. 2;
post($h, '/u/' . token($h, what => 'unsubscribe', contact => 2, campaign => 1), '') for 1 .. 2;
wait_for { $told->('contact.unsubscribed') } 10, 'who unsubscribes';
wait_for { $h->value('select count(*) from godwit.events') == 7 } 10, 'all is drained';
is_deeply [ map { scalar $told->($_) } qw(message.opened message.clicked contact.unsubscribed) ],
    [ 1, 1, 1 ], 'opens, clicks and an unsubscribe are told of once';
is_deeply [ map { ($told->($_))[0]{contact_id} } qw(message.opened message.clicked contact.unsubscribed) ],
    [ ($ann) x 3 ], 'with whose they are';

# a message of the workspace's own, and a list
$h->call('invitations_create', { email => 'zoe@example.com', role => 'viewer' });
wait_for { 2 == (my @sent = $told->('message.sent')) } 10, 'a message to one address';
is_deeply [ @{ ($told->('message.sent'))[1] }{qw(message_id kind code campaign_id)} ],
    [ 'msg_1', 'invitation', 250, undef ], 'is told of as such';
my $l = $h->call('lists_create', { name => 'b' })->{id};
$h->call('lists_update', { id => $l, name => 'c' });
$h->call('lists_delete', { id => $l });
is_deeply [ map { my ($d) = grep { $_->{id} eq $l } $told->("list.$_"); $d->{name} } qw(created updated deleted) ],
    [ 'b', 'c', 'c' ], 'lists';

$h->call('contacts_update', { id => $no, first_name => 'Nora', attributes => { long => 'x' x 20_000 } });
is_deeply [ map { exists $_->{attributes}, $_->{truncated} } $told->('contact.updated') ],
    [ '', JSON::PP::true ], 'what is too long goes without its attributes';
$h->call('contacts_delete', { id => $no });
is_deeply [ $told->('contact.deleted') ], [ { id => $no, external_id => undef } ], 'who is deleted';
is scalar(my @made = $told->('contact.created')), 2, 'and who was made';
is $h->value('select count(distinct event_id) - count(*) from godwit.webhook_deliveries'), 0,
    'each under an id of its own';
done_testing;
