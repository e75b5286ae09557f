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
like $r->{headers}{'content-security-policy'}, qr/^sandbox .*default-src 'none'.*frame-ancestors 'none'/,
    'nothing in it may run, and nobody frames it';
is $r->{headers}{'referrer-policy'}, 'no-referrer', 'nobody learns its address';
is $r->{headers}{'x-content-type-options'}, 'nosniff', 'it is HTML and nothing else';
is get($h, '/v/' . token($h, %t, contact => 9))->{status}, 404, 'a stranger';
is get($h, '/v/' . token($h, %t, what => 'open'))->{status}, 404,
    'another token';

# more templates than a process keeps, each of its own length or of that of another
my $v = '/v/' . token($h, %t);
sub html { $h->dbh->do('update godwit.template_versions set html_tracked = ?', undef, $_[0]) }
for my $n ((1 .. 20) x 2, 20) {
    html("{{ contact.id }} reads $n");
    is get($h, $v)->{body}, "ct_1 reads $n", "template $n";
}

# what cannot be rendered is said, and is no broken link
$h->expect(qr/cannot be rendered/);
html("ok\n{% if %}");
$r = get($h, $v);
is $r->{status}, 500, 'a template that is wrong';
like $r->{body}, qr/This does not work just now/, 'is not the link\'s fault';
html('x' x 2_200_000);
is get($h, $v)->{status}, 500, 'one that is too long';
my ($one, $two) = grep { /view:/ } split /\n/, slurp($h->state . '/log/nginx.log');
like $one, qr/campaign 1 of tenant 1 cannot be rendered: line 2: \w.*[^"]\z/, 'why';
unlike $one, qr/client:|\/v\//, 'and no token';
like $two, qr/cannot be rendered: line 0: /, 'both times';
done_testing;
