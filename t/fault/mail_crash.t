#!/usr/bin/perl
# The sender is killed at each of its crash points: nobody is lost, nobody gets
# two, and uncertain are at most the connections that were open.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 4; mail_window 40;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my @ids = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} }
    1 .. 100;
$h->call('lists_add', { id => $list, contact_ids => \@ids });

sub mail { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'mail', '--once'))[0] }

for my $point (qw(after_intent before_journal after_journal after_dot after_reply
    before_close after_close)) {
    my $c = $h->call('campaigns_create', { name => $point, list_id => $list,
        from => 'a@example.com', subject => $point, html => '<p>x</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    is mail({ GODWIT_CRASH => $point }), 137, "killed $point";
    is mail({ GODWIT_CRASH => 'during_recovery' }), 137, 'and during recovery';
    is mail(), 0, 'the next life ends well';

    my $s = $h->call('campaigns_stats', { id => $c });
    my %got;
    $got{ $_->{rcpt}[0] }++ for grep { $_->{subject} eq $point } $h->messages;
    is scalar(grep { $_ > 1 } values %got), 0, 'nobody gets two';
    is $s->{sent} + $s->{uncertain}, 100, 'everybody is sent or uncertain';
    cmp_ok $s->{uncertain}, '<=', 4, 'no more than connections were open';
    my $sent = 0;
    for (my $page = {}; ; ) {
        $page = $h->call('campaigns_recipients', { id => $c, state => 'sent',
            limit => 60, $page->{next} ? (cursor => $page->{next}) : () });
        $sent += grep { $got{ $_->{email} } } @{ $page->{items} };
        last if !$page->{next};
    }
    is $sent, $s->{sent}, 'whoever is called sent has his message';
}

done_testing;
