#!/usr/bin/perl
# Addresses with an international domain: kept in A-labels, whoever writes them
# how, so that one is one person; SMTPUTF8 is for a local part that needs it.
use strict;
use warnings;
use utf8;
use Encode qw(encode);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
$h->nginx;
my $list = $h->call('lists_create', { name => 'l' })->{id};
my @ct = map { $h->call('contacts_create', { email => $_ })->{id} }
    'a@Bücher.example', 'jörg@straße.example', 'b@bücher.example';
is $h->call('contacts_get', { id => $ct[1] })->{email}, 'jörg@xn--strae-oqa.example', 'it is kept in A-labels';
is api($h, POST => '/contacts', json => { email => 'a@xn--bcher-kva.example' })->{status}, 409, 'one person';
is api($h, POST => '/suppressions', json => { email => 'b@BÜCHER.example', reason => 'manual' })->{status}, 201, 'stopped';
$h->call('lists_add', { id => $list, contact_ids => \@ct });
my $id = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com',
    subject => 's', html => 'h' })->{id};
$h->call('campaigns_start', { id => $id });
is(($h->godwit({}, 'worker', 'mail', '--once'))[0], 0, 'the role runs once');
is_deeply [ sort map { $_->{rcpt}[0] } $h->messages ], [ 'a@xn--bcher-kva.example', 'jörg@xn--strae-oqa.example' ],
    'so it goes over the wire, and not to who is stopped';

# what IDNA would make a mark of SMTP, another mailbox or a number of
for ('x@evil.com＞\x{a0}BODY＝8BITMIME', 'joe@victim.com＠evil.com', 'x@a℀.com', 'x@☺.', "x\@a\x{202e}.example", 'x@ä..b') {
    my (undef, $doc) = $h->try('contacts_create', { email => $_ });
    is_deeply [ @{ $doc->{error} }{qw(code field message)} ],
        [ 'invalid', 'email', '"email" has a domain that IDNA 2008 does not allow' ], 'refused';
}
my $r = api($h, PATCH => "/contacts/$ct[0]", json => { email => 'x@a＞b' });
is problem($r), '422 invalid', 'by the edge as well';
done_testing;
