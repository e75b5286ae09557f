#!/usr/bin/perl
# Addresses with an international domain: A-labels on the wire, and SMTPUTF8
# only for a local part that needs it; templates see the address as it is.
use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
my $list = $h->call('lists_create', { name => 'l' })->{id};
my @ct = map { $h->call('contacts_create', { email => $_ })->{id} }
    'a@Bücher.example', 'jörg@straße.example', 'b@☺‮.example';
$h->call('lists_add', { id => $list, contact_ids => \@ct });
my $id = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com',
    subject => 's', html => 'To {{ contact.email }}' })->{id};
$h->call('campaigns_start', { id => $id });
is(($h->godwit({}, 'worker', 'mail', '--once'))[0], 0, 'the role runs once');

my %mail = map { $_->{rcpt}[0] => decode('UTF-8', slurp($_->{file})) } $h->messages;
my $to = 'a@xn--bcher-kva.example';
like $mail{$to}, qr/^To: <\Q$to\E>\r$/m, 'on the wire and in To in A-labels';
like $mail{$to}, qr/To a\@B=C3=BCcher\.example/, 'for the template it is as it was';
is_deeply [ map { $h->call('campaigns_why', { id => $id, email => $_ })->{reason} // 'sent' }
    'a@bücher.example', 'b@☺‮.example' ],
    [ 'sent', 'the domain of the address is none that IDNA 2008 allows' ], 'no domain at all';
my $why = $h->call('campaigns_why', { id => $id, email => 'jörg@straße.example' });
ok exists $mail{encode('UTF-8', 'jörg@xn--strae-oqa.example')} || exists $mail{'jörg@xn--strae-oqa.example'}
    || $why->{reason} eq 'an address needs SMTPUTF8, which the server lacks', 'SMTPUTF8 for the local part'
    or diag explain [ $why, keys %mail ];

my (undef, $doc) = $h->try('campaigns_create', { name => 'c', list_id => $list, from => 'a@bücher.example',
    subject => 's', html => 'h' });
is $doc->{error}{message}, 'the domain of "from" goes into signatures: write its ASCII form, xn--...', 'a sender';
done_testing;
