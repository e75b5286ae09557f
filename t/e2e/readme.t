#!/usr/bin/perl
# The lines of README that do the main job over HTTP are run as they stand there.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my ($lines) = slurp('README.md') =~ /^```bash\n(.*?)^```$/ms;
my $h = Godwit->new;
my $sink = $h->sink;
$h->configure("smart_host 127.0.0.1:$sink;");
$h->spawn('worker');
$h->nginx;
spew($h->state . '/run/env', "GODWIT_URL=http://127.0.0.1:@{[ $h->port ]}\n");
spew($h->state . '/lines', "set -euo pipefail\n$lines");
local $ENV{GODWIT_STATE} = $h->state;
my $out = `timeout 60 bash @{[ $h->state ]}/lines 2>&1`;
is $?, 0, 'every line does what it says' or diag $out;
like $out, qr/"sent": 2\b/, 'both are sent';
like $out, qr/ann\@example\.com/, 'and exported';
is scalar $h->messages, 2, 'the catcher has both';
done_testing;
