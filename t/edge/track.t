#!/usr/bin/perl
# The tracking paths: what they answer, what they store, what they refuse.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_interval 20ms;');
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
    fixed) values (1, 7, 0, 'https://shop.example/a?b=1', true),
    (1, 7, 1, 'javascript:alert(1)', true),
    (1, 7, 2, E'https://x.example/\r\nSet-Cookie: a', true)});
$h->nginx;
my @before = edge_pids($h);

my %t = (campaign => 7, contact => 3);
my $open = token($h, what => 'open', %t);
my $r = get($h, "/o/$open");
is $r->{status}, 200, 'the pixel';
is length $r->{body}, 43, 'of 43 bytes';
is $r->{headers}{'content-type'}, 'image/gif', 'a GIF';
is $r->{headers}{'cache-control'}, 'no-store, private', 'never cached';
is http($h, 'HEAD', "/o/$open")->{status}, 200, 'HEAD';
is http($h, 'POST', "/o/$open", body => 'x')->{status}, 405, 'POST is not';

my $bad = $open =~ s/^(.{10})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/er;
for my $token ($bad, substr($open, 0, 40), "${open}A", '', 'x' x 5000,
    token($h, what => 'click', %t)) {
    my $r = get($h, "/o/$token");
    ok $r->{status} == 200 && length $r->{body} == 43,
        'a bad token gets the same pixel';
    like get($h, "/c/$token")->{body}, qr{^<!doctype html>.*<h1>This link is not valid</h1>}s,
        'and the same 404' if $token !~ /^.{54}$/ || $token eq $bad;
}

my $click = token($h, what => 'click', link => 0, %t);
$r = get($h, "/c/$click");
is "$r->{status} $r->{headers}{location}", '302 https://shop.example/a?b=1',
    'a link that Postgres knows';
is $r->{body}, '', 'without a body';
my $url = token($h, what => 'click', url => 'https://t.example/?n=Ann', %t);
is get($h, "/c/$url")->{headers}{location}, 'https://t.example/?n=Ann',
    'a link that the token carries';
for my $link (1, 2, 9) {
    is get($h, '/c/' . token($h, what => 'click', link => $link, %t))
        ->{status}, 404, 'no redirect to anything else';
}

my $u = token($h, what => 'unsubscribe', %t);
$r = get($h, "/u/$u");
like $r->{body}, qr/<button type="submit">Unsubscribe/, 'GET asks';
like $r->{headers}{'content-security-policy'}, qr/default-src 'none'/,
    'under a strict policy';
$r = post($h, "/u/$u", 'List-Unsubscribe=One-Click');
is $r->{status}, 200, 'POST is durable';
my $p = token($h, what => 'preferences', %t);
is post($h, "/p/$p", 'subscribe=1')->{status}, 200, 'a preference is kept';
is post($h, "/p/$p", "subscribe=1\0$_")->{status}, 400,
    'a body that only begins like one is not' for '', 'x' x 8, 'x' x 60000;
is post($h, "/p/$p", 'x')->{headers}{'cache-control'}, 'no-store, private',
    'nor is that kept anywhere';
$h->call('contacts_create', { email => 'a@example.com' });
my $mine = '/p/' . token($h, what => 'preferences', campaign => 7, contact => 1);
like get($h, $mine)->{body}, qr/You get mail from/, 'what a contact gets';
$h->call('suppressions_create', { email => 'a@example.com' });
like get($h, $mine)->{body}, qr/You get no mail from/, 'and no more';
is get($h, "/u/$open")->{status}, 404, 'a pixel token opens nothing else';
is post($h, "/u/$bad")->{status}, 404, 'nor does a bad one';

my ($metrics) = get($h, '/metrics')->{body};
like $metrics, qr/^godwit_opens_total 2$/m, 'opens are counted';
like $metrics, qr/^godwit_events_dropped_total 0$/m, 'none was dropped';

is_deeply [ edge_pids($h) ], \@before, 'by the same workers';
# probes that cost a query or tell of the house are for this machine alone
for my $path ('/readyz', '/metrics') {
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port,
        LocalAddr => '127.0.0.2');
    print $s "GET $path HTTP/1.0\r\n\r\n";
    like <$s>, qr/ 403 /, "$path: not for others";
}
$h->expect(qr/access forbidden by rule/);

# what the access log keeps of an address
my $file = $h->state . '/conf/nginx.conf';
spew($file, slurp($file) =~ s/map \$remote_addr/map \$arg_a/r
    =~ s/(?=location = \/healthz)/location = \/a { return 200 \$godwit_addr; } /r);
kill HUP => $h->{nginx};
wait_for { my @now = edge_pids($h); @now == 1 && $now[0] != $before[0]
    && get($h, '/a')->{status} == 200 } 5, 'nginx with another map';
my %kept = ('192.0.2.77' => '192.0.2.0', '2a00:1:2:3:4:5:6:7' => '2a00:1:2::',
    '2a00::5' => '2a00::', '2a00:1::5' => '2a00:1::', '2a00:1:2::5' => '2a00:1:2::',
    '::1' => '-', '::ffff:192.0.2.77' => '-', 'fe80::1' => 'fe80::', 'unix:' => '-');
is get($h, "/a?a=$_")->{body}, $kept{$_}, "of $_" for sort keys %kept;
done_testing;
