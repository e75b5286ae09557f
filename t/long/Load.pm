# Clients at a steady rate over kept connections. Each request carries an id of
# its own in its User-Agent, so that the events can be held against the log.
#
#   my $load = Load->start($h, clients => 2, rate => 400);     # a second, all
#   ...
#   my @log = $load->stop;    # [ id, kind, status, at, microseconds, how ]
#
# Status 0: no answer came. how: 'new', 'kept' connection, or 'again': the kept
# one was closed before its first byte and the request was repeated on a new.
# With once => 1 nothing is repeated.
package Load;
use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);
use Godwit::Edge;
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(quantile compare memory links);

# links 0..9 of campaign 7, for hot clicks
sub links {
    my ($h) = @_;
    $h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
        fixed) select 1, 7, i, 'https://shop.example/?i=' || i, true
        from generate_series(0, 9) i});
}

# one answer from a connection: its status, 0 when it ends early or is late,
# and whether a byte of it came or may come
sub answer {
    my ($c) = @_;
    my $text = '';
    while (1) {
        if ($text =~ /\r\n\r\n/) {
            my $body = length($text) - $+[0];
            my ($want) = $text =~ /^content-length: (\d+)\r$/im;
            last if $body >= ($want // 0);
        }
        $! = 0;
        next if sysread $c->{socket}, $text, 65536, length $text;
        return (0, length($text) || $!{EAGAIN});
    }
    delete $c->{socket} if $text =~ /^connection: close\r$/im;
    return $text =~ m{^HTTP/1\.1 (\d+)} ? ($1, length $text) : (0, 1);
}

sub dial {
    my ($c) = @_;
    $c->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $c->{port}, Timeout => 10) or return;
    return setsockopt $c->{socket}, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 10, 0;
}

# (status, how)
sub request {
    my ($c, $path, $id) = @_;
    my $how = $c->{socket} ? 'kept' : 'new';
    for (1 .. 2) {
        $c->{socket} or dial($c) or return (0, $how);
        my $sent = syswrite $c->{socket}, "GET $path HTTP/1.1\r\nHost: load\r\n"
            . "User-Agent: load/$id\r\n\r\n";
        my ($status, $bytes) = $sent ? answer($c) : (0, 0);
        return ($status, $how) if $status;
        delete $c->{socket};
        return (0, $how) if $how ne 'kept' || $bytes || $c->{once};
        $how = 'again';
    }
}

sub client {
    my ($c, $log, @paths) = @_;
    my ($n, @log) = (0);
    local $SIG{PIPE} = 'IGNORE';
    my $due = time;
    until (-e "$log.stop") {        # a signal would cut a read short
        my $now = time;
        if ($due > $now) { sleep $due - $now; $now = time }
        # one that waits for the answer before it has waited as well
        my $from = $due > $now - 0.002 || !@log ? $now : $due;
        my ($kind, $path) = @{ $paths[ $n % @paths ] };
        delete $c->{socket} if $c->{fresh};
        my ($status, $how) = request($c, $path, "$c->{name}-" . ++$n);
        push @log, join ' ', "$c->{name}-$n", $kind, $status, $from,
            int((time - $from) * 1e6), $how;
        $due += 1 / $c->{rate};
        $due = time if $due < time - 1;
    }
    open my $fh, '>', $log or die "load: $log: $!\n";
    print $fh "$_\n" for @log;
    close $fh or die "load: $log: $!\n";
}

sub start {
    my ($class, $h, %a) = @_;
    my $n = $a{clients} // 2;
    my $dir = tempdir(CLEANUP => 1);
    my $self = bless { pids => [], logs => [ map { "$dir/$_" } 1 .. $n ] }, $class;
    my %t = (campaign => 7);
    my @paths = map { (['open', '/o/' . token($h, what => 'open', %t,
        contact => $_)], ['click', '/c/' . token($h, what => 'click', %t,
        contact => $_, link => $_)]) } 1 .. 5;
    for my $i (1 .. $n) {
        my $pid = fork // die "load: fork: $!\n";
        if (!$pid) {
            eval { client({ %a, name => "$a{name}$i", port => $h->port,
                rate => $a{rate} / $n }, $self->{logs}[$i - 1], @paths); 1 }
                or print STDERR $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
    }
    return $self;
}

sub stop {
    my ($self) = @_;
    Godwit::spew("$_.stop", '') for @{ $self->{logs} };
    waitpid $_, 0 for @{ $self->{pids} };
    return map { [ split ' ' ] } map { split /\n/, Godwit::slurp($_) }
        @{ $self->{logs} };
}

# ------------------------------------------------------------------- verdicts

sub quantile {
    my ($q, @v) = @_;
    @v = sort { $a <=> $b } @v;
    return $v[ int $q * $#v ];
}

# the log against the events: (answered but not there, there more than once or
# never asked)
sub compare {
    my ($h, @log) = @_;
    my %seen = map { $_->[0] => $_->[1] } @{ $h->dbh->selectall_arrayref(
        q{select substr(user_agent, 6), count(*) from godwit.events
        where user_agent like 'load/%' group by 1}) };
    my %asked = map { $_->[0] => $_->[2] } @log;
    return (scalar(grep { $asked{$_} && !$seen{$_} } keys %asked),
        scalar(grep { $seen{$_} > 1 || !exists $asked{$_} } keys %seen));
}

# KiB of memory that the processes hold for themselves
sub memory {
    my $sum = 0;
    Godwit::slurp("/proc/$_/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m
        and $sum += $1 for @_;
    return $sum;
}

1;
