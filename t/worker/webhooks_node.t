#!/usr/bin/perl
# What is sent passes the verifiers of others, and nothing that was mutated.
use strict;
use warnings;
use lib 't/lib';
use Encode qw(decode);
use JSON::PP;
use Godwit;
use Godwit::Hooks;

my $dir = 't/worker/node';
chomp(my $node = qx{sh dev/node $dir 2>/dev/null} // '');
plan skip_all => 'Node or its packages are not there' if $? || !$node;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $r = receiver($h);
my $w = webhook($h, url => "$r->{url}/a", events => ['*']);
$h->call('contacts_create', { email => 'a@example.com', first_name => "J\x{fc}rgen \x{1f600}" });
my $worker = $h->spawn('worker', 'http');
wait_for { $r->got == 1 } 5, 'one under one secret';
my $new = $h->call('webhooks_rotate', { id => $w->{id} })->{secret};
$h->call('webhooks_test', { id => $w->{id} });
wait_for { $r->got == 2 } 5, 'one under two';

my @got = $r->got;
my @secrets = ([ $w->{secret} ], [ $w->{secret}, $new ]);
open my $in, '>', $h->state . '/requests' or die "requests: $!";
print $in JSON::PP->new->utf8->encode({ secrets => $secrets[$_], body => decode('UTF-8', $got[$_]{text}), headers => {
    map { ("webhook-$_->[0]" => "$_->[1]") } [ id => $got[$_]{id} ], [ timestamp => $got[$_]{time} ],
    [ signature => $got[$_]{signatures} ] } }), "\n" for 0, 1;
close $in;
my @out = map { decode_json($_) } split /\n/, qx{$node $dir/verify.js < @{[ $h->state ]}/requests};
is scalar @out, 2, 'both are judged';
for my $i (0, 1) {
    for my $by (qw(standardwebhooks svix)) {
        is_deeply $out[$i]{$by}, { good => [ ('good') x @{ $secrets[$i] } ], other => 'refused',
            mutated => [ ('refused') x 7 ] }, "$by takes request $i, and none that differs";
    }
}
done_testing;
