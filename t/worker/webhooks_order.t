#!/usr/bin/perl
# Webhooks out: the order of an endpoint, its rate, and fifty that hang.
use strict;
use warnings;
use lib 't/lib';
use Time::HiRes qw(time);
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
my %w = map { $_->[0] => webhook($h, url => "$r->{url}/$_->[0]", events => ['contact.updated'],
    @$_[1 .. $#$_]) } [ 'ordered', ordered => JSON::PP::true ], [ 'slow', rate => 20 ];
my $c = $h->call('contacts_create', { email => 'a@example.com' })->{id};
$r->answers('/ordered', '200 wait=300', '500', '200');
$h->call('contacts_update', { id => $c, first_name => "$_" }) for 1 .. 20;
my $worker = $h->spawn('worker', 'http');

wait_for { $r->got('/slow') == 20 } 10, 'a rate of 20 a second';
my @at = map { $_->{at} } $r->got('/slow');
ok $at[-1] - $at[0] > 0.8, 'takes a second for 20' or diag $at[-1] - $at[0];

wait_for { $r->got('/ordered') == 2 } 5, 'one after the other';
sub names { return join ' ', map { $_->{body}{data}{first_name} } $r->got('/ordered') }
is names(), '1 2', 'one that fails holds up those behind it';
$h->dbh->do(q{update godwit.webhook_deliveries set due_at = created_at where attempts = 1
    and state = 'pending'});
$h->call('webhooks_update', { id => $w{ordered}{id}, description => 'now' });
wait_for { $r->got('/ordered') == 21 } 10, 'then they come';
is names(), join(' ', 1, 2, 2 .. 20), 'in the order of the events';

# fifty that hang, and one that does not
$h->call('webhooks_update', { id => $_->{id}, enabled => JSON::PP::false }) for values %w;
for (1 .. 48) {
    webhook($h, url => "$r->{url}/hang$_", events => ['contact.created'], ordered => JSON::PP::false);
    $r->answers("/hang$_", '200 hang');
}
$h->call('webhooks_delete', { id => $w{slow}{id} });
my $well = webhook($h, url => "$r->{url}/well", events => ['contact.created']);
$h->call('contacts_create', { email => "n$_\@example.com" }) for 1 .. 20;
wait_for { $r->got('/well') == 20 } 5, 'one that is well gets all of its own';
is $h->value(q{select count(*) from godwit.webhook_deliveries d join godwit.webhooks w
    on w.id = d.webhook_id where w.url like '%hang%' and d.attempts > 0}), 0, 'while the others hang';
is $r->got('/hang7'), 2, 'with two requests each';
wait_for { $h->value(q{select count(*) from godwit.webhook_attempts where error ~ 'imed out'}) } 25,
    'which are given up in time';
done_testing;
