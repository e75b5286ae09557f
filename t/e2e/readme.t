#!/usr/bin/perl
# The lines of README are run as they stand there: the main job over HTTP, the
# first owner's way in, and the main job from the command line.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $lines = join '', slurp('README.md') =~ /^```bash\n(.*?)^```$/msg;
my $h = Godwit->new;
my $sink = $h->sink;
$h->configure("smart_host 127.0.0.1:$sink;");
$h->spawn('worker');
$h->nginx;
spew($h->state . '/run/env', "GODWIT_URL=http://127.0.0.1:@{[ $h->port ]}\n");
spew($h->state . '/run/owner-link', ($h->godwit(qw(user link --owner)))[1]);
spew($h->state . '/lines', "set -euo pipefail\n$lines");
local $ENV{GODWIT_STATE} = $h->state;
my $out = `timeout 60 bash @{[ $h->state ]}/lines 2>&1`;
is $?, 0, 'every line does what it says' or diag $out;
like $out, qr/"sent": 2\b/, 'both are sent';
like $out, qr/ann\@example\.com/, 'and exported';
like $out, qr/"email": "ann\@example.com".*"role": "owner"/s, 'the first owner is in';
like $out, qr/"key": "gw_live_.*"secret": "whsec_/s, 'with a key and a webhook';
wait_for { 4 == $h->messages } 5, 'the catcher has the three mails and the invitation';
done_testing;
