# Users and browsers for a test.
#
#   my $id = user($h, 'ann@example.com', password => 'x', role => 'owner');
#   my $r = login($h, 'ann@example.com', 'x');          # as api() answers
#   my $b = browser($h, 'ann@example.com', 'x');        # its cookie; dies without
#   api($h, GET => '/lists', as($b), ...);              # in workspace 1
#   api($h, GET => '/me', as($b, 'none'));
#   my @all = together($h, 40, sub { ("u$_[0]\@example.com", 'x') });
package Godwit::Login;
use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(time);

use Godwit::Edge;
use Godwit::People;

our @EXPORT = qw(user login browser cookie as phc opened asked collect together);

# The PHC text of a password. Without `ln` it is that of today.
sub phc {
    my ($h, $password, %a) = @_;
    my ($ln, $r, $p, $salt) = ($a{ln} // 15, $a{r} // 8, $a{p} // 3, 'salt' . 'x' x 12);
    # openssl has the same function, so that ours is not judged by itself
    my $hex = unpack 'H*', $password;
    my $out = qx(openssl kdf -keylen 32 -kdfopt hexpass:$hex -kdfopt salt:$salt -kdfopt n:@{[ 2 ** $ln ]} -kdfopt r:$r -kdfopt p:$p -kdfopt maxmem_bytes:67108864 SCRYPT 2>&1);
    $out =~ s/[:\s]//g;
    croak "openssl kdf: $out" if $out !~ /\A[0-9A-F]{64}\z/;
    return sprintf '$scrypt$ln=%d,r=%d,p=%d$%s$%s', $ln, $r, $p,
        map { encode_base64($_, '') =~ s/=+\z//r } $salt, pack 'H*', $out;
}

# A user who may log in, a member of workspace 1 (or of none: role => undef).
sub user {
    my ($h, $email, %a) = @_;
    my $id = person($h, $email, exists $a{role} ? $a{role} : 'owner', $a{workspace});
    $h->dbh->do('update auth.users set password = ? where id = ?', undef,
        phc($h, $a{password}, %a), $id);
    return $id;
}

sub login {
    my ($h, $email, $password, %a) = @_;
    return api($h, POST => '/sessions', key => '', json => { email => $email, password => $password },
        %a);
}

# "godwit=TOKEN" of an answer that sets it
sub cookie {
    my ($r) = @_;
    return ($r->{headers}{'set-cookie'} // '') =~ /^([^;]+)/ ? $1 : undef;
}

sub browser {
    my $r = login(@_);
    return cookie($r) // croak "no login: $r->{status} $r->{body}";
}

# what api() needs to ask as a browser does
sub as {
    my ($cookie, $workspace, %headers) = @_;
    my %by = by($cookie, $workspace // 'ws_1');
    return (%by, headers => { %{ $by{headers} }, %headers });
}

# A login, or whatever stranger's question, that is sent and not waited for; each
# number has an address of its own, since five may fail of one.
sub opened {
    my ($h, $i, $email, $password) = @_;
    return asked($h, $i, '/sessions', { email => $email, password => $password });
}

sub asked {
    my ($h, $i, $path, $json) = @_;
    my $s = IO::Socket::INET->new(LocalAddr => sprintf('127.%d.%d.%d', 1 + $i / 62500, $i / 250 % 250,
        1 + $i % 250), PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10)
        or croak "no socket: $!";
    my $body = JSON::PP::encode_json($json);
    syswrite $s, "POST /api/v1$path HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\nContent-Length: @{[ length $body ]}\r\n\r\n$body";
    return { socket => $s, at => time, text => '' };
}

# Read them to their ends, for so many seconds at most: status (0: none came),
# seconds and text of each.
sub collect {
    my ($seconds, @all) = @_;
    my $until = time + $seconds;
    my $select = IO::Select->new(map { $_->{socket} } @all);
    my %of = map { $_->{socket} => $_ } @all;
    while ($select->count && time < $until) {
        for my $s ($select->can_read(0.1)) {
            my $r = $of{$s};
            next if sysread $s, $r->{text}, 65536, length $r->{text};
            $r->{seconds} = time - $r->{at};
            ($r->{status}) = $r->{text} =~ m{^HTTP/1\.1 (\d+)};
            $select->remove($s);
            close $s;
        }
    }
    $_->{status} //= 0 for @all;
    return @all;
}

# n logins at once; the code says address and password of each number
sub together {
    my ($h, $n, $who) = @_;
    return collect(60, map { opened($h, $_, $who->($_)) } 1 .. $n);
}

1;
