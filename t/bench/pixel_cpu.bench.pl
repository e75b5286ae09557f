# The open pixel against nginx's empty_gif.
use strict;
use warnings;
use Bench;
use Edge;
use Godwit::Edge;

my ($h, $pid) = Edge::house();
my $pixel = '/o/' . token($h, what => 'open', campaign => 7, contact => 3);
bench(name => 'pixel_cpu', unit => 'us/request', at_least => 0.92,
    ours => sub { Edge::cpu_a_request($h, $pid, $pixel) },
    peer => sub { Edge::cpu_a_request($h, $pid, '/gif') });
Edge::dropped($h);
