# Bounces judged a second by one core: the labelled samples when they are there (3 KB a message),
# else those of the fuzzer. The peer is the goal, 5,000 a second.
use strict;
use warnings;
use Bench;

system('make', '-s', 'build/bench/bounce_parse') == 0 or die "no tool\n";
my @files = glob '../shared/suites/bounces/*.eml';
@files = glob 't/fuzz/corpus/bounce/*' if !@files;
my $rounds = int(20_000 / @files) + 1;
my $bytes;
bench(name => 'bounce_parse', unit => 'messages/s', higher => 1, at_least => 1, peer => sub { 5000 },
    ours => sub {
        my ($n, $size, $seconds) = split ' ', qx{build/bench/bounce_parse $rounds @files};
        $bytes = $size / $n;
        return $n / $seconds;
    });
say_note(sprintf 'bounce_parse: %d files, %.1f KB a message', scalar @files, $bytes / 1024);
