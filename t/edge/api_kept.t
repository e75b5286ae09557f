#!/usr/bin/perl
# An Idempotency-Key keeps a refusal too, and is good for one request alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $id = api($h, POST => '/contacts', json => { email => 'a@example.com' })->{json}{id};
my $path = "/contacts/$id";

# what a problem says, but for the id of its request
sub said { my ($r) = @_; my %p = %{ $r->{json} // {} }; delete $p{request_id};
    return { %p, got => problem($r), replayed => $r->{headers}{'idempotency-replayed'} } }
for (
    [ '404 not_found', '/id', DELETE => '/contacts/ct_99' ],
    [ '422 invalid', '/email', POST => '/contacts', json => { first_name => 'nobody' } ],
    [ '412 precondition_failed', undef, PATCH => $path, json => { first_name => 'A' },
        headers => { 'If-Match' => '"x"' } ],
) {
    my ($want, $pointer, $method, $path, %how) = @$_;
    my $key = $want =~ s/ .*//r;
    my ($first, $again) = map { said(api($h, $method => $path, %how,
        headers => { %{ $how{headers} // {} }, 'Idempotency-Key' => $key })) } 1, 2;
    is $first->{got}, $want, "$want is an answer";
    is_deeply [ map { $_->{pointer} } @{ $first->{errors} // [] } ], [ $pointer // () ], 'with its place';
    is_deeply $again, { %$first, replayed => 'true' }, 'and is given again';
}

# the same operation on something else, by path or by query, is another request
my $other = api($h, POST => '/contacts', json => { email => 'b@example.com' })->{json}{id};
my @r = map { api($h, DELETE => "/contacts/$_", headers => { 'Idempotency-Key' => 'gone' }) } $id, $other;
is "$r[0]{status} " . problem($r[1]), '204 422 idempotency_mismatch', 'another path under this key';
is api($h, GET => "/contacts/$other")->{status}, 200, 'does nothing';
done_testing;
