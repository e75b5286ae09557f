#!/usr/bin/perl
# Parameters of path and query: decoded, typed, named when they are wrong.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my @pids = edge_pids($h);
my @ids = map { api($h, POST => '/lists', json => { name => "l$_" })->{json}{id} } 1 .. 3;

sub items { my ($query) = @_; my $r = api($h, GET => "/lists?$query");
    return $r->{json}{items} ? join ' ', map { $_->{name} } @{ $r->{json}{items} } : problem($r) }
sub fault { my ($query) = @_; my $r = api($h, GET => "/lists?$query");
    return join ', ', problem($r), map { "$_->{rule} $_->{pointer}" } @{ $r->{json}{errors} } }

is items('limit=2'), 'l1 l2', 'an integer';
is items('&&limit=%32&'), 'l1 l2', 'percent-encoded, with empty pairs';
is fault('limit=two'), '422 invalid, type /limit', 'not an integer';
is fault('limit=0'), '422 invalid, minimum /limit', 'out of range';
is fault('limit='), '422 invalid, type /limit', 'empty';
is fault('limit'), '422 invalid, type /limit', 'without a value';
is fault('limit=1&limit=2'), '422 invalid, repeated /limit', 'twice';
is fault('Limit=1'), '422 invalid, unknown /Limit', 'names are as they are written';
is fault('id=lst_1'), '422 invalid, unknown /id', 'what is not in the contract';
is fault('_if_match=x'), '422 invalid, unknown /_if_match', "what is the edge's own";
is fault('a%2Fb~=1'), '422 invalid, unknown /a~1b~0', 'a pointer is escaped';
my $r = api($h, GET => '/lists?limt=1');
like $r->{json}{detail}, qr/no parameter "limt"; near it: limit/, 'a word near to it';
for ([ 'nmae=1', 'there is no parameter "nmae"; the parameters are cursor, limit, fields, total, '
    . 'sort, q' ],
    [ 'limit=1&limit=2', '"limit" stands 2 times in the query; give it once' ],
    [ 'limit=0', '"limit" must be at least 1, is 0' ],
    [ 'fields=id,nmae', '"fields" names "nmae", which the answer does not have; near it: name' ])
{
    $r = api($h, GET => "/lists?$_->[0]");
    is $r->{json}{detail}, $_->[1], $_->[1];
}
is api($h, GET => '/sends')->{json}{detail}, '"campaign_id" or "contact_id" is missing',
    'one of several';
is problem(api($h, GET => "/lists?cursor=$_")), '400 bad_request', "cursor=$_"
    for qw(%00 %ff %c3%28 %4 %zz % %ed%a0%80);
is problem(api($h, GET => '/lists?' . join '&', ('limit=1') x 257)), '400 bad_request',
    'too many of them';

# a path that does not have the form of an id names nothing
is problem(api($h, GET => "/contacts/$_")), '404 not_found', "contacts/$_"
    for qw(ct_999 ct_0 x ct_1x %63t_999 ct_99999999999999999999 ct_1%2Fct_2 ct_1;x), "ct_'--";
is problem(api($h, GET => "/contacts/$_")), '400 bad_request', "contacts/$_" for qw(%ff ct_1%80);
my $id = api($h, POST => '/contacts', json => { email => 'a@example.com' })->{json}{id};
is api($h, GET => '/contacts/' . $id =~ s/c/%63/r)->{json}{id}, $id, 'an encoded letter';

# nothing that a client sends is a header, SQL or a log line
for my $evil ("%0d%0aX-Evil:%201", "%27;select%201", "%22%7d", "a%0ab") {
    my $r = api($h, GET => "/contacts/$evil?x=$evil");
    ok $r->{status} == 404 || $r->{status} == 422, "refused: $evil" or diag $r->{status};
    ok !exists $r->{headers}{'x-evil'}, 'as one answer';
    $r = api($h, GET => "/lists?$evil=$evil&cursor=$evil", headers => { 'X-Request-Id' => $evil });
    is problem($r), '422 invalid', 'nor by the query';
    ok !exists $r->{headers}{'x-evil'}, 'as one answer';
}
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
