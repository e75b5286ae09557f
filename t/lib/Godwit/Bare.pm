# A machine with nothing on it: Debian as debootstrap makes it, booted under its
# own systemd in namespaces of its own, so that units run as they will.
#
#   my $m = Godwit::Bare->new;                  # as root
#   my ($code, $out) = $m->run('apt-get', ...); # inside; both streams in $out
#   my $pid = $m->begin($^X, ...);              # in its network alone
#
# What is downloaded stays in build/bare, for the next time.
package Godwit::Bare;
use strict;
use warnings;
use Carp qw(croak);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;

use Godwit;

my $mirror = 'http://deb.debian.org/debian';
my $keep = Godwit::root() . '/build/bare';
my @packages = qw(adduser ca-certificates curl dbus iproute2 libc-ares2 libcurl4 libidn2-0
    libjansson4 liblmdb0 libpcre2-8-0 libpq5 libyaml-0-2 logrotate nginx openssl procps
    postgresql-15 systemd-sysv);
my @machines;

# why it cannot be, or ''
sub unable {
    return 'a machine of its own is made by root' if $> != 0;
    for my $program (qw(debootstrap unshare nsenter dpkg-buildpackage dh)) {
        return "no $program" if !grep { -x "$_/$program" } split /:/, "$ENV{PATH}:/usr/sbin:/sbin";
    }
    return -d "$keep/root" ? '' : template();
}

sub said { return qx(tail -n 1 $keep/log) =~ s/\n//r }

# made once; nothing in it is started meanwhile
sub template {
    system 'mkdir', '-p', $keep;
    my $root = "$keep/new";
    system 'rm', '-rf', $root;
    system("debootstrap --variant=minbase bookworm $root $mirror > $keep/log 2>&1") == 0
        or return 'no bare Debian: ' . said();
    spew("$root/etc/apt/sources.list",
        "deb $mirror bookworm main\ndeb $mirror-security bookworm-security main\n");
    spew("$root/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
    chmod 0755, "$root/usr/sbin/policy-rc.d";
    system("chroot $root sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive "
        . "apt-get install -qy --no-install-recommends @packages' >> $keep/log 2>&1") == 0
        or return 'no packages for it: ' . said();
    unlink "$root/usr/sbin/policy-rc.d", glob "$root/var/cache/apt/archives/*.deb";
    rename $root, "$keep/root" or return "$keep: $!";
    return '';
}

sub new {
    my ($class) = @_;
    my $dir = tempdir('gw-bare-XXXXXX', TMPDIR => 1);
    my $self = bless { dir => $dir, owner => $$ }, $class;
    mkdir "$dir/$_" for qw(upper work root);
    my $pid = fork // croak $!;
    if ($pid == 0) {
        open STDOUT, '>', "$dir/boot.log";
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec qw(unshare --pid --mount --uts --ipc --net --cgroup --fork sh -ec), script(),
            $keep, $dir or POSIX::_exit(127);
    }
    $self->{unshare} = $pid;
    push @machines, $self;
    wait_for { ($self->{init}) = slurp("/proc/$pid/task/$pid/children") =~ /(\d+)/ } 10
        or croak 'no machine: ' . slurp("$dir/boot.log");
    wait_for { ($self->run(qw(systemctl is-system-running)))[1] =~ /running|degraded/ } 60
        or croak 'the machine does not come up: ' . slurp("$dir/boot.log");
    return $self;
}

sub script { return <<'END' }
mount --make-rprivate /
mount -t overlay -o lowerdir="$0/root",upperdir="$1/upper",workdir="$1/work" overlay "$1/root"
cd "$1/root"
ip link set lo up
mount -t proc proc proc
mount -t sysfs sys sys
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
pivot_root . mnt
umount -l mnt
exec env -i container=godwit PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system
END

sub inside { return ('nsenter', '-t', $_[0]{init}, '-a', '--') }

# (exit code, what it said)
sub run {
    my ($self, @words) = @_;
    open my $fh, '-|', $self->inside, qw(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin
        DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root), 'sh', '-c',
        'exec "$@" 2>&1 < /dev/null', 'sh', @words or croak "nsenter: $!";
    my $out = do { local $/; <$fh> } // '';
    close $fh;
    return ($? >> 8, $out);
}

# it has to do, and what it says is the answer
sub does {
    my ($self, @words) = @_;
    my ($code, $out) = $self->run(@words);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $code == 0 or diag("@words: $out"), fail("@words");
    return $out =~ s/\n\z//r;
}

sub sh { my ($self, $line) = @_; return $self->does('sh', '-c', $line) }

# a process of ours that has only the network from there
sub begin {
    my ($self, @words) = @_;
    my $pid = fork // croak $!;
    return $pid if $pid;
    exec 'nsenter', '-t', $self->{init}, '-n', '--', @words or POSIX::_exit(127);
}

# a file of ours to it, and of it to us
sub put {
    my ($self, $from, $to) = @_;
    system("cp '$from' '/proc/$self->{init}/root$to'") == 0 or croak "cp $from";
}

sub file { return slurp("/proc/$_[0]{init}/root$_[1]") }

# the files of a folder of it, with its folders
sub files {
    my ($self, @dirs) = @_;
    return split /\n/, $self->sh("find @dirs 2> /dev/null; true");
}

sub stop {
    my ($self) = @_;
    return if !$self->{init} || $self->{owner} != $$;
    kill KILL => delete $self->{init};
    waitpid $self->{unshare}, 0;
    system 'rm', '-rf', $self->{dir};
}

END { my $code = $?; $_->stop for @machines; $? = $code }

1;
