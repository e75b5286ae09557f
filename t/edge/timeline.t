#!/usr/bin/perl
# What is known of a person is told by kinds, each to who may read it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $ann = $h->call('contacts_create', { email => 'ann@example.com', consent => { email => 'granted' } })->{id};
$h->call('notes_create', { contact_id => $ann, text => 'Likes tea.' });
$h->call('merges_create', { into => $ann, contact_id => $h->call('contacts_create', { email => 'a@example.org' })->{id} });
my $list = $h->call('lists_create', { name => 'News', double_opt_in => \1 })->{id};
$h->call('lists_subscribe', { id => $list, contact_id => $ann });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => 'h' })->{id};
# beside what is hers what others of this and of another workspace did
$h->dbh->do($_, undef, $c =~ s/\D//gr) for map { my ($tenant, $contact) = @$_;
    "insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values ($tenant, ?, $contact, '2026-01-01Z', 2)",
    "insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind) values ($tenant, '2026-01-02Z', ?, $contact, 1)",
    "insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
        select $tenant, '2026-01-03Z', $contact, 1, 'bought', '{}', 1, '2026-01-03Z' where ? > ''" } [ 1, 1 ], [ 1, 99 ], [ 2, 1 ];

sub told { my ($scopes, $query) = @_;
    my $r = api($h, GET => "/contacts/$ann/timeline" . ($query // ''), key => $h->call('keys_create', { scopes => $scopes })->{key});
    my %n;
    $n{ $_->{kind} }++ for @{ $r->{json}{items} // [] };
    return $r->{status} == 200 ? join ' ', map { "$_ $n{$_}" } grep { $_ ne 'audit' } sort keys %n : problem($r) }
my $base = 'consent 1 merge 1 note 1';
is told(['contacts:read']), $base, 'of the contact itself';
is told([ 'contacts:read', 'events:read' ]), 'consent 1 event 1 merge 1 note 1 tracked 1', 'what it did';
is told([ 'contacts:read', 'sends:read' ]), "$base send 1", 'what was sent to it';
is told([ 'contacts:read', 'messages:read' ]), $base, 'messages are of conversations';
is told([ 'contacts:read', 'messages:read', 'conversations:read' ]), 'consent 1 merge 1 message 1 note 1', 'so both are needed';
$h->call('lists_add', { id => $list, contact_ids => [$ann] });
$h->call('analytics_convert', { contact_id => $ann, name => 'Order', value => '5' });
$h->call('segments_create', { name => 'all', predicate => { field => 'email', op => 'set' } });
$h->godwit(qw(worker segments --once));
is told([ 'contacts:read', 'lists:read', 'segments:read', 'analytics:read' ]),
    'consent 1 conversion 1 list 1 merge 1 note 1 segment 1', 'where it is, and what it was worth';
is_deeply [ map { "$_->{what} $_->{data}{name}" } map { @{ $h->call('contacts_timeline', { id => $ann, kind => $_ })->{items} } }
    qw(conversion event list segment send) ], [ 'Order Order', 'open c', 'joined News', 'entered all', 'sent c' ], 'by their names';
is told(['contacts:read'], '?kind=event'), '403 forbidden', 'who may not read a kind is told so';
is told(['events:read']), '403 forbidden', 'a contact is to be read first';
done_testing;
