# A click on a hot link against nginx's return 302.
use strict;
use warnings;
use Bench;
use Edge;
use Godwit::Edge;

my ($h, $pid) = Edge::house();
my $click = '/c/' . token($h, what => 'click', campaign => 7, contact => 3, link => 1);
bench(name => 'click_cpu', unit => 'us/request', at_least => 0.90,
    ours => sub { Edge::cpu_a_request($h, $pid, $click) },
    peer => sub { Edge::cpu_a_request($h, $pid, '/302') });
Edge::dropped($h);
