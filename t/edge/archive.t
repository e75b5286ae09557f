#!/usr/bin/perl
# Public campaigns: a page each, a list and a feed, for anybody and of nobody.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $list = $h->call('lists_create', { name => 'l' })->{id};
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
$h->call('contacts_create', { email => 'a@example.com', first_name => 'Ann' });
$h->call('lists_add', { id => $list, contact_ids => ['ct_1'] });
my ($may, $june) = map { $h->call('campaigns_create', { name => "secret $_", list_id => $list, from => 'a@example.com',
    subject => 's', utm => { source => 'mail' }, html => "<p>Dear {{ contact.first_name | default: 'friend' }}, $_ "
    . '<a href="https://x.example/a">go</a> <a href="{{ unsubscribe_url }}">out</a> {{ contact.email }}</p>' })->{id} } qw(May June);
$h->call('campaigns_start', { id => $_ }) for $may, $june;
$h->nginx;
sub page { my ($path, @words) = @_; return get($h, "/archive/$path", @words) }
sub ends { $h->dbh->do(q{update godwit.campaigns set state = 'finished', finished_at = ? where godwit.id_text('cmp', id) = ?}, undef, @_[1, 0]) }

ends($may, '2031-05-01T10:00:00Z');
is page("ws_1/$may")->{status}, 404, 'one that is not public';
is page('ws_1/')->{status}, 404, 'and no list of none';
$h->call('campaigns_publish', { id => $may, title => 'May & <b>' });
$h->call('campaigns_publish', { id => $june, title => 'June' });
my $r = page("ws_1/$may");
is $r->{status}, 200, 'a page';
like $r->{body}, qr{^<p>Dear friend, May <a href="https://x.example/a">go</a> <a href="">out</a> </p>}, 'without a contact, its links as they were written';
unlike $r->{body}, qr{/[ocuvps]/[\w-]{40}}, 'no token of anybody';
like $r->{headers}{'content-security-policy'}, qr/^sandbox .*default-src 'none'.*frame-ancestors 'none'/, 'nothing in it may run';
is page("ws_1/$june")->{status}, 404, 'one that is not finished';
ends($june, '2031-06-01T10:00:00Z');
is page("ws_1/$june")->{status}, 200, 'once it is';

$r = page('ws_1/');
like $r->{body}, qr{<li><a href="http://[^"]+/archive/ws_1/$june"><bdi>June</bdi></a> <time>2031-06-01</time></li>\n<li>.*May &amp; &lt;b&gt;}, 'the list, newest first';
unlike $r->{body}, qr/secret/, 'without the names that are for the house';
like $r->{headers}{'content-security-policy'}, qr/^default-src 'none'; style-src/, 'nothing in it may run';
my ($link) = $r->{body} =~ m{href="http://[^/]+(/archive/ws_1/$may)"};
is get($h, $link)->{status}, 200, 'its links work';
$r = page('ws_1/feed.xml');
like $r->{headers}{'content-type'}, qr{^application/rss\+xml}, 'a feed';
like $r->{body}, qr{^<\?xml version="1.0" encoding="utf-8"\?>\n<rss version="2.0">\n<channel>\n<title>.+</title>\n<link>http://.+/archive/ws_1/</link>}, 'RSS 2.0';
like $r->{body}, qr{<item>\n<title>May &amp; &lt;b&gt;</title>\n<link>(http://[^<]+/$may)</link>\n<guid>\1</guid>\n<pubDate>Thu, 01 May 2031 10:00:00 GMT</pubDate>\n</item>},
    'with its items';

is page($_)->{status}, 404, "/archive/$_" for '', 'ws_1', 'ws_2/', "ws_2/$may", 'ws_1/cmp_0', 'ws_1/cmp_9', 'ws_0/', 'ws_99999999999/', 'ws_1/x', 'ws_1/feed.xml/';
is http($h, 'POST', "/archive/ws_1/$may", body => 'x')->{status}, 405, 'it is read alone';
$h->dbh->do(q{update godwit.campaigns set started_at = null where godwit.id_text('cmp', id) = ?}, undef, $june);
is page("ws_1/$june")->{status}, 404, 'nor one whose rule has ended: it was never sent';
unlike page('ws_1/')->{body}, qr/June/, 'and is not in the list';

$h->dbh->do(q{update godwit.campaigns set test = true, started_at = created_at where godwit.id_text('cmp', id) = ?}, undef, $june);
is page("ws_1/$june")->{status}, 404, 'nor a test';
unlike page('ws_1/')->{body}, qr/June/, 'which is not in the list';

my $won = $h->call('campaigns_create', { name => 'x', list_id => $list, from => 'a@example.com', subject => 's', html => '<p>aye</p>',
    experiment => { test => 100, variants => [ { name => 'A' }, { name => 'B', html => '<p>bee</p>' } ] } })->{id};
$h->call('campaigns_start', { id => $won });
ends($won, '2031-07-01T10:00:00Z');
$h->dbh->do('update godwit.experiments set winner = 1');
$h->call('campaigns_publish', { id => $won, title => 'x' });
like page("ws_1/$won")->{body}, qr/^<p>bee/, 'of an experiment what has won';
$h->call('campaigns_unpublish', { id => $may });
is page("ws_1/$may")->{status}, 404, 'no more';
unlike page('ws_1/')->{body}, qr/May/, 'nor in the list';
done_testing;
