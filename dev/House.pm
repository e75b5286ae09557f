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
use House::Settings;

my @parts = qw(postgres sink worker nginx);
my $root = abs_path(dirname(__FILE__) . '/..');
my $pgbin = (sort glob '/usr/lib/postgresql/15/bin')[0] // '/usr/lib/postgresql/15/bin';

# What is taken from the checkout: read before root becomes the house's user,
# who may not see it.
my @checkout = (qw(build/godwit build/ngx_http_godwit_module.so sql/roles.sql),
    map { s{^\Q$root\E/}{}r } grep { -f }
        glob("$root/conf.d/* $root/dev/demo/* $root/sql/api/*.yaml $root/html/docs/*
            $root/html/site/* $root/html/dist/* $root/html/dist/assets/*"));

sub new {
    my ($class) = @_;
    chdir '/';
    # words are read here, and nobody's PGHOST leads us elsewhere
    delete @ENV{ grep { /^(?:PG|PERL|LC_|LANG)/ } keys %ENV };
    $ENV{LC_ALL} = 'C.UTF-8';
    my $self = bless { invoker => getpwuid($<) // "", checkout => {},
        http => $ENV{GODWIT_PORT} // 8080, smtp => $ENV{GODWIT_SINK_PORT} // 2525 }, $class;
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

# As root: make the system user godwit and give it the state folder, when that
# is new, and be that user from here on. Nothing below knows of root.
sub enter {
    my ($self) = @_;
    my $state = $self->{state};
    die "the state path is longer than 200 bytes; set GODWIT_STATE to a shorter one\n"
        if length $state > 200;
    die "the state path may hold letters, digits and / . _ - only: $state\n"
        if $state =~ m{[^A-Za-z0-9/._-]};
    eval { make_path($state); 1 }
        or die "cannot make the state folder $state; set GODWIT_STATE to one that can be written\n";
    $self->{state} = $state = abs_path($state);
    $self->become_user if $> == 0;
    $self->{uid} = $>;
    # even a folder that is there may be closed to us further up
    mkdir "$state/run", 0750;
    $self->must_write("$state/run", $state);
}

sub must_write {
    my ($self, $dir, $of) = @_;
    -w $dir or die "the user " . (getpwuid($>) // $>) . " cannot write the state folder "
        . ($of // $dir) . "; set GODWIT_STATE to another\n";
}

sub become_user {
    my ($self) = @_;
    $self->{checkout}{$_} = slurp("$root/$_") for @checkout;
    if (!defined getpwnam 'godwit') {
        system('useradd', '--system', '--home-dir', '/var/lib/godwit', '--shell',
            '/usr/sbin/nologin', '--user-group', 'godwit') == 0
            or die "cannot make the system user godwit\n";
    }
    my ($uid, $gid) = (getpwnam 'godwit')[2, 3];
    my @has = glob "$self->{state}/*";
    chown $uid, $gid, $self->{state} if !@has;
    $) = "$gid $gid";
    POSIX::setgid($gid);
    POSIX::setuid($uid);
    die "cannot become the user godwit\n" if $> != $uid || $< != $uid;
    @INC = grep { -x } @INC;        # perl dies of a folder it may not enter
}

# One command at a time; what it starts holds no lock.
sub lock {
    my ($self) = @_;
    sysopen $self->{lock}, $self->path(qw(run house.lock)), O_WRONLY | O_CREAT
        and flock $self->{lock}, LOCK_EX or die "cannot lock $self->{state}/run: $!\n";
}

sub unlock { close delete $_[0]{lock} }

sub make_folders {
    my ($self) = @_;
    my @dirs = qw(log spool spool/quarantine cache journal files sink conf keys app app/bin
        app/modules app/contract app/docs app/site app/html app/html/assets);
    for my $dir (map { $self->path($_) } @dirs) {
        mkdir $dir, 0750 or -d $dir or die "cannot make the folder $dir: $!\n";
        $self->must_write($dir);
    }
}

sub source {
    my ($self, $file) = @_;
    my $text = $self->{checkout}{$file} // slurp("$root/$file");
    return length $text ? $text : die "$root/$file cannot be read; run make first\n";
}

# A sentence about a copy in the state folder is about the file that is edited.
sub in_checkout {
    my ($self, $sentence) = @_;
    return $sentence =~ s{\Q$self->{state}\E/conf/(\w+\.conf)}{$root/conf.d/$1}gr;
}

# Copies, so that a new build disturbs nothing.
sub install {
    my ($self) = @_;
    $self->spew($self->path(qw(app bin godwit)), $self->source('build/godwit'), 0755);
    $self->spew($self->path(qw(app modules ngx_http_godwit_module.so)),
        $self->source('build/ngx_http_godwit_module.so'));
    for ([ contract => qr{^sql/api/} ], [ docs => qr{^html/docs/} ],
        [ site => qr{^html/site/} ], [ html => qr{^html/dist/[^/]+\z} ],
        [ 'html/assets' => qr{^html/dist/assets/} ])
    {
        my ($dir, $from) = @$_;
        # a page that is open asks for the parts that it was made with
        my $keep = $dir eq 'html/assets' ? 7 : -1;
        unlink grep { -f && -M _ > $keep } glob $self->path('app', $dir, '*');
        $self->spew($self->path('app', $dir, s{.*/}{}r), $self->source($_))
            for grep { /$from/ } @checkout;
    }
}

# A new file always: readers have the old one or the new one.
sub spew {
    my ($self, $file, $text, $mode) = @_;
    unlink "$file.new";
    sysopen my $fh, "$file.new", O_WRONLY | O_CREAT | O_EXCL, $mode // 0644
        or die "cannot write $file: $!\n";
    print $fh $text;
    close $fh && rename "$file.new", $file or die "cannot write $file: $!\n";
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
    $dir = File::Temp::tempdir('gw-XXXXXXXX', DIR => '/tmp', CLEANUP => 0);
    unlink $link;
    symlink $dir, $link or die "cannot make $link: $!\n";
    return $dir;
}

# What a file of conf.d says for this house.
sub conf_text {
    my ($self, $name) = @_;
    my %word = (STATE => $self->{state}, PORT => $self->{http},
        DATABASE => "host=$self->{sock} dbname=godwit",
        BASE_URL => "http://127.0.0.1:$self->{http}",
        SMART_HOST => "127.0.0.1:$self->{smtp}",
        SOCKETS => $self->{sock},
        CONTRACT => $self->path(qw(app contract)), DOCS => $self->path(qw(app docs)),
        SITE => $self->path(qw(app site)), APP => $self->path(qw(app html)),
        MODULE => $self->path(qw(app modules ngx_http_godwit_module.so)));
    return $self->source("conf.d/$name") =~ s/\@([A-Z_]+)\@/$word{$1}/gr;
}

my @conf = qw(godwit.conf nginx.conf);

sub configure {
    my ($self) = @_;
    $self->spew($self->path('conf', $_), $self->conf_text($_)) for @conf;
    $self->spew($self->path('run', 'env'), "GODWIT_URL=http://127.0.0.1:$self->{http}\n"
        . "GODWIT_SMTP=127.0.0.1:$self->{smtp}\n"
        . "GODWIT_DSN='host=$self->{sock} dbname=godwit user=gw_ro'\n");
}

# -------------------------------------------------------------------- Postgres

sub psql {
    my ($self, $db, @args) = @_;
    return [ "$pgbin/psql", '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1',
        '-h', $self->{sock}, '-U', 'postgres', '-d', $db, @args ];
}

sub start_postgres {
    my ($self) = @_;
    my $pg = $self->path('pg');
    if (!-e "$pg/PG_VERSION") {
        system 'rm', '-rf', "$pg.new", $pg;
        $self->quiet("$pgbin/initdb", '-D', "$pg.new", '-U', 'postgres',
            '--auth-local=peer', '--auth-host=reject', '--encoding=UTF8', '--lc-collate=C',
            '--lc-ctype=C.UTF-8')
            or die "initdb failed: " . $self->last_line('quiet') . "\n";
        rename "$pg.new", $pg or die "cannot rename $pg.new: $!\n";
    }
    my ($os, $me) = (scalar getpwuid $>, $self->{invoker});
    my @roles = qw(gw_owner gw_edge gw_worker gw_ro gw_backup);
    $self->spew("$pg/pg_hba.conf", "local all all peer map=godwit\n", 0600);
    $self->spew("$pg/pg_ident.conf", join('', "godwit $os postgres\n",
        map { my $user = $_; map { "godwit $user $_\n" } @roles }
        $me ne $os ? ($os, $me) : $os), 0600);
    # the invoking user enters the socket folder as root or as its owner
    $self->start('postgres', "$pgbin/postgres", '-D', $pg, House::Settings::postgres(),
        map { ('-c', $_) } "listen_addresses=", "unix_socket_directories=$self->{sock}",
        'max_connections=100', 'log_checkpoints=off', 'log_line_prefix=%m [%p] ');
    $self->wait_up(postgres => sub {
        $self->quiet("$pgbin/pg_isready", '-q', '-U', 'postgres', '-d', 'postgres', '-h',
            $self->{sock});
    });
}

sub prepare_database {
    my ($self) = @_;
    $self->run_with_input($self->source('sql/roles.sql'), @{ $self->psql('postgres') })
        or die "cannot make the database roles: " . $self->last_line('quiet') . "\n";
    my $has = $self->capture(@{ $self->psql('postgres', '-c',
        "select count(*) from pg_database where datname = 'godwit'") });
    if ($has !~ /1/) {
        $self->quiet(@{ $self->psql('postgres', '-c', 'create database godwit owner gw_owner') })
            or die "cannot create the database: " . $self->last_line('quiet') . "\n";
    }
    $self->quiet($self->godwit('migrate'))
        or die "migrate: " . $self->last_line('quiet') . "\n";
    for my $what (qw(token secret)) {
        $self->quiet($self->godwit('key', $what, 'init'))
            or die "key $what init: " . $self->last_line('quiet') . "\n";
    }
    $self->quiet(@{ $self->psql('godwit', '-c', q{select auth.tenant_create('Workspace 1', now())
        where not exists (select from auth.tenants)}) }) or die "cannot make workspace 1\n";
}

# The way in of the first owner, as a line; empty: there is one.
sub owner_line {
    my ($self) = @_;
    my $link = slurp($self->path(qw(run owner-link)));
    return $link ? "the first owner comes in by $link" : '';
}

# Until somebody is an owner, each start has a link for him who will be it.
sub owner_link {
    my ($self) = @_;
    my $file = $self->path(qw(run owner-link));
    my $link = $self->capture($self->godwit(qw(user link --owner --first)));
    unlink $file;
    $self->spew($file, $link, 0600) if $link =~ /\S/;
}

# ------------------------------------------------------------------------ verbs

sub is_up {
    my ($self) = @_;
    return !(grep { !$self->alive($_) } @parts) && $self->is_ready && $self->greets;
}

# Nothing of ours may be left that a new start would trip over.
sub up {
    my ($self) = @_;
    my @held;
    for ([ GODWIT_PORT => $self->{http} ], [ GODWIT_SINK_PORT => $self->{smtp} ]) {
        my ($name, $port) = @$_;
        die "$name must be a port number, not \"$port\"\n"
            if $port !~ /^[1-9]\d{0,4}$/ || $port > 65535;
    }
    $self->enter;
    $self->lock;
    $self->make_folders;
    $self->{sock} = $self->socket_dir;
    if ($self->is_up) {
        my @other = grep { slurp($self->path('conf', $_)) ne $self->conf_text($_) } @conf;
        print STDERR "godwit: conf.d says something else than what runs (@other); "
            . "make down && make up takes it\n" if @other;
        return $self->unlock;
    }
    $self->stop_all;
    for ([ GODWIT_PORT => $self->{http} ], [ GODWIT_SINK_PORT => $self->{smtp} ]) {
        my ($name, $port) = @$_;
        push @held, IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
            Listen => 1, ReuseAddr => 1)
            // die "port $port cannot be had ($!); set $name to another\n";
    }
    @held = ();
    $self->{clean} = 1;
    $self->install;
    $self->configure;
    $self->start_postgres;
    $self->prepare_database;
    $self->owner_link;
    $self->start('sink', $self->godwit('sink'), '--listen', "127.0.0.1:$self->{smtp}",
        '--dir', $self->path('sink'), '--crowd', '--seed', 1);
    $self->start('worker', $self->godwit('worker'));
    $self->start('nginx', '/usr/sbin/nginx', '-c', $self->path(qw(conf nginx.conf)), '-p',
        $self->{state}, '-e', $self->path(qw(log nginx.log)), '-g', 'daemon off;');
    $self->wait_up(sink => sub { $self->greets });
    $self->wait_up(nginx => sub { $self->is_ready });
    $self->wait_up(worker => sub { 1 });
    $self->demo if ($ENV{GODWIT_DEMO} // 1) ne '0';
    $self->unlock;
}

sub down {
    my ($self) = @_;
    return if !-d $self->{state};
    $self->enter;
    $self->lock;
    $self->stop_all;
    my $link = $self->path(qw(run sock));
    my $dir = readlink $link;
    if (defined $dir && $dir =~ m{^/tmp/gw-\w+$}) {
        system 'rm', '-rf', $dir;
        unlink $link;
    }
    $self->unlock;
}

# After a failed start: leave no process behind.
sub clear {
    my ($self) = @_;
    $self->stop_all if $self->{clean};
}

# Show the numbers until a signal, or until a part has ended.
sub run {
    my ($self) = @_;
    my ($stop, $ended) = (0);
    $self->up;
    local @SIG{qw(INT TERM HUP)} = (sub { $stop = 1 }) x 3;
    $| = 1;
    print $self->ready_line, "\n", $self->owner_line, "Ctrl-C stops it.\n";
    my $last = '';
    until ($stop || (($ended) = grep { !$self->alive($_) } @parts)) {
        my $line = $self->numbers;
        # a terminal has one line that changes, a file a line a change
        print -t STDOUT ? sprintf "\r%-78s", $line : "$line\n" if $line ne $last;
        $last = $line;
        sleep 1;
    }
    print "\nstopping\n";
    $self->down;
    die "$ended has ended, so all is stopped: see $self->{state}/log/$ended.log\n" if $ended;
}

1;
