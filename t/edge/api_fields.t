#!/usr/bin/perl
# Sparse answers: `fields` names members of the contract's answer.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $id = api($h, POST => '/contacts', json => { email => 'a@example.com', first_name => 'A' })
    ->{json}{id};
my $full = api($h, GET => "/contacts/$id");
my $r = api($h, GET => "/contacts/$id?fields=email,id");
is $r->{body}, qq({"id": "$id", "email": "a\@example.com"}), 'two of them';
is $r->{headers}{etag}, undef, 'and no tag: If-Match is of the whole';
$r = api($h, PATCH => "/contacts/$id", json => { last_name => 'B' },
    headers => { 'If-Match' => $full->{headers}{etag} });
is $r->{status}, 200, 'changed under the tag of the whole';
is $r->{headers}{etag}, api($h, GET => "/contacts/$id")->{headers}{etag}, 'which answers with the new one';
$r = api($h, GET => '/contacts?fields=email');
is_deeply $r->{json}{items}, [ { email => 'a@example.com' } ], 'of each item';
ok exists $r->{json}{next}, 'and the page as ever';
for ('emial', 'email,', ',email', 'email,id,x', "email'", 'items', 'email%20') {
    $r = api($h, GET => "/contacts?fields=$_");
    is problem($r), '422 invalid', "fields=$_";
    is $r->{json}{errors}[0]{pointer}, '/fields', 'by its place';
}
done_testing;
