# The client of a chaos run: opens and clicks what arrived, each request with
# an id of its own in its User-Agent, and logs the id when the answer is whole.
package Chaos::Client;
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use MIME::QuotedPrint qw(decode_qp);
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8;

# the tracked paths of one message
sub paths {
    my ($file) = @_;
    open my $fh, '<:raw', $file or return;
    my $raw = do { local $/; <$fh> };
    my %seen;
    return grep { !$seen{$_}++ }
        decode_qp($raw) =~ m{https?://[^/\s"<>]+(/[oc]/[\w-]{54,})}g;
}

# one request; true when the whole answer came and says that it was taken
sub request {
    my ($c, $path, $id) = @_;
    $c->{socket} //= IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $c->{port}, Timeout => 2) or return 0;
    my $s = $c->{socket};
    my $ok = eval {
        local $SIG{ALRM} = sub { die "late\n" };
        local $SIG{PIPE} = 'IGNORE';
        alarm 5;
        print $s "GET $path HTTP/1.1\r\nHost: chaos\r\n"
            . "User-Agent: chaos/$id\r\n\r\n" or die "gone\n";
        my $status = <$s> // die "gone\n";
        my $length = 0;
        while (1) {
            my $line = <$s> // die "gone\n";
            last if $line =~ /^\r?\n\z/;
            $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
            $c->{close} = 1 if $line =~ /^connection:\s*close/i;
        }
        read($s, my $body, $length) == $length or die "gone\n" if $length;
        alarm 0;
        $status =~ m{^HTTP/1\.1 (200|302)} ? 1 : 0;
    };
    alarm 0;
    if (!defined $ok || $c->{close}) { close $s; delete @$c{qw(socket close)} }
    return $ok // 0;
}

sub run {
    my (%a) = @_;
    my $c = { port => $a{port} };
    my ($n, $at, @paths, $stop) = (0, time);
    local $SIG{TERM} = sub { $stop = 1 };
    open my $log, '>>', $a{log} or die "chaos: $a{log}: $!\n";
    $log->autoflush(1);
    my %index;

    until ($stop) {
        for my $file (@{ $a{indexes} }) {
            open $index{$file}, '<', $file or delete $index{$file} unless $index{$file};
            my $index = $index{$file} or next;
            while (@paths < 200 && defined(my $line = <$index>)) {
                if ($line !~ /\n\z/) { seek $index, -length $line, 1; last }
                push @paths, paths($json->decode($line)->{file});
            }
            seek $index, 0, 1;
        }
        if (@paths) {
            my $id = "$a{seed}-" . ++$n;
            my $path = splice @paths, int rand @paths, 1;
            print $log qq({"ack":"$id","path":"$path"}\n)
                if request($c, $path, $id);
        }
        $at += 1 / $a{rate};
        $at = time - 1 if $at < time - 1;
        my $wait = $at - time;
        sleep $wait if $wait > 0;
    }
}

1;
