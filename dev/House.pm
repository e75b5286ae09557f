# A house: its state folder, its processes, its database.
package House;
use strict;
use warnings;
use Cwd qw(abs_path);
use Fcntl qw(:DEFAULT :flock);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

use House::Demo;
use House::Process;

my $root = abs_path(dirname(__FILE__) . '/..');
my $pgbin = (sort glob '/usr/lib/postgresql/15/bin')[0] // '/usr/lib/postgresql/15/bin';

sub new {
    my ($class) = @_;
    chdir '/';                  # the checkout may be unreadable to the house's user
    my $self = bless { root => $root, uid => $>, gid => $) + 0,
        http => $ENV{GODWIT_PORT} || 8080, smtp => $ENV{GODWIT_SINK_PORT} || 2525,
        started => [] }, $class;
    my $state = $ENV{GODWIT_STATE} || ($> == 0 ? '/var/lib/godwit' : "$root/var");
    $state = "$root/$state" if $state !~ m{^/};
    $self->{state} = $state;
    return $self;
}

sub path { return join '/', $_[0]{state}, @_[1 .. $#_] }

sub ready_line {
    my ($self) = @_;
    return "godwit ready http=http://127.0.0.1:$self->{http} "
        . "smtp=127.0.0.1:$self->{smtp} state=$self->{state}";
}

# ------------------------------------------------------------ user and folders

# As root everything runs as the system user godwit, made when missing.
sub enter_user {
    my ($self) = @_;
    return if $> != 0;
    if (!defined getpwnam 'godwit') {
        system('useradd', '--system', '--home-dir', '/var/lib/godwit', '--shell',
            '/usr/sbin/nologin', '--user-group', 'godwit') == 0
            or die "cannot make the system user godwit\n";
    }
    @$self{qw(uid gid)} = (getpwnam 'godwit')[2, 3];
}

sub make_state {
    my ($self) = @_;
    my $state = $self->{state};
    die "the state path is longer than 200 bytes; set GODWIT_STATE to a shorter one\n"
        if length $state > 200;
    die "the state path may hold letters, digits and / . _ - only: $state\n"
        if $state =~ m{[^A-Za-z0-9/._-]};
    eval { make_path($state); 1 }
        or die "cannot make the state folder $state; set GODWIT_STATE to one that can be written\n";
    $self->{state} = $state = abs_path($state);
    chown $self->{uid}, $self->{gid}, $state if $> == 0;
    my @dirs = map { "$state/$_" } qw(run log spool spool/quarantine cache journal files
        sink conf keys app app/bin app/modules);
    for my $dir (@dirs) {
        mkdir $dir, 0750 or -d $dir
            or die "the state folder $state cannot be written; set GODWIT_STATE to another\n";
        chown $self->{uid}, $self->{gid}, $dir if $> == 0;
    }
    system(@{ $self->as_user }, 'test', '-w', "$state/run") == 0
        or die "the state folder $state cannot be reached by the user that Godwit runs as; "
        . "set GODWIT_STATE to another\n";
    open $self->{lock}, '>', "$state/run/house.lock" or die "cannot lock $state/run: $!\n";
    flock $self->{lock}, LOCK_EX;
}

# Copies, so that a new build or an unreadable checkout disturbs nothing.
sub install {
    my ($self) = @_;
    for ([ 'godwit', 'bin/godwit' ], [ 'ngx_http_godwit_module.so', 'modules/ngx_http_godwit_module.so' ]) {
        my ($from, $to) = ("$root/build/$_->[0]", $self->path('app', $_->[1]));
        system('cp', $from, "$to.new") == 0 && chmod(0755, "$to.new") && rename("$to.new", $to)
            or die "cannot copy $from to $to; run make first\n";
    }
}

sub spew {
    my ($self, $file, $text, $mode) = @_;
    # a new file always: root follows no link of the house's user
    unlink "$file.new";
    sysopen my $fh, "$file.new", O_WRONLY | O_CREAT | O_EXCL
        or die "cannot write $file: $!\n";
    print $fh $text;
    close $fh or die "cannot write $file: $!\n";
    chmod $mode // 0644, "$file.new";
    chown $self->{uid}, $self->{gid}, "$file.new" if $> == 0;
    rename "$file.new", $file or die "cannot write $file: $!\n";
}

sub slurp {
    my ($file) = @_;
    open my $fh, '<', $file or return '';
    local $/;
    return <$fh> // '';
}

# Sockets lie in a short private folder: their paths may have 107 bytes.
sub socket_dir {
    my ($self) = @_;
    my $link = $self->path('run', 'sock');
    my $dir = readlink $link;
    my @st = defined $dir ? lstat $dir : ();
    return $dir if @st && -d _ && $st[4] == $self->{uid} && ($st[2] & 0777) == 0700;
    require File::Temp;
    $dir = File::Temp::tempdir('gw-XXXXXXXX', TMPDIR => 1, CLEANUP => 0);
    chmod 0700, $dir;
    chown $self->{uid}, $self->{gid}, $dir if $> == 0;
    unlink $link;
    symlink $dir, $link or die "cannot make $link: $!\n";
    return $dir;
}

sub configure {
    my ($self) = @_;
    my %word = (STATE => $self->{state}, PORT => $self->{http},
        DATABASE => "host=$self->{sock} dbname=godwit",
        BASE_URL => "http://127.0.0.1:$self->{http}",
        SMART_HOST => "127.0.0.1:$self->{smtp}",
        MODULE => $self->path(qw(app modules ngx_http_godwit_module.so)));
    for my $name (qw(godwit.conf nginx.conf)) {
        my $text = slurp("$root/conf.d/$name") or die "cannot read conf.d/$name\n";
        $text =~ s/\@([A-Z_]+)\@/$word{$1}/g;
        $self->spew($self->path('conf', $name), $text);
    }
    my $user = getpwuid($<);
    $self->spew($self->path('run', 'env'), "GODWIT_URL=http://127.0.0.1:$self->{http}\n"
        . "GODWIT_SMTP=127.0.0.1:$self->{smtp}\n"
        . "GODWIT_DSN='host=$self->{sock} dbname=godwit user=gw_ro'\n");
}

# -------------------------------------------------------------------- Postgres

sub psql {
    my ($self, $db, @args) = @_;
    return [ @{ $self->as_user }, "$pgbin/psql", '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1',
        '-h', $self->{sock}, '-U', 'postgres', '-d', $db, @args ];
}

sub start_postgres {
    my ($self) = @_;
    my $pg = $self->path('pg');
    if (!-e "$pg/PG_VERSION") {
        system 'rm', '-rf', "$pg.new", $pg;
        $self->quiet(@{ $self->as_user }, "$pgbin/initdb", '-D', "$pg.new", '-U', 'postgres',
            '--auth-local=peer', '--auth-host=reject', '--encoding=UTF8', '--lc-collate=C', '--lc-ctype=C.UTF-8')
            or die "initdb failed: " . $self->last_line('quiet') . "\n";
        rename "$pg.new", $pg or die "cannot rename $pg.new: $!\n";
    }
    my $os = getpwuid $self->{uid};
    my $me = getpwuid $<;
    my @roles = qw(gw_owner gw_edge gw_worker gw_ro);
    $self->spew("$pg/pg_hba.conf", "local all all peer map=godwit\n", 0600);
    $self->spew("$pg/pg_ident.conf", join('', "godwit $os postgres\n",
        map { my $user = $_; map { "godwit $user $_\n" } @roles }
        $me ne $os ? ($os, $me) : $os), 0600);
    # the invoking user enters the socket folder as root or as its owner
    $self->start('postgres', "$pgbin/postgres", '-D', $pg, map { ('-c', $_) }
        "listen_addresses=", "unix_socket_directories=$self->{sock}", 'max_connections=100',
        'shared_buffers=256MB', 'max_wal_size=4GB', 'checkpoint_timeout=15min', 'jit=off',
        'log_checkpoints=off', 'autovacuum_naptime=10s', 'log_line_prefix=%m [%p] ',
        'wal_compression=on');
    $self->wait_for(30, 'Postgres does not start: see log/postgres.log', sub {
        $self->gone('postgres') and die "Postgres does not start: " . $self->last_line('postgres') . "\n";
        system(@{ $self->as_user }, "$pgbin/pg_isready", '-q', '-U', 'postgres', '-d', 'postgres', '-h', $self->{sock}) == 0;
    });
}

sub prepare_database {
    my ($self) = @_;
    my $roles = "$root/sql/roles.sql";
    $self->run_with_input(slurp($roles), @{ $self->psql('postgres') }) or die "cannot make the database roles: "
        . $self->last_line('quiet') . "\n";
    my $has = $self->capture(@{ $self->psql('postgres', '-c',
        "select count(*) from pg_database where datname = 'godwit'") });
    if ($has !~ /1/) {
        $self->quiet(@{ $self->psql('postgres', '-c', 'create database godwit owner gw_owner') })
            or die "cannot create the database: " . $self->last_line('quiet') . "\n";
    }
    $self->quiet(@{ $self->as_user }, $self->godwit('migrate'))
        or die "migrate: " . $self->last_line('quiet') . "\n";
    if (!-e $self->path(qw(keys token))) {
        $self->quiet(@{ $self->as_user }, $self->godwit(qw(key init)))
            or die "key init: " . $self->last_line('quiet') . "\n";
    }
    $self->quiet(@{ $self->psql('godwit', '-c', q{select auth.tenant_create('Workspace 1', now())
        where not exists (select from auth.tenants)}) }) or die "cannot make workspace 1\n";
}

# ------------------------------------------------------------------------ verbs

sub is_up {
    my ($self) = @_;
    return $self->alive('postgres') && $self->alive('sink') && $self->alive('worker')
        && $self->alive('nginx') && $self->http_status('/readyz') == 200;
}

# Nothing of ours may be left that a new start would trip over.
sub up {
    my ($self) = @_;
    $self->enter_user;
    $self->make_state;
    $self->{sock} = $self->socket_dir;
    return if $self->is_up;
    $self->stop_all;
    for ([ GODWIT_PORT => $self->{http} ], [ GODWIT_SINK_PORT => $self->{smtp} ]) {
        my ($name, $port) = @$_;
        IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1,
            ReuseAddr => 1) or die "port $port is taken; set $name to another\n";
    }
    $self->install;
    $self->configure;
    $self->{clean} = 1;
    $self->start_postgres;
    $self->prepare_database;
    $self->start('sink', $self->godwit('sink'), '--listen', "127.0.0.1:$self->{smtp}",
        '--dir', $self->path('sink'), '--crowd', '--seed', 1);
    $self->start('worker', $self->godwit('worker'));
    $self->start('nginx', '/usr/sbin/nginx', '-c', $self->path(qw(conf nginx.conf)), '-p',
        $self->{state}, '-e', $self->path(qw(log nginx.log)), '-g', 'daemon off;');
    $self->wait_for(30, 'the sink does not greet: see log/sink.log',
        sub { $self->greets && $self->alive('sink') });
    $self->wait_for(30, 'nginx is not ready: see log/nginx.log', sub {
        $self->gone('nginx') and die 'nginx does not start: ' . $self->last_line('nginx') . "\n";
        $self->http_status('/readyz') == 200;
    });
    $self->wait_for(10, 'the worker does not run: see log/worker.log', sub {
        $self->gone('worker') and die 'the worker does not run: ' . $self->last_line('worker') . "\n";
        $self->alive('worker');
    });
    $self->demo if ($ENV{GODWIT_DEMO} // 1) ne '0';
}

sub down {
    my ($self) = @_;
    $self->enter_user;
    return if !-d $self->{state};
    $self->{state} = abs_path($self->{state});
    $self->stop_all;
    my $link = $self->path('run', 'sock');
    my $dir = readlink $link;
    if (defined $dir && $dir =~ m{/gw-\w+$}) {
        system 'rm', '-rf', $dir;
        unlink $link;
    }
}

# After a failed start: leave no process behind.
sub clear {
    my ($self) = @_;
    $self->stop_all if $self->{clean};
}

sub run {
    my ($self) = @_;
    my $stop = 0;
    my $end = sub { $stop = 1 };
    local @SIG{qw(INT TERM HUP)} = ($end) x 3;
    local $SIG{PIPE} = 'IGNORE';
    $self->up;
    $| = 1;
    print $self->ready_line, "\n", "Ctrl-C stops it.\n";
    my $last = '';
    until ($stop) {
        my $line = $self->numbers;
        # a terminal has one line that changes, a file a line a change
        print -t STDOUT ? sprintf "\r%-78s", $line : "$line\n" if $line ne $last;
        $last = $line;
        sleep 1;
    }
    print "\nstopping\n";
    $self->down;
}

1;
