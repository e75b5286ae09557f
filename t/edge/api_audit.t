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

# the time line, and the same as a file; both by object, operation, who, request and when
api($h, PATCH => '/lists/lst_1', key => $key, json => { name => '=1+1' });
my $at = $h->value(q{select to_char(max(at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from godwit.audit});
for ([ '', 'lists_update lists_create lists_create' ], [ 'object=lst_1', 'lists_update lists_create' ],
    [ 'operation=lists_create', 'lists_create lists_create' ], [ 'actor=cli', '' ], [ "actor=$who{actor}&until=$at",
    'lists_create lists_create' ], [ 'request_id=mine-1', 'lists_create' ], [ "since=$at", 'lists_update' ]) {
    my ($query, $are) = @$_;
    is join(' ', grep { /^lists/ } map { $_->{operation} } @{ api($h, GET => "/audit?$query", key => $key)->{json}{items} }),
        $are, "the time line by \"$query\"";
    my $file = api($h, GET => "/exports/audit?format=csv&$query", key => $key)->{body};
    is join(' ', grep { /^lists/ } $file =~ /^"?aud_\d+"?,[^,]+,"?(\w+)/mg), $are, 'and as a file';
    like $file, qr/""name"": ?""=1\+1""/, 'with what it became' if $query eq "since=$at";
}

done_testing;
