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
