#!/usr/bin/perl
# Nobody waits behind the dot of another while a connection is idle, though others
# wait there for the rate of their campaign.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:4000,to=p1@');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 2;");
sub campaign { my ($kind, $n, %more) = @_;
    my $list = $h->call('lists_create', { name => $kind })->{id};
    $h->call('lists_add', { id => $list, contact_ids => [ map {
        $h->call('contacts_create', { email => "$kind$_\@example.com" })->{id} } 1 .. $n ] });
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
        subject => 'Hi', html => '<p>Dear</p>', %more })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
my ($slow, $fast) = (campaign('q', 30, rate => 1), campaign('p', 9));
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { $h->call('campaigns_stats', { id => $fast })->{state} eq 'finished' } 20, 'sent';
my $order = join ' ', map { $_->{rcpt}[0] =~ s/\d*@.*//r } $h->messages;
like $order, qr/^(?:p (?:q )?){8}(?:q )+p/, "only he waits whose envelope had begun behind the dot: $order";
$h->call('campaigns_cancel', { id => $slow });
$h->stop($role);
done_testing;
