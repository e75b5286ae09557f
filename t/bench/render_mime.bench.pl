# CPU of one message from its compiled template to what DATA sends: 10 KB, 30
# variables, 15 tracked links. The peer is the bar of 15 microseconds.
use strict;
use warnings;
use Bench;

system('make', '-s', 'build/bench/render') == 0 or die "no tool\n";
my $bytes;
bench(name => 'render_mime', unit => 'us/message', at_least => 1, higher => 0,
    ours => sub { (my $us, $bytes) = split ' ', qx{build/bench/render 20000}; $us },
    peer => sub { 15 });
say_note("render_mime: a message has $bytes bytes");
