# The house of a chaos run: started by `make up`, killed piece by piece, each
# supervisor and nginx master started again as it had been.
package Chaos::House;
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8;

sub free_port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "chaos: no free port: $!\n";
    return $s->sockport;
}

sub up {
    my ($class, $root, $state) = @_;
    my $self = bless { root => $root, state => $state, owner => $$ }, $class;
    $ENV{GODWIT_STATE} = $state;
    $ENV{GODWIT_PORT} = $self->{port} = free_port();
    $ENV{GODWIT_SINK_PORT} = $self->{sink} = free_port();
    $ENV{GODWIT_DEMO} = 0;
    my $out = qx{make -s -C $root up 2>&1};
    die "chaos: make up: $out" if $?;
    $self->remember;
    return $self;
}

sub down {
    my ($self) = @_;
    return if $self->{gone}++ || $$ != $self->{owner};
    system "make -s -C $self->{root} down >/dev/null 2>&1";
}

sub port { return $_[0]{port} }
sub sink_index { return "$_[0]{state}/sink/index.jsonl" }
sub godwit { return "$_[0]{root}/build/godwit" }

sub call {
    my ($self, $operation, $input) = @_;
    open my $fh, '-|', $self->godwit, 'call', $operation,
        $json->encode($input) or die "chaos: godwit: $!\n";
    my $text = do { local $/; <$fh> } // '';
    close $fh or die "chaos: $operation: $text";
    return $json->decode($text);
}

sub import_csv {
    my ($self, $file, $list) = @_;
    my $out = qx{@{[ $self->godwit ]} import --list $list $file 2>&1};
    die "chaos: import: $out" if $?;
}

sub pid {
    my ($self, $name) = @_;
    open my $fh, '<', "$self->{state}/run/$name.pid" or return;
    my $pid = <$fh> // return;
    return $pid =~ /^(\d+)/ && kill(0, $1) ? $1 : undef;
}

sub slurp {
    my ($file) = @_;
    open my $fh, '<', $file or return '';
    local $/;
    return <$fh> // '';
}

# how a process was started: words, environment, user, folder, log
sub process {
    my ($pid) = @_;
    my $status = slurp("/proc/$pid/status");
    return {
        argv => [ split /\0/, slurp("/proc/$pid/cmdline") ],
        exe => readlink "/proc/$pid/exe",
        env => { map { split /=/, $_, 2 } grep { /=/ }
            split /\0/, slurp("/proc/$pid/environ") },
        cwd => readlink "/proc/$pid/cwd",
        log => readlink "/proc/$pid/fd/2",
        uid => $status =~ /^Uid:\s+(\d+)/m, gid => $status =~ /^Gid:\s+(\d+)/m,
    };
}

sub remember {
    my ($self) = @_;
    my $p = $self->{start}{worker} = process($self->pid('worker'));
    $p = $self->{start}{nginx} = process($self->pid('nginx'));
    # nginx writes its title over its words, `nginx: master process WORDS`, where
    # nothing tells one word with a blank, the last, from two
    my $words = join ' ', @{ $p->{argv} };
    $words =~ s/^nginx: master process //;
    my ($more) = $words =~ s/ -g (.*)\z// ? $1 : die "chaos: nginx has no -g\n";
    $p->{argv} = [ split(' ', $words), '-g', $more ];
}

sub start {
    my ($self, $name) = @_;
    my $p = $self->{start}{$name};
    my $pid = fork // die "chaos: fork: $!\n";
    return $pid if $pid;
    $SIG{__DIE__} = 'DEFAULT';
    POSIX::setsid();
    %ENV = %{ $p->{env} };
    chdir $p->{cwd};
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $p->{log} if -f $p->{log};
    open STDERR, '>>&', \*STDOUT;
    if ($> == 0 && $p->{uid}) {
        $) = "$p->{gid} $p->{gid}";
        $( = $p->{gid};
        POSIX::setuid($p->{uid});
    }
    exec { $p->{exe} } @{ $p->{argv} } or POSIX::_exit(127);
}

sub children {
    my ($parent) = @_;
    return grep { slurp("/proc/$_/stat") =~ /^\d+ \(.*\) \S (\d+)/
            && $1 == $parent } map { m{/proc/(\d+)\z} } glob '/proc/[0-9]*';
}

# established connections of a process to the sink
sub smtp_open {
    my ($self, $pid) = @_;
    my %to = map { $_->[9] => 1 }
        grep { ($_->[2] // '') =~ /:(\w+)\z/ && hex $1 == $self->{sink} }
        map { s/^\s+//r =~ /^\d+:/ ? [ split ' ' ] : () }
        split /\n/, slurp("/proc/$pid/net/tcp");
    return scalar grep { (readlink($_) // '') =~ /^socket:\[(\d+)\]/ && $to{$1} }
        glob "/proc/$pid/fd/*";
}

sub gone {
    my (@pids) = @_;
    my $until = time + 10;
    for my $pid (@pids) {
        while (time < $until) {
            waitpid $pid, POSIX::WNOHANG();
            last if slurp("/proc/$pid/stat") !~ /^\d+ \(.*\) [^Z]/;
            sleep 0.005;
        }
    }
}

# kill -9 one; the SMTP connections that die with it, undef if it is not there
sub kill_one {
    my ($self, $kind) = @_;
    my $mail = $self->pid('mail');

    if ($kind =~ /^nginx/) {
        my $master = $self->pid('nginx') or return;
        my @workers = children($master);
        if ($kind eq 'nginx-worker') {
            return @workers && kill(KILL => $workers[ rand @workers ]) ? 0 : undef;
        }
        # a new master can not bind while workers of the old one listen
        kill KILL => $master, @workers;
        gone($master, @workers);
        $self->start('nginx');
        my $until = time + 10;
        until (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port})) {
            die "chaos: nginx does not come back, see $self->{state}/log/nginx.log\n"
                if time > $until;
            sleep 0.02;
        }
        return 0;
    }

    my $victim = $self->pid($kind eq 'supervisor' ? 'worker' : $kind)
        or return;
    my $open = 0;
    if ($mail && ($kind eq 'mail' || $kind eq 'supervisor')) {
        kill STOP => $mail;
        $open = $self->smtp_open($mail);
    }
    my @with = $kind eq 'supervisor' ? children($victim) : ();
    kill KILL => $victim;
    gone($victim, @with);
    $self->start('worker') if $kind eq 'supervisor';
    return $open;
}

1;
