#!/usr/bin/perl
# Conditions and other headers where they mean nothing, or not what nginx makes
# of them: no answer is a page of nginx, none says "not modified" of a change.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $id = api($h, POST => '/contacts', json => { email => 'a+b@example.com' })->{json}{id};
my $path = "/contacts/$id";
my $old = 'Thu, 01 Jan 1970 00:00:01 GMT';

for (
    [ 200, GET => $path, { 'If-Unmodified-Since' => $old } ],
    [ 200, GET => $path, { 'If-Modified-Since' => 'Fri, 01 Jan 2100 00:00:00 GMT' } ],
    [ 200, GET => "$path?fields=id", { 'If-None-Match' => '*' } ],
    [ 200, PATCH => $path, { 'If-None-Match' => '*' }, { first_name => 'A' } ],
    [ 200, PATCH => $path, { 'If-Unmodified-Since' => $old }, { first_name => 'B' } ],
    [ 201, POST => '/lists', { 'If-None-Match' => '*' }, { name => 'a' } ],
    [ 400, POST => '/lists', { 'If-Match' => '"x"' }, { name => 'b' } ],
    [ 200, GET => '/exports/contacts', { Accept => 'text/csv' } ],
    [ 404, GET => '/contacts/ct_99', { 'If-None-Match' => '*', 'If-Match' => '"x"' } ],
) {
    my ($want, $method, $path, $headers, $json) = @$_;
    my $r = api($h, $method => $path, headers => $headers, $json ? (json => $json) : ());
    is $r->{status}, $want, join ' ', $method, $path, %$headers;
    unlike $r->{body}, qr/<html|nginx/, 'in our own words';
}
my $r = api($h, GET => $path);
is $r->{headers}{vary}, 'Authorization, Cookie, Godwit-Workspace', 'what is kept is of one who asks';

# a + is a blank in the query alone
is_deeply [ map { $_->{id} } @{ api($h, GET => '/contacts?email=a%2Bb@example.com')->{json}{items} } ], [$id],
    'a plus, encoded';
is_deeply api($h, GET => '/contacts?email=a+b@example.com')->{json}{items}, [], 'one that stands for a blank';
api($h, POST => '/lists', json => { name => 'two words' });
is scalar @{ api($h, GET => '/lists?q=two+words')->{json}{items} }, 1, 'which is found';
done_testing;
