#!/usr/bin/perl
# The typed client is that of the contract, and does the main job in Node.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $types = slurp('html/src/lib/api.gen.ts');
chomp(my $node = `sh dev/client`);
is $?, 0, 'it is made and compiles' or BAIL_OUT('no client');
ok slurp('html/src/lib/api.gen.ts') eq $types, 'api.gen.ts is that of the contract (dev/client makes it)';
unlike slurp("html/$_"), qr/"resolved"/, "$_ names no address"
    for qw(package-lock.json tools/openapi/package-lock.json tools/node/package-lock.json);

# it knows which changes take no Idempotency-Key
my ($own) = slurp('html/src/lib/api.ts') =~ m{const OWN =\s+/(.*)/$}m;
my $contract = JSON::PP::decode_json(scalar `@{[ Godwit::program() ]} contract sql/api`);
my (@own, @said);
for my $path (sort keys %{ $contract->{paths} }) {
    for my $op (map { $contract->{paths}{$path}{$_} // () } qw(post put patch delete)) {
        push @own, $op->{operationId} if !grep { $_->{bearer} } @{ $op->{security} };
        push @said, $op->{operationId} if $path =~ $own;
    }
}
is_deeply \@said, \@own, 'those of no workspace take no Idempotency-Key';

my $h = Godwit->new(conf => 'smart_host 127.0.0.1:' . free_port() . ';');
my $sink = $h->sink;
$h->configure("smart_host 127.0.0.1:$sink;");
$h->spawn('worker');
$h->nginx;
local @ENV{qw(GODWIT_URL GODWIT_KEY)} = ('http://127.0.0.1:' . $h->port, key($h));
my $out = `$node --test --test-reporter=tap build/client/js/test/main_job.js 2>&1`;
is $?, 0, 'the main job' or diag $out;
is scalar $h->messages, 2, 'both are there';
done_testing;
