#!/usr/bin/perl
# Contacts, lists and suppressions: what goes in, what comes out, what is
# refused and in which words.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;

my $ann = $h->call('contacts_create', { email => 'Ann@Example.com',
    first_name => 'Ann', attributes => { plan => 'gold' },
    consent => { email => 'granted' } });
is $ann->{id}, 'ct_1', 'an id with its prefix';
is $ann->{consent}{email}, 'granted', 'consent';
is $h->call('contacts_get', { id => 'ct_1' })->{attributes}{plan}, 'gold',
    'custom attributes';
is $h->call('contacts_list', { email => 'ann@example.COM' })->{items}[0]{id},
    'ct_1', 'found in any case';

$h->refused('contacts_create', { email => 'ann@example.com' }, 'conflict', 'email',
    'a contact with this e-mail address is there already');
$h->refused('contacts_create', { email => 'no' }, 'invalid', 'email',
    '"email" is not an e-mail address: no');
$h->refused('contacts_create', {}, 'invalid', 'email',
    'a contact needs "email", "phone" or "external_id"');
$h->refused('contacts_create', { email => 'b@c.de', frist_name => 'x' }, 'invalid',
    'frist_name', 'there is no field "frist_name"; near it: first_name, last_name');
$h->refused('contacts_create', { email => "b\@c.de\nBcc: x\@y.z" }, 'invalid',
    'email', '"email" holds a line break or a tab');
$h->refused('contacts_get', { id => 'ct_9' }, 'not_found', 'id',
    'there is no contact ct_9');
$h->refused('contacts_get', { id => 'lst_1' }, 'invalid', 'id',
    '"id" must be an id like ct_1');

my $list = $h->call('lists_create', { name => 'All' })->{id};
$h->refused('lists_create', { name => 'All' }, 'conflict', 'name',
    'a list named "All" is there already');
is $h->call('lists_add', { id => $list, contact_ids => ['ct_1', 'ct_1'] })
    ->{members}, 1, 'a member counts once';
is $h->call('lists_add', { id => $list, contact_ids => ['ct_1'] })->{added}, 0,
    'nor twice';
$h->refused('lists_add', { id => $list, contact_ids => ['ct_7'] }, 'not_found',
    'contact_ids', 'there is no contact ct_7');

$h->call('contacts_create', { email => "p$_\@example.com" }) for 1 .. 5;
my $page = $h->call('contacts_list', { limit => 4 });
is scalar @{ $page->{items} }, 4, 'a page';
$page = $h->call('contacts_list', { limit => 4, cursor => $page->{next} });
ok @{ $page->{items} } == 2 && !defined $page->{next}, 'the last page';

my $s = $h->call('suppressions_create', { email => ' P1@example.com' });
is $s->{reason}, 'manual', 'a suppression';
is $h->call('suppressions_create', { email => 'p1@example.com',
    reason => 'complaint' })->{id}, $s->{id}, 'one for each address';
is $h->value(q{select count(*) from godwit.change_log
    where kind = 'suppression'}), 1, 'is told to those who listen, once';
is $h->value(q{select count(*) from godwit.audit
    where operation = 'suppressions_create'}), 2, 'and audited';

done_testing;
