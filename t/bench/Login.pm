# Logins as a storm offers them, and a pixel asked for meanwhile.
package Login;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);
use Godwit;
use Godwit::Edge;
use Godwit::Login;

# The value of a rank (0.99) of these.
sub rank {
    my ($rank, @v) = @_;
    @v = sort { $a <=> $b } @v;
    return $v[ int $rank * $#v ];
}

# Ask for a pixel each 2 ms on one connection, for so long: milliseconds of each.
sub pixels {
    my ($h, $seconds) = @_;
    my $path = '/o/' . token($h, what => 'open', campaign => 1, contact => 1);
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port) or die "no nginx\n";
    my ($until, @ms) = (time + $seconds);
    while (time < $until) {
        my $at = time;
        syswrite $s, "GET $path HTTP/1.1\r\nHost: test\r\n\r\n";
        my $reply = '';
        while ($reply !~ /\r\n\r\n.*;\z/s) {
            sysread $s, $reply, 65536, length $reply or die "the pixel broke off\n";
        }
        push @ms, 1000 * (time - $at);
        sleep 0.002;
    }
    return @ms;
}

# So many logins a second, each from an address of its own, for so long, in
# another process; the code collects them: [status, ms] of each.
sub storm {
    my ($h, $rate, $seconds, $from) = @_;
    pipe my $out, my $in or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my ($start, $n, @all, %of) = (time, 0);
        my $select = IO::Select->new;
        while ($n < $rate * $seconds || ($select->count && time < $start + $seconds + 30)) {
            while ($n < $rate * $seconds && time >= $start + $n / $rate) {
                my $r = opened($h, $from + $n++, "nobody$n\@example.com", 'lamp river uncle fog');
                $of{ $r->{socket} } = $r;
                $select->add($r->{socket});
            }
            for my $s ($select->can_read(0.001)) {
                my $r = $of{$s};
                next if sysread $s, $r->{text}, 65536, length $r->{text};
                $select->remove($s);
                delete $of{$s};
                my ($status) = $r->{text} =~ m{^HTTP/1\.1 (\d+)};
                print {$in} $status // 0, ' ', 1000 * (time - $r->{at}), "\n";
            }
        }
        close $in;
        POSIX::_exit(0);
    }
    close $in;
    return sub { my @all = map { [ split ] } <$out>; waitpid $pid, 0; return @all };
}

sub metric {
    my ($h, $name) = @_;
    return get($h, '/metrics')->{body} =~ /^godwit_api_passwords_$name (\d+)/m ? $1 : die "no $name\n";
}

1;
