# The API over one kept connection.
#
#   my $wire = Godwit::Wire->new($h);           # with a key of its own
#   my $a = $wire->ask({ method => 'POST', target => '/api/v1/lists', body => '{}',
#       headers => { 'Content-Type' => 'application/json' }, chunked => 1 });
#
# { status, headers (lower case), body }, or nothing when no answer came in 30 s.
package Godwit::Wire;
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVTIMEO);

use Godwit::Edge;

sub new { my ($class, $h) = @_; return bless { port => $h->port, key => key($h) }, $class }

sub text {
    my ($self, $r) = @_;
    my %headers = (Host => 'test', Authorization => "Bearer $self->{key}", %{ $r->{headers} });
    delete @headers{ grep { !defined $headers{$_} } keys %headers };
    my $body = $r->{body} // '';
    if ($r->{chunked}) {
        $headers{'Transfer-Encoding'} = 'chunked';
        $body = (join '', map { sprintf "%x\r\n%s\r\n", length, $_ } $body =~ /(.{1,700})/gs)
            . "0\r\n\r\n";
    } elsif (defined $r->{body}) {
        $headers{'Content-Length'} = length $body;
    }
    return "$r->{method} $r->{target} HTTP/1.1\r\n"
        . (join '', map { "$_: $headers{$_}\r\n" } sort keys %headers) . "\r\n$body";
}

# bytes until the pattern is there or so many are; false at the end of all
sub want {
    my ($self, $enough) = @_;
    until (ref $enough ? $self->{buffer} =~ $enough : length $self->{buffer} >= $enough) {
        sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer} or return;
    }
    return 1;
}

sub cut { my ($self, $n) = @_; return substr $self->{buffer}, 0, $n, '' }

# one answer: { status, headers, body }, or nothing
sub answer {
    my ($self, $method) = @_;
    $self->want(qr/\r\n\r\n/) or return;
    my $head = $self->cut(index($self->{buffer}, "\r\n\r\n") + 4);
    my ($status) = $head =~ m{^HTTP/1\.1 (\d{3}) } or return;
    my %headers = map { /^(.*?): (.*)/ ? (lc $1 => $2) : () } split /\r\n/, $head;
    my $body = '';
    if ($method eq 'HEAD' || $status == 204 || $status == 304) {
        # none
    } elsif (($headers{'transfer-encoding'} // '') eq 'chunked') {
        while ($self->want(qr/\A[0-9a-f]+\r\n/i)) {
            my ($n) = $self->{buffer} =~ /\A([0-9a-f]+)\r\n/i;
            $self->cut(2 + length $n);
            $self->want(hex($n) + 2) or return;
            $body .= substr $self->cut(hex($n) + 2), 0, -2;
            last if hex $n == 0;
        }
    } else {
        $self->want($headers{'content-length'} // 0) or return;
        $body = $self->cut($headers{'content-length'} // 0);
    }
    delete $self->{socket} if ($headers{connection} // '') eq 'close';
    return { status => $status, headers => \%headers, body => $body };
}

# on the connection that there is; a kept one may have been closed, then the
# request is repeated on a new one
sub ask {
    my ($self, $r) = @_;
    my $text = $self->text($r);
    local $SIG{PIPE} = 'IGNORE';
    for (1 .. 2) {
        my $kept = $self->{socket};
        if (!$kept) {
            $self->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                PeerPort => $self->{port}) or return;
            setsockopt $self->{socket}, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 30, 0;
            $self->{socket}->autoflush;
            $self->{buffer} = '';
        }
        print { $self->{socket} } $text;
        my $answer = $self->answer($r->{method});
        return $answer if $answer;
        delete $self->{socket};
        return if !$kept || length $self->{buffer};
    }
}

1;
