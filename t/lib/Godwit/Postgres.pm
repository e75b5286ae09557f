# The private Postgres of a test run: one cluster, a migrated template
# database, a copy of it for each test file. `t/run` starts one for a whole
# run (GODWIT_TEST_PG names its folder); a single test starts its own.
package Godwit::Postgres;
use strict;
use warnings;
use DBI;
use File::Temp qw(tempdir);
use POSIX ();

my $bin = '/usr/lib/postgresql/15/bin';

# words before a command so that it runs without root's rights
sub user {
    return () if $> != 0;
    my $name = 'godwit';
    system("useradd --system --no-create-home --shell /usr/sbin/nologin $name")
        if !getpwnam $name;
    return ('setpriv', "--reuid=$name", "--regid=$name", '--clear-groups');
}

# the same for this process, which is a child
sub lower {
    return if !user();
    my (undef, undef, $uid, $gid) = getpwnam 'godwit';
    $) = "$gid $gid";
    POSIX::setgid($gid);
    POSIX::setuid($uid);
}

sub own {
    my (@paths) = @_;
    return if $> != 0;
    user();
    my (undef, undef, $uid, $gid) = getpwnam 'godwit';
    chown $uid, $gid, @paths;
}

sub quiet {
    my ($log, @words) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        chdir '/';
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>>&', \*STDOUT;
        exec @words or exit 127;
    }
    waitpid $pid, 0;
    return $? == 0;
}

# a running cluster: GODWIT_TEST_PG's, or one that ends with this process
sub get {
    my ($class, $godwit) = @_;
    return bless { dir => $ENV{GODWIT_TEST_PG} }, $class
        if $ENV{GODWIT_TEST_PG};
    return $class->start($godwit);
}

# Where a cluster lies: in memory when there is plenty. A database is a thousand
# files, and making these where as many were just removed is slow on a disk.
sub place {
    return (TMPDIR => 1) if $ENV{GODWIT_TEST_PG_ON_DISK};
    my ($free) = (qx{df --output=fstype,avail -B1M /dev/shm 2> /dev/null} // '') =~ /^tmpfs\s+(\d+)/m;
    return ($free // 0) > 4096 ? (DIR => '/dev/shm') : (TMPDIR => 1);
}

sub start {
    my ($class, $godwit) = @_;
    my $dir = tempdir('gwpg-XXXXXX', place());
    chmod 0755, $dir;
    own($dir);
    my $self = bless { dir => $dir, owner => $$ }, $class;
    my @user = user();
    my $log = "$dir/start.log";
    quiet($log, @user, "$bin/initdb", '-D', "$dir/data", '-A', 'trust', '-U',
        'postgres', '--no-sync', '-E', 'UTF8', '--lc-collate=C', '--lc-ctype=C.UTF-8')
        && $self->up or die "the private Postgres does not start, see $log\n";
    $self->template($godwit);
    return $self;
}

# a test that stops and starts it has one of its own: it deletes
# GODWIT_TEST_PG before its first house
sub up {
    my ($self) = @_;
    my $dir = $self->{dir};
    return quiet("$dir/start.log", user(), "$bin/pg_ctl", '-D', "$dir/data",
        '-l', "$dir/log", '-w', '-o', "-k $dir -c listen_addresses= "
        . '-c fsync=off -c full_page_writes=off -c shared_buffers=64MB '
        . '-c max_connections=200 -c jit=off ' . ($ENV{GODWIT_TEST_PG_OPTIONS} // ''), 'start');
}

sub down {
    my ($self, $mode) = @_;
    return quiet('/dev/null', user(), "$bin/pg_ctl", '-D', "$self->{dir}/data",
        '-m', $mode, '-w', 'stop');
}

sub template {
    my ($self, $godwit) = @_;
    my $dbh = $self->connect('postgres');
    open my $fh, '<', 'sql/roles.sql' or die "sql/roles.sql: $!";
    $dbh->do(do { local $/; <$fh> });
    $dbh->do('create database godwit_template owner gw_owner');
    my $conf = "$self->{dir}/template.conf";
    open my $c, '>', $conf or die "$conf: $!";
    print $c "godwit {\n    state $self->{dir};\n"
        . "    base_url http://127.0.0.1;\n    database \"",
        $self->info('godwit_template'), "\";\n}\n";
    close $c;
    quiet("$self->{dir}/migrate.log", $godwit, '-c', $conf, 'migrate')
        or die "godwit migrate fails:\n" . qx{cat $self->{dir}/migrate.log};
    # workspace 1
    $self->connect('godwit_template')->do(
        q{select auth.tenant_create('Test', '2026-01-01Z')});
}

sub info { return "host=$_[0]{dir} dbname=$_[1]" }

sub connect {
    my ($self, $name, $user) = @_;
    # as the edge and the worker do
    return DBI->connect("dbi:Pg:dbname=$name;host=$self->{dir};options='-c jit=off'",
        $user // 'postgres', '', { RaiseError => 1, PrintError => 0,
            AutoCommit => 1, pg_enable_utf8 => 1 });
}

# a database of its own; `empty` has no schema
sub create {
    my ($self, $name, $empty) = @_;
    my $from = $empty ? 'template1' : 'godwit_template';
    my $dbh = $self->connect('postgres');
    $dbh->do("create database $name owner gw_owner template $from");
    # a copy has the template's content but not its privileges
    $dbh->do('update pg_database set datacl = (select datacl from pg_database '
        . 'where datname = ?) where datname = ?', undef, $from, $name) if !$empty;
}

sub drop {
    my ($self, $name) = @_;
    $self->connect('postgres')->do("drop database if exists $name with (force)");
}

sub stop {
    my ($self) = @_;
    return if !$self->{owner} || $self->{owner} != $$;
    local $?;
    $self->down('immediate');
    system 'rm', '-rf', $self->{dir};
    delete $self->{owner};
}

sub DESTROY { $_[0]->stop }

1;
