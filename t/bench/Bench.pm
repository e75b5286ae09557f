# What every bench shares: interleaved rounds, medians, CPU time of a process,
# one JSON line a row.
package Bench;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(min max);
use Time::HiRes qw(time);

# the syncs of Postgres are part of what is measured
$ENV{GODWIT_TEST_PG_ON_DISK} = 1;

our @EXPORT = qw(bench median cpu_us children_us timed say_note);

sub median {
    my @v = sort { $a <=> $b } @_;
    my $m = int(@v / 2);
    return @v % 2 ? $v[$m] : ($v[ $m - 1 ] + $v[$m]) / 2;
}

# CPU microseconds (user + system) that the process pid has used so far.
sub cpu_us {
    my ($pid) = @_;
    open my $fh, '<', "/proc/$pid/stat" or die "no process $pid\n";
    my $line = <$fh>;
    $line =~ s/^.*\) //;
    my @f = split / /, $line;
    return ($f[11] + $f[12]) * 1e6 / 100;
}

# The same of all programs that were run and waited for.
sub children_us {
    my (undef, undef, $user, $system) = times;
    return ($user + $system) * 1e6;
}

# Wall seconds of a piece of code.
sub timed {
    my ($code) = @_;
    my $t = time;
    $code->();
    return time - $t;
}

sub say_note { print STDERR "# @_\n" }

# Run one row. ours and peer are code that do one round and return a figure;
# higher says which way is better: the ratio is > 1 when ours is better.
# rounds (default 9) are interleaved: ours, peer, ours, peer ... Returns the row.
sub bench {
    my (%b) = @_;
    my $rounds = $ENV{BENCH_ROUNDS} || $b{rounds} || 9;
    my (@ours, @peer, @ratio);

    for my $i (1 .. $rounds) {
        my ($o, $p) = $i % 2 ? ($b{ours}->(), $b{peer}->())
            : reverse($b{peer}->(), $b{ours}->());
        push @ours, $o;
        push @peer, $p;
        push @ratio, $b{higher} ? $o / $p : $p / $o;
        say_note(sprintf '%s round %d: ours %.2f peer %.2f ratio %.3f',
            $b{name}, $i, $o, $p, $ratio[-1]);
    }
    my %row = (%b, ours => median(@ours), peer => median(@peer),
        ratio => median(@ratio), rounds => $rounds,
        spread => (max(@ratio) - min(@ratio)) / median(@ratio));
    row(%row);
    return %row;
}

# Print a row. With at_most instead of at_least the ratio must stay below.
sub row {
    my (%b) = @_;
    my $limit = defined $b{at_most} ? $b{at_most} : $b{at_least};
    my $ok = defined $b{at_most} ? $b{ratio} <= $limit : $b{ratio} >= $limit;
    printf '{"bench":"%s","ours":%.3f,"peer":%.3f,"ratio":%.3f,"unit":"%s",'
        . '"rounds":%d,"spread":%.3f,"%s":%s,"ok":%s}' . "\n",
        @b{qw(name ours peer ratio unit rounds spread)},
        (defined $b{at_most} ? 'at_most' : 'at_least'), $limit,
        ($ok ? 'true' : 'false');
}

1;
