# A house as `make up` starts it, in a state folder of its own.
#
#   my $house = Godwit::House->new(GODWIT_DEMO => 0);
#   my ($code, $out, $err) = $house->make('up');
#   $house->processes            # pids that belong to it
#   $house->call('campaigns_stats', { id => 'cmp_1' })
#
# What still runs is ended with `make down` when the test ends.
package Godwit::House;
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();

use Godwit ();

my @all;

sub new {
    my ($class, %env) = @_;
    my $dir = tempdir('gw-house-XXXXXX', TMPDIR => 1, CLEANUP => 0);
    chmod 0755, $dir;
    my $self = bless { dir => $dir, state => "$dir/state", http => Godwit::free_port(),
        smtp => Godwit::free_port(), owner => $$ }, $class;
    $self->{env} = { GODWIT_STATE => $self->{state}, GODWIT_PORT => $self->{http},
        GODWIT_SINK_PORT => $self->{smtp}, %env };
    push @all, $self;
    return $self;
}

# start make, or any words, in the house's surroundings; its pid
sub begin {
    my ($self, @words) = @_;
    my $n = $self->{begun}++;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES)};
        @ENV{ keys %{ $self->{env} } } = values %{ $self->{env} };
        chdir Godwit::root();
        setpgrp;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/out.$n";
        open STDERR, '>', "$self->{dir}/err.$n";
        exec @words or POSIX::_exit(127);
    }
    $self->{n}{$pid} = $n;
    return $pid;
}

sub out { return Godwit::slurp("$_[0]{dir}/out.$_[0]{n}{$_[1]}") }

# its end: (exit code, stdout, stderr)
sub end {
    my ($self, $pid) = @_;
    Godwit::wait_for(sub { waitpid($pid, POSIX::WNOHANG()) }, 180)
        or kill('KILL', -$pid) && waitpid $pid, 0;
    my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    return ($code, map { Godwit::slurp("$self->{dir}/$_.$self->{n}{$pid}") } qw(out err));
}

sub make { my ($self, @words) = @_; return $self->end($self->begin('make', @words)) }

sub port { return $_[0]{http} }

sub ready_line {
    my ($self) = @_;
    return "godwit ready http=http://127.0.0.1:$self->{http} smtp=127.0.0.1:$self->{smtp} "
        . "state=$self->{state}";
}

# its document, or none
sub call {
    my ($self, $operation, $body) = @_;
    my ($code, $out) = Godwit::said($self, $operation, encode_json($body));
    return $code == 0 ? decode_json($out) : undef;
}

sub become {
    my ($self, undef, @words) = @_;
    @ENV{ keys %{ $self->{env} } } = values %{ $self->{env} };
    exec @words or POSIX::_exit(127);
}

sub hang_up { return Godwit::hang_up($_[0]) }

# everything that a house starts works in its state folder
sub processes {
    my ($self) = @_;
    my @pids = sort { $a <=> $b } grep { (readlink("/proc/$_/cwd") // '') =~ m{^\Q$self->{state}\E(?:/|$)} }
        map { m{(\d+)$} } glob '/proc/[0-9]*';
    return @pids;
}

# a test that is stopped comes to its END too
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP PIPE);

END {
    my $code = $?;
    for my $house (grep { $_->{owner} == $$ } @all) {
        $house->hang_up;
        $house->make('down') if -d $house->{state};
        kill 'KILL', $house->processes;
        system 'rm', '-rf', $house->{dir} unless $ENV{GODWIT_TEST_KEEP};
    }
    $? = $code;
}

1;
