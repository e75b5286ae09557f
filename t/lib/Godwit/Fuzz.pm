# Requests made by Godwit::Generate against nginx, and what must be true of
# every answer. $h is a house that runs nginx and was prepared.
#
#   my $f = Godwit::Fuzz->new($h, Godwit::Contract->new);
#   $f->run(500);
#   $f->{status}, $f->{success}{$id}, $f->{passed}, $f->{bad}, $f->{answers}
package Godwit::Fuzz;
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_RCVTIMEO);

use Godwit::Contract;
use Godwit::Edge;
use Godwit::Generate;

my $json = JSON::PP->new->utf8->allow_nonref;
my $inner = qr/pg_|SQL|relation|syntax error at|\/(?:usr|tmp|work)\/|ngx_/;

# what the contract, the media types or the key decide
my %refused = map { $_ => 1 } 400, 401, 403, 405, 406, 413, 414, 415, 422;

sub new {
    my ($class, $h, $contract) = @_;
    return bless { h => $h, operations => [ $contract->operations ], key => key($h),
        generate => Godwit::Generate->new($contract), status => {}, success => {}, passed => 0,
        bad => [], answers => {}, n => 0 }, $class;
}

# ------------------------------------------------------------------- the wire

sub text {
    my ($self, $r) = @_;
    my %headers = (Host => 'fuzz', Authorization => "Bearer $self->{key}", %{ $r->{headers} });
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

# on the connection that there is; a kept one may have been closed
sub ask {
    my ($self, $r) = @_;
    my $text = $self->text($r);
    local $SIG{PIPE} = 'IGNORE';
    for (1 .. 2) {
        my $kept = $self->{socket};
        if (!$kept) {
            $self->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                PeerPort => $self->{h}->port) or return;
            setsockopt $self->{socket}, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 30, 0;
            $self->{socket}->autoflush;
            $self->{buffer} = '';
        }
        print { $self->{socket} } $text;
        my $answer = $self->answer($r->{method});
        return $answer if $answer;
        delete $self->{socket};
        return if !$kept;
    }
}

# ----------------------------------------------------------------- the verdict

sub judge {
    my ($self, $op, $r, $a) = @_;
    return 'no answer' if !$a;
    my ($status, $type) = ($a->{status}, $a->{headers}{'content-type'} // '');
    return "status $status" if $status < 200 || $status >= 500;
    my $body = $a->{body};
    return if $r->{method} eq 'HEAD' || $r->{method} eq 'OPTIONS' || $a->{headers}{'content-encoding'};
    if ($status >= 400) {
        # what nginx refuses itself, or what has left our paths, has no problem of ours
        return if $type eq 'text/html' && $body =~ /<hr><center>nginx</
            && ($status =~ /^4(?:00|14|16)/ || $status == 404 && $r->{target} =~ /(?:\.|%2e){2}/);
        my $got = problem({ %$a, json => $self->{doc} });
        return $got if $got !~ /^$status \w+\z/;
        return 'an inner word' if $body =~ $inner;
    } elsif ($type eq 'application/json') {
        return 'no JSON' if !defined $self->{doc};
    }
    return;
}

sub run {
    my ($self, $n) = @_;
    my $g = $self->{generate};
    # first each operation once as it should be, so that there is something
    my @sure = @{ $self->{operations} };
    for my $i (1 .. $n) {
        my $sure = @sure;
        my $op = $sure ? shift @sure : Godwit::Generate::one(@{ $self->{operations} });
        my $r = $g->request($op, $sure ? input($self->{h}, $op) : $g->input($op));
        $r->{headers} = { 'Content-Type' => $op->{type} // '' }, $r->{method} = $op->{method} if $sure;
        my $spoilt = !$sure && Godwit::Generate::chance(0.35);
        $g->spoil($r) if $spoilt;
        my $a = $self->ask($r);
        $self->{doc} = $a ? eval { $json->decode($a->{body}) } : undef;
        my $why = $self->judge($op, $r, $a);
        push @{ $self->{bad} }, "request $i, $op->{id}: $why\n" . substr($self->text($r), 0, 1500)
            . "\n--\n" . substr($a ? $a->{body} : '', 0, 1000) if $why;
        my $status = $a ? $a->{status} : 0;
        $self->{status}{$status}++;
        $self->{passed}++ if !$refused{$status} && !($spoilt && $status == 404);
        if ($status =~ /^2/ && $r->{method} eq $op->{method}) {
            $self->{success}{ $op->{id} }++;
            my $kept = $self->{answers}{ $op->{id} } //= [];
            push @$kept, $self->{doc} if @$kept < 20 && ref $self->{doc} && $r->{target} !~ /fields=/
                && $status == $op->{status};
            $g->learn($self->{doc});
            $g->{cursors}[ $self->{n}++ % 5 ] = $self->{doc}{next}
                if ref $self->{doc} eq 'HASH' && $self->{doc}{next};
        }
    }
    return;
}

1;
