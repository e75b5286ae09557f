# Somebody between an SMTP client and its server, on a path of his own:
#
#   Godwit::Between->start($h, '127.0.0.2:2525', '127.0.0.1:2526', 'bytes');
#   Godwit::Between->start($h, $listen, $server, 'behind', 'STARTTLS', "250 SIZE 1\r\n");
#
# bytes: what the server says comes byte by byte. behind: once the client has
# said a line that begins so, more comes in one piece with the server's next
# words. instead: that comes in their place.
package Godwit::Between;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use Godwit;

sub start {
    my ($class, $h, $listen, $server, $how, $at, $text) = @_;
    my $file = $h->state . "/between.$listen";      # longer than an argument may be
    spew($file, $text // '');
    $h->spawn({ log => 'between', program => [ $^X, '-It/lib', '-MGodwit::Between', '-e',
        'Godwit::Between::serve(@ARGV)' ] }, $listen, $server, $file, $how, $at // ());
}

# all of it, each byte alone when that is how
sub say_all {
    my ($to, $text, $how) = @_;
    my $size = $how eq 'bytes' ? 1 : length($text) || 1;
    for (my $at = 0; $at < length $text; $at += $size) {
        defined syswrite($to, substr $text, $at, $size) or return 0;
    }
    return 1;
}

sub talk {
    my ($client, $server, $how, $at, $text) = @_;
    my ($armed, $both) = (0, IO::Select->new($client, $server));
    while (1) {
        for my $from ($both->can_read) {
            sysread($from, my $in, 65536) or return;
            if ($from == $client) {
                $armed = 1 if defined $at && $in =~ /^\Q$at\E/mi;
                say_all($server, $in, '') or return;
                next;
            }
            $in = $how eq 'behind' ? $in . $text : $text if $armed;
            undef $at if $armed;
            $armed = 0;
            say_all($client, $in, $how) or return;
        }
    }
}

sub serve {
    my ($listen, $server, $file, $how, $at) = @_;
    my $text = slurp($file);
    $SIG{CHLD} = 'IGNORE';
    $SIG{PIPE} = 'IGNORE';
    my $l = IO::Socket::INET->new(Listen => 20, LocalAddr => $listen, ReuseAddr => 1) or die "$listen: $!";
    while (1) {
        my $client = $l->accept or next;
        next if fork;
        my $to = IO::Socket::INET->new(PeerAddr => $server) or exit;
        $_->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) for $client, $to;
        talk($client, $to, $how, $at, $text);
        exit;
    }
}

1;
