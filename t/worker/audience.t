#!/usr/bin/perl
# The audience is who was on the list at the start; what he is worth is asked
# when his mail is due.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.com" })->{id} }
    qw(stays leaves deleted suppressed revoked nomail moved late);
my @first = grep { $_ ne 'late' } sort keys %id;
$h->call('lists_add', { id => $list, contact_ids => [ @id{@first} ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com',
    subject => 's', html => '<p>x</p>' })->{id};
$h->call('campaigns_start', { id => $c });

sub stats {
    my $s = $h->call('campaigns_stats', { id => $c });
    return { map { $_ => $s->{$_} } qw(audience queued in_flight sent failed suppressed invalid
        not_rendered uncertain) };
}
my %all = (audience => 7, in_flight => 0, failed => 0, not_rendered => 0, uncertain => 0);

$h->call('lists_add', { id => $list, contact_ids => [ $id{late} ] });
$h->call('suppressions_create', { email => 'Suppressed@example.com', reason => 'complaint' });
my $who = q{godwit.id_text('ct', %s) = ?};
$h->dbh->do("$_->[0] " . sprintf($who, $_->[2] // 'id'), undef, $id{ $_->[1] }) for
    [ 'delete from godwit.list_members where', 'leaves', 'contact_id' ],
    [ 'delete from godwit.contacts where', 'deleted' ],
    [ 'update godwit.contacts set consent_email = 2 where', 'revoked' ],
    [ 'update godwit.contacts set email = null where', 'nomail' ],
    [ q{update godwit.contacts set email = 'new@example.com' where}, 'moved' ];
is_deeply stats(), { %all, queued => 7, sent => 0, suppressed => 0, invalid => 0 },
    'what happens after the start changes no count';

is +($h->godwit(qw(worker mail --once)))[0], 0, 'the campaign is sent';
is_deeply stats(), { %all, queued => 0, sent => 3, suppressed => 2, invalid => 2 },
    'each has his state, and they sum to the audience';
is_deeply [ sort map { @{ $_->{rcpt} } } $h->messages ],
    [ map { "$_\@example.com" } qw(leaves new stays) ],
    'who left the list is sent to, who came is not, a new address is the one';
is_deeply { map { $_->{contact_id} => "$_->{state}: $_->{reason}" }
    grep { $_->{reason} } @{ $h->call('campaigns_recipients', { id => $c })->{items} } },
    { $id{deleted} => 'invalid: the contact is gone',
    $id{nomail} => 'invalid: the contact has no e-mail address',
    $id{suppressed} => 'suppressed: complaint',
    $id{revoked} => 'suppressed: consent is revoked' }, 'those who got nothing know why';
my ($code, $doc) = $h->try('campaigns_why', { id => $c, email => 'late@example.com' });
is $doc->{error}{code}, 'not_found', 'who came after the start is not in it';

done_testing;
