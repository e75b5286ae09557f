#!/usr/bin/perl
# The app in a real browser, over real nginx, worker and Postgres: somebody comes
# in, brings contacts, starts a campaign and watches it; every page in both
# themes, wide and narrow, without a fault of accessibility; and its bytes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Browser;
use Godwit::Edge;
use Godwit::Login;

my $node = chromium();
my $out = `cd html && $node node_modules/vitest/vitest.mjs run --reporter=tap-flat 2>&1`;
is $?, 0, 'its logic' or diag $out;

# ---- how it is served
my $h = Godwit->new(conf => 'spool_segment 1m;');
my $sink = $h->sink;
$h->configure("smart_host 127.0.0.1:$sink; drain_interval 50ms;");
$h->nginx(app => 1);
sub head { my ($path, @names) = @_; my $r = get($h, $path, 'Accept-Encoding' => 'gzip');
    return join ' ', $r->{status}, map { $_ // '-' } @{ $r->{headers} }{@names} }
is head('/', 'location') =~ s{http://[^/]*}{}r, '302 /app/', 'the house opens onto it';
is head('/app/ws_1/campaigns/cmp_1', qw(content-type cache-control content-encoding)),
    '200 text/html; charset=utf-8 no-cache gzip', 'a page deep in it';
my %policy = map { my ($name, @words) = split; $name => "@words" }
    split /; */, get($h, '/app/')->{headers}{'content-security-policy'};
is_deeply [ @policy{qw(default-src script-src style-src frame-ancestors)} ],
    [ ("'self'") x 3, "'none'" ], 'a strict policy';
is head('/app/', map { lc } qw(Cross-Origin-Opener-Policy Referrer-Policy X-Content-Type-Options)),
    '200 same-origin same-origin nosniff', 'no window of others holds it, and its paths stay here';
like head('/app/preview.html', 'content-security-policy'), qr/default-src 'none'.*sandbox allow-scripts$/,
    'the frame of a mail has no origin';
my ($script) = get($h, '/app/')->{body} =~ m{src="(/app/assets/[^"]+\.js)"};
is head($script, qw(content-type cache-control content-encoding)),
    '200 text/javascript public, max-age=31536000, immutable gzip', 'a part is kept for ever';
is head($_), 404, "not $_" for qw(/app/assets/gone.js /app/.vite/manifest.json /app/.made);

# ---- in the browser
my (undef, $link) = $h->godwit(qw(user link --owner --workspace 1));
user($h, 'vic@example.com', password => 'forty two white geese', role => 'viewer');
spew($h->state . '/contacts.csv', join '', "E-mail,Vorname,plan\n",
    map({ "p$_\@example.com,P$_,gold\n" } 1 .. 300), "nobody,Bad,none\n");
$h->godwit(qw(worker jobs --once));
$h->spawn('worker', $_) for qw(cache ingest mail jobs segments);
wait_for { -l $h->state . '/cache/current' } 10;

chomp $link;
my $n = journey($h, 'journey.mjs', env => { GODWIT_LINK => $link, GODWIT_CSV => $h->state . '/contacts.csv' });
cmp_ok $n, '>', 20, 'with all that it looks at';
wait_for { $h->messages == 601 } 10, 'everybody has got both, and a test of a template';
done_testing;
