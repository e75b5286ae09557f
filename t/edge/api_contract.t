#!/usr/bin/perl
# The contract at configuration time: what is wrong with it stops nginx -t with
# file, line and reason; a new operation is one YAML path and one SQL function;
# reloads hold no memory.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $state = $h->state;
my $nginx = $ENV{GODWIT_NGINX} // '/usr/sbin/nginx';
my $yaml = "$state/contract/lists.yaml";
my $good = slurp($yaml);

# nginx -t after an edit: its exit code and what it says; that gives nothing back,
# which is no leak
sub check {
    my ($text) = @_;
    spew($yaml, $text);
    my $said = qx(ASAN_OPTIONS=detect_leaks=0 $nginx -t -c $state/conf/nginx.conf -p $state -e stderr 2>&1);
    return ($? >> 8) . " $said";
}
like check($good), qr/\A0 /, 'a good contract';
my $name = 'q' x 2100;
my $any = "x-any-of: [$name]\n      parameters:\n        - { name: $name, in: query, schema: { type: string } }";
for (
    [ $good =~ s/parameters:/$any/r, qr/x-any-of is too long; .* at most 2048 bytes/ ],
    [ $good =~ s/operationId: lists_list/operationId: lists_create/r, qr/twice|already/ ],
    [ $good =~ s/minLength: 1,/minLength: -1,/r, qr/minLength/ ],
    [ $good =~ s/x-scope: lists:write/x-scopes: lists:write/r, qr/x-scope/ ],
    [ $good =~ s/x-scope: lists:write/x-scope: lists:write\n      x-handler: magic/r, qr/"magic"/ ],
    [ $good =~ s/x-scope: lists:write/x-public: true\n      x-scope: lists:write/r, qr/x-public; leave out one/ ],
    [ $good =~ s{/api/v1/lists:}{/v1/lists:}r, qr{begins with /api/v1/} ],
    [ $good =~ s/"201":/"301":/r, qr/lists_create needs an answer of success/ ],
    [ $good =~ s/example: .*Newsletter.*/example: { "nam": "Newsletter" }/r, qr/example does not pass/ ],
    [ $good =~ s/^paths:/paths: [/mr, qr// ],
) {
    my ($text, $re) = @$_;
    my $said = check($text);
    like $said, qr/\A1 .*(?:lists\.yaml:\d+: |operation ").*$re.*godwit\.conf:\d+/s, "$re"
        or diag $said;
}
spew($yaml, $good);
my $conf = "$state/conf/godwit.conf";
my $with = slurp($conf);
spew($conf, $with =~ s/contract .*;//r);
like check($good), qr/\A1 .*"godwit_api" needs "contract FOLDER"/s, 'an API without a contract';
spew($conf, $with =~ s{contract .*;}{contract /nowhere;}r);
like check($good), qr{\A1 .*/nowhere}s, 'a folder that is not there';
spew($conf, $with);

# one path, one function, a reload
spew("$state/contract/echo.yaml", <<'YAML');
openapi: 3.1.0
info: { title: Echo, version: "1" }
paths:
  /api/v1/echo/{word}:
    post:
      operationId: test_echo
      summary: Say it again
      x-scope: lists:read
      parameters:
        - { name: word, in: path, required: true, schema: { type: string, pattern: "^[a-z]+$" } }
        - { name: tag, in: query, schema: { type: array, items: { type: integer } } }
        - { name: loud, in: query, schema: { type: boolean } }
      requestBody:
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              properties: { text: { type: string } }
            example: { text: x }
      responses: { "202": { description: Taken. }, "412": { description: Changed. } }
YAML
my @pids = edge_pids($h);
sub reload { my @was = edge_pids($h); kill HUP => $h->{nginx};
    wait_for { my @n = edge_pids($h); @n == 1 && $n[0] != $was[0] } 10, 'a reload' }
sub ready { return get($h, '/readyz')->{body} =~ /^postgres: (.*)/m ? $1 : '' }
is ready(), '', 'all functions are there';
reload();
like ready(), qr/^without api\.test_echo\(jsonb\); run "godwit migrate"/, '/readyz names what is not';
$h->expect(qr/function api\.test_echo\(jsonb\) does not exist/);
my $r = api($h, POST => '/echo/abc');
is problem($r), '503 not_migrated', 'and so does the answer';
ok $r->{headers}{'retry-after'}, 'to come again';
like slurp("$state/log/nginx.log"), qr/function api\.test_echo\(jsonb\) does not exist/, 'in the log';
$h->dbh->do(q{create function api.test_echo(p jsonb) returns jsonb language sql as
    $$ select jsonb_build_object('id', 'echo_1', 'got', p) $$});
$h->dbh->do('grant execute on function api.test_echo(jsonb) to gw_edge, gw_api');
wait_for { ready() eq '' } 5, 'until it is';
$r = api($h, POST => '/echo/abc?tag=1,2&loud=true', json => { text => 'x' },
    headers => { 'If-Match' => '"t"' });
is $r->{status}, 202, 'its status is of the contract' or diag $r->{body};
is_deeply $r->{json}{got}, { text => 'x', word => 'abc', tag => [ 1, 2 ],
    loud => JSON::PP::true(), _if_match => '"t"' }, 'one object of all' or diag $r->{body};
is_deeply api($h, POST => '/echo/abc?tag=7&tag=8')->{json}{got},
    { word => 'abc', tag => [ 7, 8 ] }, 'a body that may be missing';
$r = api($h, POST => '/echo/abc?tag=1,x&loud=2');
is_deeply [ map { $_->{pointer} } @{ $r->{json}{errors} } ], [qw(/tag/1 /loud)],
    'each that is wrong is named' or diag $r->{body};

# ten of its text alone would be 1400 KiB; a thousand reloads are in t/long
sub memory { return slurp("/proc/$h->{nginx}/statm") =~ /^\d+ (\d+)/ ? $1 * 4 : 0 }
reload() for 1 .. 5;
my $before = memory();
reload() for 1 .. 10;
SKIP: {
    skip 'a sanitizer keeps what is free', 1 if $ENV{GODWIT_NGINX};
    cmp_ok memory() - $before, '<', 1000, 'memory of the master is flat (KiB)';
}
done_testing;
