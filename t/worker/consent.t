#!/usr/bin/perl
# Evidence of consent: each change of it, with when, how and what was agreed to.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
my @once = qw(worker jobs --once);
$h->godwit(@once);
sub shown { my ($id) = @_;
    return [ map { join ' ', map { $_ // '-' } @$_{qw(channel consent source object text)} }
        @{ $h->call('contacts_export', { id => $id })->{consents} } ] }

my %evidence = (consent_evidence => { at => '2026-01-02T03:04:05Z', source => 'form', text => 'Yes.' });
my $ann = $h->call('contacts_create', { email => 'ann@example.com', consent => { email => 'granted' }, %evidence });
is_deeply shown($ann->{id}), ['email granted form - Yes.'], 'of a new contact';
is $h->call('contacts_export', { id => $ann->{id} })->{consents}[0]{at}, '2026-01-02T03:04:05+00:00',
    'as of when he said so';
$h->call('contacts_update', { id => $ann->{id}, first_name => 'Ann', consent => { email => 'granted' } });
is scalar @{ shown($ann->{id}) }, 1, 'what changes nothing needs none';
$h->call('contacts_update', { id => $ann->{id}, consent => { email => 'granted', sms => 'revoked' }, %evidence });
is_deeply shown($ann->{id}), [ 'email granted form - Yes.', 'email granted form - Yes.',
    'sms revoked form - Yes.' ], 'said again, with evidence, it is kept';
my ($code, $doc) = $h->try('contacts_update', { id => $ann->{id}, consent_evidence => { when => 1 } });
is $code, 1, 'a word that is none is refused';

# ---- a file: of new people, and of those who are there; one after the other
sub import_now { my ($text) = @_; my $i = import_upload($h, $text); $h->godwit(@once); return $i->{id} }
my $one = import_now("email,consent_email,consent_sms\nbob\@example.com,granted,\n"
    . "eve\@example.com,,\n");
my $two = import_now("email,consent_email,consent_voice\nbob\@example.com,revoked,granted\n"
    . "ann\@example.com,granted,\n");
import_now("email,first_name\nbob\@example.com,Bob\n");
my %id = map { $_->{email} => $_->{id} } @{ $h->call('contacts_list')->{items} };
is_deeply shown($id{'bob@example.com'}), [ "email granted import $one -", "email revoked import $two -",
    "voice granted import $two -" ], 'names the import';
is_deeply shown($id{'eve@example.com'}), [], 'who said nothing has none';
is scalar @{ shown($ann->{id}) }, 3, 'nor who said what is known';

done_testing;
