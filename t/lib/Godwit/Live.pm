# Live updates from both ends.
#
#   publish($h, { tenant => 1, topic => 'campaign:cmp_1', type => 'x', data => {} });
#   my $s = Godwit::Live->lines($h, '?topics=campaign', Authorization => "Bearer $key");
#   my $w = Godwit::Live->socket($h, "?ticket=$ticket");
#   $s->{status}, $s->{headers}, $s->{body};      # what is no stream has a body
#   my $e = $s->event;                            # the next; undef: the end, or 10 s
#   $s->next;                                     # 0 for a sign of life too
#   my ($opcode, $bytes) = $w->frame;             # the same, raw
#   $w->say(9, 'hello');                          # a masked frame
#   $s->{retry}; $w->{code};                      # said at the begin, at the end
package Godwit::Live;
use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_RCVTIMEO SO_RCVBUF);

our @EXPORT = qw(publish);

my $json = JSON::PP->new->utf8->canonical;

# lines of text, or objects to be some: (status, body)
sub publish {
    my ($h, @lines) = @_;
    my $body = join '', map { (ref $_ ? $json->encode($_) : $_) . "\n" } @lines;
    my $s = IO::Socket::UNIX->new(Peer => $h->state . '/run/live.sock') or croak "live.sock: $!";
    print $s "POST / HTTP/1.0\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    local $/;
    my ($head, $answer) = split /\r\n\r\n/, <$s> // '', 2;
    return (($head // '') =~ m{^HTTP/1\.1 (\d+)} ? $1 : 0, $answer);
}

# a connection to a port that nginx has, as its answer says; room: what it takes in
sub connected {
    my ($h, $port, $room) = @_;
    my $s = reach($port, $room);
    print $s "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
    my $answer = '';
    sysread $s, $answer, 4096, length $answer until $answer =~ /ok\n\z/;
    return $s;
}

sub reach {
    my ($port, $room) = @_;
    my $s = IO::Socket::INET->new(Proto => 'tcp') or croak $!;
    setsockopt $s, SOL_SOCKET, SO_RCVBUF, $room if $room;
    setsockopt $s, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 10, 0;
    connect $s, Socket::pack_sockaddr_in($port, Socket::inet_aton('127.0.0.1')) or croak $!;
    $s->autoflush;
    return $s;
}

# on: a connection that is there; then: what is done when the request is sent
sub open_one {
    my ($class, $h, $query, %headers) = @_;
    my ($room, $on, $then) = delete @headers{qw(room on then)};
    my $s = $on // reach($h->port, $room);
    my %h = (Host => 'test', %headers);
    print $s "GET /api/v1/live$query HTTP/1.1\r\n",
        (map { "$_: $h{$_}\r\n" } grep { defined $h{$_} } sort keys %h), "\r\n";
    $then->($s) if $then;
    my $self = bless { s => $s, in => '', text => '' }, $class;
    $self->more until $self->{in} =~ /\r\n\r\n/ || $self->{over};
    my $head = $self->{in} =~ s/\A(.*?)\r\n\r\n//s ? $1 : '';
    ($self->{status}) = $head =~ m{^HTTP/1\.1 (\d+)};
    $self->{headers} = { map { /^(.*?): (.*)/ ? (lc $1 => $2) : () } split /\r\n/, $head };
    if (defined(my $n = $self->{headers}{'content-length'})) {
        $self->more until length $self->{in} >= $n || $self->{over};
        $self->{body} = $self->{in};
        $self->{json} = eval { $json->decode($self->{body}) };
    }
    return $self;
}

sub lines { my ($class, $h, $query, %headers) = @_;
    my $self = $class->open_one($h, $query // '', Accept => 'text/event-stream', %headers);
    $self->{chunks} = ($self->{headers}{'transfer-encoding'} // '') eq 'chunked';
    return $self }

sub socket { my ($class, $h, $query, %headers) = @_;
    return $class->open_one($h, $query // '', Upgrade => 'websocket', Connection => 'Upgrade',
        'Sec-WebSocket-Version' => 13, 'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==', %headers) }

# bytes, or it is over
sub more {
    my ($self) = @_;
    my $n = sysread $self->{s}, $self->{in}, 65536, length $self->{in};
    $self->{over} = 1 if !$n;
    return;
}

sub bytes {
    my ($self, $n) = @_;
    $self->more until length $self->{in} >= $n || $self->{over};
    return length $self->{in} >= $n ? substr $self->{in}, 0, $n, '' : undef;
}

# text of a chunk, or as it comes
sub chunk {
    my ($self) = @_;
    if (!$self->{chunks}) {
        $self->more if !length $self->{in};
        $self->{text} .= $self->{in};
        $self->{in} = '';
        return;
    }
    $self->more until $self->{in} =~ /\A[0-9a-f]+\r\n/ || $self->{over};
    my $n = $self->{in} =~ s/\A([0-9a-f]+)\r\n// ? hex $1 : return;
    my $text = $self->bytes($n + 2) // return;
    $self->{text} .= substr $text, 0, $n;
    $self->{over} = $self->{clean} = 1 if !$n;
    return;
}

# an event, 0 for a sign of life, undef at the end
sub next { my ($self) = @_; return $self->{status} == 101 ? $self->message : $self->block }

sub event {
    my ($self) = @_;
    my $until = time + 10;
    while (defined(my $e = $self->next)) {
        return $e if $e;
        last if time > $until;          # signs of life alone
    }
    return;
}

sub block {
    my ($self) = @_;
    my $block;
    $self->chunk until (($block) = $self->{text} =~ /\A(.*?)\n\n/s) || $self->{over};
    return if !defined $block;
    substr $self->{text}, 0, 2 + length $block, '';
    my %field = map { /^(\w+): ?(.*)/ ? ($1 => $2) : () } split /\n/, $block;
    $self->{retry} = $field{retry} if $field{retry};
    return 0 if !defined $field{data};
    my $e = $json->decode($field{data});
    croak 'two ids' if $e->{id} ne $field{id};
    return $e;
}

sub frame {
    my ($self) = @_;
    my ($first, $n) = unpack 'CC', $self->bytes(2) // return;
    $n = unpack 'n', $self->bytes(2) if $n == 126;
    $n = unpack 'Q>', $self->bytes(8) if $n == 127;
    return ($first & 15, $n ? $self->bytes($n) : '');
}

sub message {
    my ($self) = @_;
    my ($opcode, $bytes) = $self->frame;
    return if !defined $bytes;
    return $json->decode($bytes) if $opcode == 1;
    $self->say(10, $bytes) if $opcode == 9;
    $self->{code} = unpack 'n', $bytes if $opcode == 8;
    return $opcode == 8 ? undef : 0;
}

# first: the whole first byte; mask: 0 for none
sub say {
    my ($self, $opcode, $bytes, %o) = @_;
    my $n = length $bytes;
    my $masked = $o{mask} // 1 ? 0x80 : 0;
    my $mask = pack 'N', 0x37fa213d;
    $bytes ^= substr $mask x ($n / 4 + 1), 0, $n if $masked;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{s} } pack('CC', $o{first} // (0x80 | $opcode),
        $masked | ($n < 126 ? $n : 126)), ($n < 126 ? '' : pack 'n', $n),
        ($masked ? $mask : ''), $bytes;
    return;
}

1;
