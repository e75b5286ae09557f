# The house of a chaos run: started by `make up`, killed piece by piece, each
# supervisor and nginx master started again as it had been. Its mail goes to the
# exchangers of domains, three that take it and one that is a black hole: it
# accepts connections and never says a word.
package Chaos::House;
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

use Godwit ();
use Godwit::Zone;

my @takes = qw(one.example two.example three.example);
my $hole = 'hole.example';
my $json = JSON::PP->new->utf8;

sub up {
    my ($class, $root, $state) = @_;
    my $self = bless { root => $root, state => $state, owner => $$, pids => [] }, $class;
    $ENV{GODWIT_STATE} = $state;
    $ENV{GODWIT_PORT} = $self->{port} = Godwit::free_port();
    $ENV{GODWIT_SINK_PORT} = $self->{sink} = Godwit::free_port();
    $ENV{GODWIT_DEMO} = 0;
    my $out = qx{make -s -C $root up 2>&1};
    die "chaos: make up: $out" if $?;
    $self->remember;
    $self->exchangers;
    return $self;
}

# the exchangers of the domains; the house's own sink is that of the first one
sub exchangers {
    my ($self) = @_;
    my %at = map { ($takes[$_] => '127.0.0.' . ($_ + 1)) } 0 .. $#takes;
    $at{$hole} = $self->{hole} = '127.0.0.' . (@takes + 1);
    $self->{silence} = IO::Socket::INET->new(Listen => 1000, LocalAddr => $self->{hole},
        LocalPort => $self->{sink}) or die "chaos: no black hole: $!\n";
    $self->{indexes} = ["$self->{state}/sink/index.jsonl"];
    for my $address (@at{ @takes[1 .. $#takes] }) {
        my $dir = "$self->{state}/sink-$address";
        mkdir $dir or die "chaos: $dir: $!\n";
        Godwit::Postgres::own($dir);
        push @{ $self->{indexes} }, "$dir/index.jsonl";
        $self->spawn({ program => [ $self->godwit ], log => "sink-$address" }, 'sink', '--listen',
            "$address:$self->{sink}", '--dir', $dir);
    }
    my $zone = Godwit::Zone->new($self, { map { ("$_ MX" => ["10 mx.$_"],
        "mx.$_ A" => [ $at{$_} ]) } keys %at });
    my $file = "$self->{state}/conf/godwit.conf";
    my $ways = 'resolver ' . $zone->server . "; smtp_port $self->{sink}; mail_allow 127.0.0.0/8;";
    my $conf = slurp($file);
    $conf =~ s/^\s*smart_host .*$/$ways/m or die "chaos: $file has no smart_host\n";
    Godwit::spew($file, $conf);
    my $worker = $self->pid('worker');
    my @with = children($worker);
    kill TERM => $worker;
    gone($worker, @with);
    $self->start('worker');
}

# what it keeps running beside the house, as in the harness
sub spawn {
    my ($self, $o, @words) = @_;
    my $pid = fork // die "chaos: fork: $!\n";
    if ($pid == 0) {
        @SIG{qw(__DIE__ INT TERM)} = ('DEFAULT') x 3;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{state}/log/$o->{log}.log";
        open STDERR, '>>&', \*STDOUT;
        exec(Godwit::Postgres::user(), @{ $o->{program} }, @words) or POSIX::_exit(127);
    }
    push @{ $self->{pids} }, $pid;
}

# a second workspace
sub workspace {
    my ($self, $name) = @_;
    my ($info) = slurp("$self->{state}/conf/godwit.conf") =~ /^\s*database\s+"([^"]+)"/m;
    open my $fh, '-|', Godwit::Postgres::user(), 'psql', '-XqAt', '-d', "$info user=postgres", '-c',
        "select auth.tenant_create('$name', clock_timestamp())" or die "chaos: psql: $!\n";
    my $id = <$fh> // '';
    close $fh && $id =~ /^(\d+)$/ or die "chaos: no workspace\n";
    return $1;
}

sub down {
    my ($self) = @_;
    return if $self->{gone}++ || $$ != $self->{owner};
    system "make -s -C $self->{root} down >/dev/null 2>&1";
    kill KILL => @{ $self->{pids} };
    waitpid $_, 0 for @{ $self->{pids} };
}

sub port { return $_[0]{port} }
sub state { return $_[0]{state} }
sub takes { return @takes }
sub hole { return $hole }
sub indexes { return @{ $_[0]{indexes} } }
sub godwit { return "$_[0]{root}/build/godwit" }

sub call {
    my ($self, $workspace, $operation, $input) = @_;
    open my $fh, '-|', $self->godwit, 'call', $operation,
        $json->encode($input), '--workspace', $workspace or die "chaos: godwit: $!\n";
    my $text = do { local $/; <$fh> } // '';
    close $fh or die "chaos: $operation: $text";
    return $json->decode($text);
}

sub import_csv {
    my ($self, $workspace, $file, $list) = @_;
    my $out = qx{@{[ $self->godwit ]} import --workspace $workspace --list $list $file 2>&1};
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

# established connections of a process to those who take mail
sub smtp_open {
    my ($self, $pid) = @_;
    my $hole = sprintf '%08X', unpack 'V', pack 'C4', split /\./, $self->{hole};
    my %to = map { $_->[9] => 1 }
        grep { ($_->[2] // '') =~ /^(\w+):(\w+)\z/ && hex $2 == $self->{sink} && $1 ne $hole }
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
