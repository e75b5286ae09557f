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
like $page->{headers}{'content-security-policy'}, qr/^default-src 'none'; script-src 'self';/,
    'a strict policy';
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
like get($h, '/docs/docs.js')->{headers}{'content-type'}, qr{^text/javascript}, 'JavaScript';
is get($h, '/docs/../conf/godwit.conf')->{status}, 404, 'nothing else';
is_deeply [ map { @{ get($h, $_) }{status}, get($h, $_)->{headers}{location} } '/', '/docs' ],
    [ 302, '/docs/', 301, '/docs/' ], 'the way there';
done_testing;
