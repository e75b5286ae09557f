#!/usr/bin/perl
# The script of a site in a real browser: from the click in a mail to whose visit
# it was; forms without what is secret; nothing of who does not want it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my ($chromium) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser)
    or plan skip_all => 'there is no Chromium';

my $h = Godwit->new(conf => 'drain_interval 20ms;');
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
my $ann = $h->call('contacts_create', { email => 'ann@example.com' })->{id} =~ s/ct_//r;
my $at = 'http://127.0.0.1:' . $h->port;
my $pages = $h->state . '/pages';
mkdir $pages;

# it comes from another origin than the page, as it does
sub page {
    my ($name, $attributes, $then, $before) = @_;
    spew("$pages/$name.html", "<!doctype html><title>$name</title><script>@{[ $before // '' ]}</script>"
        . "<script src='http://localhost:@{[ $h->port ]}/gw.js' data-key='$key' $attributes></script>"
        . "<form data-gw='Signed up' onsubmit='return false'><input name=email value=a\@b.example>"
        . "<input type=password name=secret value=1><input type=hidden name=token value=2>"
        . "<input name=card autocomplete=cc-number value=4111><input type=checkbox name=news value=no>"
        . "<input type=checkbox name=terms value=yes checked></form><script>onload = () => { $then }</script>");
}
my $go = 'location = "/pages/%s.html"';   # at once: what was told goes its way
page(shop => '', 'gw.track("Looked", { price: 9.5 }); history.pushState(0, "", "/pages/two.html");'
    . 'document.forms[0].requestSubmit();' . sprintf $go, 'gpc');
my $says = 'Object.defineProperty(navigator, "%s", { value: %s })';
page(gpc => '', 'gw.track("Unwanted");' . sprintf($go, 'dnt'), sprintf $says, 'globalPrivacyControl', 'true');
page(dnt => '', 'gw.track("Unwanted");' . sprintf($go, 'consent'), sprintf $says, 'doNotTrack', '"1"');
page(consent => 'data-consent', 'gw.track("Early"); gw.consent(); gw.identify("u1", { plan: "gold" }); gw.track("Last")');
Godwit::Postgres::own($pages, glob "$pages/*");
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    values (1, 7, 0, ?, true)}, undef, "$at/pages/shop.html#gw=");
$h->nginx(more => "location /pages/ { alias $pages/; default_type text/html; types { } }");
$h->spawn('worker', 'ingest');

my $r = get($h, '/gw.js');
is "$r->{status} @{ $r->{headers} }{qw(content-type cache-control)}",
    '200 text/javascript public, max-age=3600', 'the script';
cmp_ok length $r->{body}, '<=', 2048, 'of 2 KB';
is get($h, '/gw.js', 'If-None-Match' => $r->{headers}{etag})->{status}, 304, 'is asked again only if it changed';

my $first = '/c/' . token($h, what => 'click', campaign => 7, contact => $ann);
$h->expect(qr/ERROR:\w+\//);              # of a browser without a desktop
$h->spawn({ program => [$chromium], log => 'chromium' }, '--headless=new', '--no-sandbox', '--disable-gpu',
    '--disable-dev-shm-usage', '--no-first-run', '--remote-debugging-port=0', '--user-data-dir=' . $h->state
    . '/chromium', $at . $first);
wait_for { $h->value(q{select count(*) from godwit.tracked where name = 'Last'}) } 30, 'it ran to its end'
    or diag explain $h->rows('select name from godwit.tracked');

wait_for { $h->value('select count(*) from godwit.tracked') == 6 } 5, 'all of it came';
my $seen = $h->rows(q{select name, properties, url, contact_id from godwit.tracked order by url});
is_deeply [ sort map { $_->{name} } @$seen ], [ sort 'page', 'Looked', 'page', 'Signed up', 'page', 'Last' ],
    'page views, a form, what the page told of; nothing unwanted and nothing without consent';
my %by = map { $_->{name} => $_ } @$seen;
is $by{Looked}{properties}, '{"price": 9.5}', 'as it was told';
is_deeply JSON::PP::decode_json($by{'Signed up'}{properties}), { email => 'a@b.example', terms => 'yes' },
    'of the form what is no secret';
is_deeply [ map { $_->{url} } grep { $_->{name} eq 'page' } @$seen ],
    [ map { "$at/pages/$_.html" } qw(consent shop two) ], 'the address without the token';
wait_for { $ann == ($h->value('select min(contact_id) from godwit.tracked where contact_id is not null') // 0) } 5;
is_deeply [ map { $_->{contact_id} } grep { $_->{name} ne 'Last' && $_->{url} !~ /consent/ } @$seen ],
    [ ($ann) x 4 ], 'all of it is hers, whose mail it was' or diag explain $seen;

done_testing;
