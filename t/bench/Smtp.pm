# Postfix's smtp-sink and smtp-source, unpacked into build/, never installed.
package Smtp;

use strict;
use warnings;
use Exporter 'import';
use Godwit;
use IO::Socket::INET;

our @EXPORT = qw(smtp_tool smtp_sink smtp_source);

# the words that run smtp-sink or smtp-source
sub smtp_tool {
    my ($name) = @_;
    chomp(my $tree = `dev/unpack postfix`);
    die "no $name: Debian's package postfix could not be unpacked\n" if !-d $tree;
    return ('env', "LD_LIBRARY_PATH=$tree/usr/lib/postfix", "$tree/usr/sbin/$name");
}

# a throw-away server that ends with the house; returns its port
sub smtp_sink {
    my ($h, @flags) = @_;
    my $port = free_port();
    $h->spawn({ program => [smtp_tool('smtp-sink')], log => 'smtp-sink' }, @flags,
        "127.0.0.1:$port", 1024);
    wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") } 5
        or die "smtp-sink does not start\n";
    return $port;
}

# send n messages of so many bytes by so many connections, each kept open
sub smtp_source {
    my ($port, %a) = @_;
    my @words = (Godwit::Postgres::user(), smtp_tool('smtp-source'), '-d', '-s',
        $a{connections} // 16, '-m', $a{n}, '-l', $a{bytes}, '-f', 'bench@bench.test',
        '-t', 'to@bench.test', "127.0.0.1:$port");
    system(@words) == 0 or die "smtp-source failed\n";
}

1;
