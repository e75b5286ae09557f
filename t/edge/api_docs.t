#!/usr/bin/perl
# /openapi.json and /docs need no database and no other host.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $conf = $h->state . '/conf/godwit.conf';
spew($conf, slurp($conf) =~ s{database ".*"}{database "host=/nowhere dbname=x"}r);
$h->nginx;
my $r = api($h, GET => '/openapi.json', key => '');
is "$r->{status} $r->{headers}{'content-type'}", '200 application/json', 'the document';
is $r->{json}{openapi}, '3.1.0', 'OpenAPI 3.1';
ok $r->{json}{paths}{'/api/v1/lists'}{post}, 'with its operations';
unlike $r->{body}, qr/"x-(?:handler|pool)"/, 'without what is ours';
my $tag = $r->{headers}{etag};
is api($h, GET => '/openapi.json', key => '', headers => { 'If-None-Match' => $tag })->{status},
    304, 'not sent twice';
is problem(api($h, POST => '/openapi.json', body => 'x', key => '')), '405 method_not_allowed', 'to be read';
my $zip = api($h, GET => '/openapi.json', key => '', headers => { 'Accept-Encoding' => 'gzip' });
is $zip->{headers}{'content-encoding'}, 'gzip', 'compressed where that is wanted';
ok length $zip->{body} < length($r->{body}) / 3, 'which is worth it';

my $page = get($h, '/docs/');
is $page->{status}, 200, 'the page';
is get($h, '/docs')->{headers}{location} =~ s{^http://[^/]*}{}r, '/docs/', 'also without the slash';
my %policy = map { my ($name, @words) = split; $name => "@words" }
    split /; */, $page->{headers}{'content-security-policy'};
is_deeply \%policy, { 'default-src' => "'none'", 'base-uri' => "'none'", 'form-action' => "'none'",
    'frame-ancestors' => "'none'", map { ("$_-src" => "'self'") } qw(script style connect img) },
    'a strict policy';
is_deeply [ @{$page->{headers}}{qw(referrer-policy x-content-type-options cache-control)} ],
    [ 'no-referrer', 'nosniff', 'no-cache' ], 'and its neighbours';
my $problems = get($h, '/docs/problems');
is $problems->{status}, 200, 'the page of problems';
my @codes = slurp('shm/gw_problem.c') =~ /^    \{ "([a-z_]+)", \d+,/mg;
cmp_ok scalar @codes, '>=', 20, 'codes';
like $problems->{body}, qr/<article id="$_">/, $_ for @codes;
for my $p ($page, $problems) {
    my @links = $p->{body} =~ /(?:src|href)="([^"#]+)/g;
    is_deeply [ grep { !m{^/(?!/)} } @links ], [], 'all that it loads is here';
    is get($h, $_)->{status}, 200, $_ for @links;
    unlike $p->{body}, qr/<style|<script>|style=|onclick=/, 'nothing inline';
}

# what they load, and what that loads; all that the page says of the server is text
my %type = (css => 'text/css', js => 'text/javascript', svg => 'image/svg+xml');
my @assets = map { s{.*/}{}r } glob 'html/docs/*.{css,js,svg}';
cmp_ok scalar @assets, '>=', 5, 'assets';
for my $name (@assets) {
    my $r = get($h, "/docs/$name");
    my ($end) = $name =~ /(\w+)\z/;
    is $r->{status}, 200, $name;
    like $r->{headers}{'content-type'}, qr{\A\Q$type{$end}\E(?:;|\z)}, 'of its type';
    is $r->{headers}{'content-security-policy'}, $page->{headers}{'content-security-policy'},
        'under the same policy';
    unlike $r->{body}, qr{innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bFunction\(},
        'nothing becomes markup or code';
    unlike $r->{body}, qr{\@import|\burl\(['"/h]|(?:from|import\()\s*['"](?!\./)},
        'nothing from elsewhere';
    is get($h, "/docs/$_")->{status}, 200, "$name loads $_" for $r->{body} =~ /from '\.\/([^']+)'/g;
}
my %anchor = map { $_ => 1 } $page->{body} =~ / id="([^"]+)"/g;
ok $anchor{$_}, "the guide has $_" for $page->{body} =~ /href="#([^"]+)"/g;
ok $anchor{$_}, "the script finds $_"
    for map { slurp($_) =~ /(?:byId|getElementById)\('([^']+)'\)/g } glob 'html/docs/*.js';
like $page->{body}, qr/<h2 id="$_">/, "a word on $_"
    for qw(make-a-key first-request errors pagination idempotency etags rate-limits);
is get($h, '/docs/../conf/godwit.conf')->{status}, 404, 'nothing else';
is_deeply [ map { @{ get($h, $_) }{status}, get($h, $_)->{headers}{location} } '/', '/docs' ],
    [ 302, '/docs/', 301, '/docs/' ], 'the way there';
done_testing;
