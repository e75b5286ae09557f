#!/usr/bin/perl
# While others wait, a connection has announced its next but one already: his dot
# need not wait for the disk. He is sent only when his turn comes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $set = 'smtp_connections 1; log_level info;';
my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:2000,to=p1@');
$h->configure("smart_host 127.0.0.1:$port; $set");
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 9 ] });
sub campaign { my (%more) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>', %more })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
my $c = campaign();
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');

sub kinds { return join '', sort map { /"kind":"([DTA])"/ } grep { /"$c"/ }
    split /\n/, ($h->godwit('journal', 'dump'))[1] }
wait_for { kinds() eq 'DDDT' } 5, 'one dot is out, two are announced';

$h->call('campaigns_pause', { id => $c });
wait_for { $h->messages == 2 } 5, 'those whose envelope had begun are sent';
wait_for { my $s = $h->call('campaigns_stats', { id => $c }); "@$s{qw(sent queued in_flight)}" eq '2 7 0' }
    10, 'he who was announced is not, nor in flight';
$h->call('campaigns_resume', { id => $c });
wait_for { $h->call('campaigns_stats', { id => $c })->{state} eq 'finished' } 10, 'it goes on';
my %n;
$n{ $_->{rcpt}[0] }++ for $h->messages;
is_deeply [ sort values %n ], [ (1) x 9 ], 'each of them once';

# who comes back would have had a place in the rate of his campaign for nothing
$c = campaign(rate => 1000);
wait_for { kinds() eq 'DDT' } 5, 'where there is a rate nobody is announced so early';
done_testing;
