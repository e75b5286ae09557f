# A name server on loopback with a zone of the test's own, which it may change
# while the server runs:
#
#   my $zone = Godwit::Zone->new($h, {
#       'a.test MX' => [ '10 mx.a.test', '20 127.test' ], 'mx.a.test A' => ['127.0.0.2'],
#       '*.b.test MX' => [ '0 .' ], 'c.test TXT' => [ '"v=spf1" " -all"' ],
#       'bad.test' => 'SERVFAIL', 'mute.test' => 'SILENT' });
#   $h->configure('resolver ' . $zone->server . ';');
#   $zone->set('d.test A' => [ '127.0.0.3' ]);
#
# What is not there is NXDOMAIN, and no such record when another type is. A
# value that is a word is the outcome of every question, or of those of a type:
# SERVFAIL, REFUSED, NXDOMAIN, or SILENT. An answer that does not fit into UDP
# is cut off there and whole over TCP. `asked` counts the questions.
package Godwit::Zone;
use strict;
use warnings;
use Godwit;
use JSON::PP;
use Time::HiRes ();

my $ttl = 300;

sub new {
    my ($class, $h, $records) = @_;
    my $self = bless { port => free_port(), file => $h->state . '/zone.json',
        log => $h->state . '/zone.asked', records => $records }, $class;
    $self->set;
    spew($self->{log}, '');
    Godwit::Postgres::own($self->{log});
    $h->spawn({ log => 'zone', program => [ $^X, '-It/lib', '-MGodwit::Zone', '-e',
        'Godwit::Zone::serve(@ARGV)' ] }, $self->{port}, $self->{file}, $self->{log});
    wait_for { IO::Socket::INET->new(PeerAddr => $self->server) } 5
        or die 'the name server does not start';
    return $self;
}

sub server { return "127.0.0.1:$_[0]{port}" }

sub set {
    my ($self, %more) = @_;
    $self->{records} = { %{ $self->{records} }, %more };
    spew("$self->{file}.new", encode_json($self->{records}));
    rename "$self->{file}.new", $self->{file} or die "$self->{file}: $!";
}

# how often a name was asked for
sub asked {
    my ($self, $name) = @_;
    return scalar grep { $_ eq $name } split /\n/, slurp($self->{log});
}

# ------------------------------------------------------- the server's process

my ($file, $log, $read, $zone) = (undef, undef, '', {});

sub zone {
    my $now = join ' ', (Time::HiRes::stat($file))[1, 9];      # an inode comes again
    if ($now ne $read) {
        $zone = decode_json(slurp($file));
        $read = $now;
    }
    return $zone;
}

sub names {
    my ($name) = @_;
    my @names = lc $name;
    push @names, '*.' . $name =~ s/^[^.]+\.//r if $name =~ /\./;
    return @names;
}

sub answer {
    my ($name, $class, $type) = @_;
    open my $fh, '>>', $log or die "$log: $!";
    print $fh "$name\n";
    close $fh;
    my $z = zone();
    for my $n (names($name)) {
        my ($got) = map { $z->{$_} // () } "$n $type", $n, "$n CNAME";
        if (defined $got && !ref $got) {
            return $got eq 'SILENT' ? () : ($got, [], [], []);
        }
        if ($got) {
            my $as = $z->{"$n $type"} ? $type : 'CNAME';
            my @rr = map { Net::DNS::RR->new("$name. $ttl IN $as $_") } @$got;
            push @rr, @{ (answer($got->[0], $class, $type))[1] // [] } if $as ne $type;
            return ('NOERROR', \@rr, [], []);
        }
        return ('NOERROR', [], soa($name), []) if grep { /^\Q$n\E / } keys %$z;
    }
    return ('NXDOMAIN', [], soa($name), []);
}

sub soa {
    my ($name) = @_;
    return [ Net::DNS::RR->new("$name. 60 IN SOA ns.test. root.test. 1 60 60 60 60") ];
}

sub serve {
    (my $port, $file, $log) = @_;
    require Net::DNS::Nameserver;
    Net::DNS::Nameserver->new(LocalAddr => '127.0.0.1', LocalPort => $port,
        ReplyHandler => \&answer, IdleTimeout => 5)->main_loop;
}

1;
