# The processes of a house: start, look, stop, by pid and never by name.
package House;
use strict;
use warnings;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

sub godwit {
    my ($self, $word, @more) = @_;
    return ($self->path(qw(app bin godwit)), $word, '-c', $self->path(qw(conf godwit.conf)), @more);
}

sub last_line {
    my ($self, $name) = @_;
    my $text = slurp($self->path('log', "$name.log"));
    my @lines = grep { /\S/ } split /\n/, substr $text, $self->{log_at}{$name} // 0;
    # Postgres says why, then that it is shut down
    my @why = map { /FATAL:\s+(.*)/ ? $1 : () } @lines;
    return $why[-1] if @why;
    return @lines ? $lines[-1] : 'no word in its log';
}

# Wait until a part that was started is as it should be; it may end instead.
sub wait_up {
    my ($self, $name, $code) = @_;
    my $until = time + 30;
    until ($self->alive($name) && $code->()) {
        my $why = $self->gone($name) ? $self->last_line($name) : time <= $until ? undef
            : $name eq 'nginx' && $self->{unready} || 'see ' . $self->path('log', "$name.log");
        die "$name does not start: $why\n" if defined $why;
        sleep 0.05;
    }
}

# Run to the end with its words in log/quiet.log; true when it exits with 0.
sub quiet {
    my ($self, @words) = @_;
    return $self->run_with_input('', @words);
}

sub run_with_input {
    my ($self, $input, @words) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        chdir $self->{state};
        $ENV{GODWIT_STATE} = $self->{state};
        open STDOUT, '>', $self->path(qw(log quiet.log));
        open STDERR, '>&', \*STDOUT;
        open my $pipe, '|-', @words or POSIX::_exit(127);
        print $pipe $input;
        close $pipe;
        POSIX::_exit($? >> 8 || ($? ? 1 : 0));
    }
    waitpid $pid, 0;
    return $? == 0;
}

sub capture {
    my ($self, @words) = @_;
    open my $fh, '-|', @words or return '';
    local $/;
    return <$fh> // '';
}

# Start in the background, in its own session, as the house's user.
sub start {
    my ($self, $name, @words) = @_;
    my $log = $self->path('log', "$name.log");
    $self->{log_at}{$name} = -s $log // 0;
    pipe my $r, my $w;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $child = fork // POSIX::_exit(1);
        if ($child) {
            syswrite $w, $child;
            POSIX::_exit(0);
        }
        close $w;
        POSIX::setsid();
        chdir $self->{state};
        $ENV{GODWIT_STATE} = $self->{state};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        exec @words or POSIX::_exit(127);
    }
    close $w;
    waitpid $pid, 0;
    sysread $r, my $child, 20;
    # the supervisor and nginx write their pid files themselves
    $self->spew($self->path('run', "$name.pid"), "$child\n") if $name =~ /^(?:postgres|sink)$/;
    $self->{pid}{$name} = $child + 0;
    return $child;
}

# The pid of a part when it lives and is ours, else 0.
sub alive {
    my ($self, $name) = @_;
    my ($pid) = $self->{pid}{$name} // slurp($self->path('run', "$name.pid")) =~ /(\d+)/;
    return $pid && $self->is_ours($pid) ? $pid : 0;
}

# Has a part that we started ended?
sub gone {
    my ($self, $name) = @_;
    my $pid = $self->{pid}{$name} // 0;
    return !-d "/proc/$pid" || slurp("/proc/$pid/stat") =~ /\) Z /;
}

# One of our programs, and of this house: an editor or a shell that only names
# the state folder is somebody else's.
sub is_ours {
    my ($self, $pid) = @_;
    return 0 if slurp("/proc/$pid/stat") =~ /\) Z /;
    my ($cmdline, $state) = (slurp("/proc/$pid/cmdline"), $self->{state});
    return 0 if $cmdline !~ m{^(?:[^\0 ]*/)?(?:godwit|nginx|postgres)(?:[:\0 ]|$)};
    return 1 if $cmdline =~ m{(?:^|[\0 ])\Q$state\E(?:[/\0 ]|$)};
    # a backend without its postmaster lives in the data folder
    return 1 if (readlink("/proc/$pid/cwd") // '') eq "$state/pg";
    return slurp("/proc/$pid/maps") =~ m{ \Q$state\E/app/};
}

# Whatever of ours still runs, also orphans of a master that was killed.
sub all_ours {
    my ($self) = @_;
    my @pids;
    for (glob '/proc/[0-9]*') {
        my ($pid) = m{(\d+)$};
        next if $pid == $$ || ((stat $_)[4] // -1) != $self->{uid};
        push @pids, $pid if $self->is_ours($pid);
    }
    return @pids;
}

sub stop_all {
    my ($self) = @_;
    delete $self->{pid};
    for ([ nginx => 'QUIT' ], [ worker => 'TERM' ], [ sink => 'TERM' ], [ postgres => 'INT' ]) {
        my ($name, $signal) = @$_;
        my $pid = $self->alive($name) or next;
        kill $signal, $pid;
        my $until = time + 20;
        sleep 0.02 while $self->is_ours($pid) && time < $until;
        kill 'KILL', $pid if $self->is_ours($pid);
    }
    my $until = time + 10;
    while (my @left = $self->all_ours) {
        kill 'KILL', @left;
        die "cannot stop the processes @left\n" if time > $until;
        sleep 0.05;
    }
    # Nobody is left, so what these say is old. Postgres believes its own when
    # the pid has come back after a reboot, or waits to be reaped.
    unlink map({ $self->path('run', "$_.pid") } qw(nginx worker sink postgres)),
        $self->path(qw(pg postmaster.pid)),
        map { $self->path(qw(run sock), $_) } qw(.s.PGSQL.5432 .s.PGSQL.5432.lock);
}

sub connect_to {
    my ($self, $port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5);
}

# Is every part ready? The first that is not, and why, is kept.
sub is_ready {
    my ($self) = @_;
    my $s = $self->connect_to($self->{http}) or return 0;
    print $s "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    my ($status, $why) = join('', <$s>) =~ m{^HTTP/1\.1 (\d+).*?\r\n\r\n([^\n]*)}s;
    $self->{unready} = ($status // 0) == 503 ? $why : '';
    return ($status // 0) == 200;
}

sub greets {
    my ($self) = @_;
    my $s = $self->connect_to($self->{smtp}) or return 0;
    my $line = <$s> // '';
    print $s "QUIT\r\n";
    return $line =~ /^220 /;
}

1;
