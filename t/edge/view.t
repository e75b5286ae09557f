#!/usr/bin/perl
# View in browser: the recipient's own mail, links signed anew, nothing runs.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $list = $h->call('lists_create', { name => 'l' })->{id};
$h->call('contacts_create', { email => 'a@example.com', first_name => '<b>Ann' });
$h->call('lists_add', { id => $list, contact_ids => ['ct_1'] });
$h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'a@example.com', subject => 's', html => 'Dear {{ contact.first_name }}, '
    . '<a href="https://x.example/{{ contact.id }}">go</a> '
    . '<a data-godwit-track="off" href="{{ unsubscribe_url }}">out</a>' });
$h->call('campaigns_start', { id => 'cmp_1' });
$h->nginx;

my %t = (what => 'view', campaign => 1, contact => 1);
my $r = get($h, '/v/' . token($h, %t));
is $r->{status}, 200, 'the page';
like $r->{body}, qr/Dear &lt;b&gt;Ann, /, 'is personalised and escaped';
my ($click) = $r->{body} =~ m{href="http://[^/]+(/c/[\w-]+)"};
is get($h, $click)->{headers}{location}, 'https://x.example/ct_1',
    'its links work';
my ($u) = $r->{body} =~ m{href="http://[^/]+(/u/[\w-]+)"};
is get($h, $u)->{status}, 200, 'so does the way out';
like $r->{headers}{'content-security-policy'}, qr/^sandbox .*default-src 'none'/,
    'nothing in it may run';
is get($h, '/v/' . token($h, %t, contact => 9))->{status}, 404, 'a stranger';
is get($h, '/v/' . token($h, %t, what => 'open'))->{status}, 404,
    'another token';
done_testing;
