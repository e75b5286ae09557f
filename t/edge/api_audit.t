#!/usr/bin/perl
# What the audit has of a change: who, from where, when, under which request.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $key = key($h);
$h->nginx;

sub audit { return $h->rows(q{select operation, object, actor, request_id, host(address) as address,
    abs(extract(epoch from at - clock_timestamp())) < 10 as recent from godwit.audit
    where operation like 'lists%' order by id}) }
my %who = (operation => 'lists_create', actor => 'key_' . ($key =~ /_(\d+)_/)[0], recent => 1);
my $r = api($h, POST => '/lists', key => $key, json => { name => 'a' },
    headers => { 'X-Request-Id' => 'mine-1' });
is_deeply audit(), [ { %who, object => 'lst_1', request_id => 'mine-1', address => '127.0.0.1' } ],
    'one row of a change';
$r = api($h, POST => '/lists', key => $key, json => { name => 'b' }, headers => { 'Idempotency-Key' => 'k' })
    for 1 .. 2;
is_deeply [ map { "$_->{object} $_->{address}" } @{ audit() } ], [ map { "$_ 127.0.0.1" } qw(lst_1 lst_2) ],
    'one of a change under a key, however often it came';
is problem(api($h, POST => '/lists', key => $key, json => { name => 'a' })), '409 conflict', 'none of a refusal';
is scalar @{ audit() }, 2, 'is written';

done_testing;
