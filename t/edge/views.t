#!/usr/bin/perl
# Views of contacts that members keep: one's own, and everybody's.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::People;
use JSON::PP ();

my $h = Godwit->new;
$h->nginx;
$h->call('contacts_create', { email => "$_\@example.com" }) for qw(ann bob);
person($h, "$_\@example.com", 'agent', 1) for qw(ed flo);
my %by = map { my $s = session($h, "$_\@example.com"); ($_ => [ by($s, 'ws_1') ]) } qw(ed flo);
sub view { my ($who, $method, $path, %how) = @_; return api($h, $method => "/views$path", @{ $by{$who} }, %how) }
sub names { return [ map { $_->{name} } @{ view($_[0], GET => $_[1] // '')->{json}{items} } ] }

my $mine = view('ed', POST => '', json => { name => 'Mine', filter => { tag => 'vip' }, columns => ['email'] })->{json};
my $all = view('ed', POST => '', json => { name => 'All', shared => JSON::PP::true, sort => '-created_at' })->{json};
is_deeply names('ed'), [qw(Mine All)], 'one sees one\'s own';
is_deeply names('flo'), ['All'], 'others what is shared';
is_deeply names('ed', '?shared=false'), ['Mine'], 'one\'s own alone';
is view('flo', $_->[0] => "/$mine->{id}", @{ $_->[1] // [] })->{status}, 404, "$_->[0] of another's" for ['GET'], ['DELETE'],
    [ PATCH => [ json => { name => 'x' } ] ];
is view('flo', POST => '', json => { name => 'Mine' })->{status}, 201, 'a name is free for each';
is view('ed', POST => '', json => { name => 'Mine' })->{status}, 409, 'but once';
my $r = view('ed', PATCH => "/$mine->{id}", json => { filter => { colour => 'red' } });
like "$r->{status} $r->{json}{errors}[0]{message}", qr/^422 there is no field "colour"; the fields are /, 'a filter is tried';
is view('ed', PATCH => "/$mine->{id}", json => { filter => { cursor => 'x' } })->{status}, 422, 'and is no page';
is_deeply view('ed', PATCH => "/$mine->{id}", json => { columns => [ 'email', 'attributes.plan' ] })->{json}{columns},
    [ 'email', 'attributes.plan' ], 'columns in their order';
$h->refused('views_create', { name => 'x' }, 'invalid', 'shared', 'a view of a key is nobody\'s own; say "shared": true');
is join(' ', map { $_->{id} } @{ $h->call('contacts_list', { %{ $all->{filter} }, sort => $all->{sort} })->{items} }), 'ct_2 ct_1',
    'a view shows what it says';
person($h, 'ada@example.com', 'admin', 1);
is api($h, GET => '/audit?operation=views_create', by(session($h, 'ada@example.com'), 'ws_1'))->{json}{items}[0]{after}{name}, 'Mine',
    'who reads contacts and the audit sees what it was';
is view('flo', DELETE => "/$all->{id}")->{status}, 204, 'what is everybody\'s anybody takes away';
is_deeply names('flo'), ['Mine'], 'and it is gone';
my %id = map { $_->{email} => $_->{id} } @{ $h->call('members_list', {})->{items} };
$h->call('members_delete', { id => $id{'flo@example.com'} });
is $h->value('select count(*) from godwit.views'), 1, 'who leaves takes his own away';

done_testing;
