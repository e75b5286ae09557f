#!/usr/bin/perl
# One click while the campaign runs: who is in memory already is still asked
# once more before his envelope leaves.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my @ids = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 60;
$h->call('lists_add', { id => $list, contact_ids => \@ids });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, rate => 14,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};

$h->spawn('worker', $_) for qw(cache ingest mail);
wait_for { -l $h->state . '/cache/current' } 10;
$h->nginx;
$h->call('campaigns_start', { id => $c });
wait_for { $h->messages > 1 } 10, 'it runs';
my $before = () = $h->messages;

# the last of the window: his turn is some four seconds away, less than the
# five after which a window would be read again
my ($campaign, $contact) = map { s/\D//gr } $c, $ids[-1];
is post($h, '/u/' . token($h, what => 'unsubscribe', campaign => $campaign,
    contact => $contact), body => 'List-Unsubscribe=One-Click')->{status}, 200,
    'he unsubscribes';
cmp_ok $before, '<', 20, 'with most of them to come';

my $stats;
wait_for { $stats = $h->call('campaigns_stats', { id => $c });
    $stats->{state} eq 'finished' } 20, 'it ends';
is "$stats->{sent} $stats->{suppressed}", '59 1', 'without him';
is $h->call('campaigns_why', { id => $c, email => 'p60@example.com' })->{reason},
    'unsubscribe', 'stopped before his envelope';

done_testing;
