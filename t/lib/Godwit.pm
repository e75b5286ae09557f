# The harness: a house of its own for each test file.
#
#   use lib 't/lib'; use Godwit;
#   my $h = Godwit->new(conf => 'mail_window 100;');
#   my ($code, $out, $err) = $h->godwit('migrate');
#   my $list = $h->call('lists_create', { name => 'a' });     # dies on an error
#   my ($code, $doc) = $h->try('lists_create', {});
#   my $pid = $h->spawn('worker', 'mail');                    # ends with the test
#   is $h->value('select count(*) from godwit.lists'), 1;
#   wait_for { $h->value(...) == 3 } 5, 'three of them';
#   $h->expect(qr/refused/);        # an ERROR line of a log that is wanted
#
# It ends its processes, fails the test when one of them crashes or does not end
# or a log has an ERROR line that was not expected, and removes everything.
package Godwit;
use strict;
use warnings;
use Carp qw(croak);
use Cwd qw(abs_path getcwd);
use Exporter qw(import);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use IO::Handle;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Godwit::Postgres;

our @EXPORT = (@Test::More::EXPORT, qw(wait_for free_port slurp spew));

my $root = abs_path(dirname(__FILE__) . '/../..');
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my ($pg, @houses);

sub root { return $root }
sub program { return $ENV{GODWIT_PROGRAM} // "$root/build/godwit" }

# true as soon as the block is, or false after so many seconds; with a name it
# is a test
sub wait_for(&;$$) {
    my ($cond, $seconds, $name) = @_;
    my $until = time + ($seconds // 5);
    my $ok;
    until ($ok = eval { $cond->() }) {
        last if time >= $until;
        sleep 0.02;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return defined $name ? ok($ok, $name) : $ok;
}

sub free_port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or croak "no free port: $!";
    return $s->sockport;
}

sub slurp {
    my ($file) = @_;
    open my $fh, '<:raw', $file or return '';
    local $/;
    return <$fh> // '';
}

sub spew {
    my ($file, $text) = @_;
    open my $fh, '>:raw', $file or croak "$file: $!";
    print $fh $text;
    close $fh or croak "$file: $!";
}

# conf => directives; state => made before; empty => a database without schema
sub new {
    my ($class, %a) = @_;
    chdir $root;
    $pg //= Godwit::Postgres->get(program());
    my $name = basename($0) =~ s/\.t\z//r =~ s/\W/_/gr . "_$$" . @houses;
    my $state = tempdir('gw-XXXXXX', TMPDIR => 1);
    chmod 0755, $state;
    mkdir "$state/$_" for qw(run log spool spool/quarantine cache journal
        files sink conf keys);
    my $self = bless { name => lc "t_$name", state => $state, pids => [],
        expect => [], owner => $$, port => free_port() }, $class;
    mkdir "$state/contract";
    system('cp', glob('sql/api/*.yaml'), "$state/contract") == 0 or croak 'cp';
    $pg->create($self->{name}, $a{empty});
    $self->configure($a{conf} // '');
    Godwit::Postgres::own($state, glob "$state/* $state/spool/*");
    for my $what (qw(token secret)) {
        my ($code, undef, $err) = $self->godwit('key', $what, 'init');
        croak "key $what init: $err" if $code;
    }
    push @houses, $self;
    return $self;
}

# rate limits are off unless $more sets them: a test asks as fast as it can;
# and no mail goes out into the world
sub configure {
    my ($self, $more) = @_;
    my @off = map { "    api_rate_$_ 0;\n" } grep { $more !~ /api_rate_$_/ }
        qw(address key tenant);
    push @off, "    smart_host 127.0.0.1:9;\n" if $more !~ /smart_host|resolver/;
    spew("$self->{state}/conf/godwit.conf", "godwit {\n"
        . "    state $self->{state};\n"
        . "    contract $self->{state}/contract;\n@off"
        . "    live_publish $self->{state}/run/live.sock;\n"
        . "    base_url http://127.0.0.1:$self->{port};\n"
        . "    database \"" . $pg->info($self->{name}) . "\";\n$more\n}\n");
}

sub state { return $_[0]{state} }
sub port { return $_[0]{port} }
sub info { return $pg->info($_[0]{name}) }
sub postgres { return $pg }
sub log_file { return "$_[0]{state}/log/" . ($_[1] // 'worker') . '.log' }

# ------------------------------------------------------------------ database

# a handle as postgres, or as a role
sub dbh {
    my ($self, $role) = @_;
    return $self->{dbh}{ $role // '' } //=
        $pg->connect($self->{name}, $role);
}

sub value {
    my ($self, $sql, @bind) = @_;
    return scalar $self->dbh->selectrow_array($sql, undef, @bind);
}

sub rows {
    my ($self, $sql, @bind) = @_;
    return $self->dbh->selectall_arrayref($sql, { Slice => {} }, @bind);
}

# ----------------------------------------------------------------- processes

sub become {
    my ($self, $o, @words) = @_;
    $ENV{GODWIT_STATE} = $self->{state};
    $ENV{$_} = $o->{env}{$_} for keys %{ $o->{env} };
    Godwit::Postgres::lower() if !$o->{root};
    exec @words or POSIX::_exit(127);
}

# run the program: (exit code, stdout, stderr); a first hash ref sets
# in => text and env => { }
sub godwit {
    my ($self, @words) = @_;
    my $o = ref $words[0] ? shift @words : {};
    my $tmp = tempdir(CLEANUP => 1);
    spew("$tmp/in", $o->{in} // '');
    my $pid = fork // croak "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', "$tmp/in";
        open STDOUT, '>', "$tmp/out";
        open STDERR, '>', "$tmp/err";
        $self->become($o, program(), @words);
    }
    waitpid $pid, 0;
    my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    return ($code, slurp("$tmp/out"), slurp("$tmp/err"));
}

# an operation: (exit code, its document)
sub try {
    my ($self, $operation, $body, @words) = @_;
    my $text = ref $body ? $json->encode($body) : $body // '{}';
    push @words, '--workspace', $self->{workspace} if $self->{workspace};
    my ($code, $out, $err) = $self->said($operation, $text, @words);
    my $doc = eval { $json->decode($out) };
    diag "$operation: $out$err" if $@;
    return ($code, $doc);
}

# What `godwit call` says: (exit code, stdout, stderr); through one that takes
# all that fits on a line. Another process, and other settings, have another.
sub said {
    my ($self, $operation, $text, @words) = @_;
    return $self->godwit({ in => $text }, 'call', $operation, '-', @words)
        if $text !~ /\A[^\s-][^\n]*\z/;
    local $SIG{PIPE} = 'IGNORE';
    my $log = ($self->{dir} // "$self->{state}/log") . '/call';
    my $as = join "\0", $$, (stat "$self->{state}/conf/godwit.conf")[1, 7, 9],
        map { "$_=$ENV{$_}" } sort grep { /^GODWIT_/ } keys %ENV;
    my $c = $self->{caller};
    if (!$c || $c->{as} ne $as) {
        $self->hang_up;
        $c = $self->{caller} = { as => $as, owner => $$ };
        pipe my $in, $c->{to} or croak "pipe: $!";
        pipe $c->{from}, my $out or croak "pipe: $!";
        $c->{to}->autoflush(1);
        $c->{pid} = fork // croak "fork: $!";
        if ($c->{pid} == 0) {
            open STDIN, '<&', $in;
            open STDOUT, '>&', $out;
            open STDERR, '>>', $log;
            $self->become({}, program(), qw(call --lines));
        }
    }
    print { $c->{to} } "$operation @words $text\n";
    (my $code, $text) = (readline($c->{from}) // '') =~ /\A(\d+) (.*)/s;
    return ($code, $text, '') if defined $code;
    my $status = $self->hang_up;
    return ($status & 127 ? 128 + ($status & 127) : $status >> 8 || 127, '', slurp($log));
}

sub hang_up {
    my ($self) = @_;
    my $c = delete $self->{caller} or return 0;
    return 0 if $c->{owner} != $$;
    close $c->{to};
    kill 'TERM', $c->{pid};
    waitpid $c->{pid}, 0;
    return $?;
}

sub call {
    my ($self, $operation, @rest) = @_;
    my ($code, $doc) = $self->try($operation, @rest);
    croak "$operation: " . $json->encode($doc // {}) if $code;
    return $doc;
}

# it is refused: a test
sub refused {
    my ($self, $operation, $body, $code, $field, $message) = @_;
    my ($exit, $doc) = $self->try($operation, $body);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply [ $exit, @{ $doc->{error} }{qw(code field message)} ],
        [ 1, $code, $field, $message ], "$operation: $message";
}

# the same as the edge asks, with what only it may say (_if_match): (SQLSTATE
# or '', the document or the sentence)
sub ask {
    my ($self, $operation, $body, $tenant) = @_;
    my $dbh = $self->dbh('gw_edge');
    $dbh->begin_work;
    my $text = eval {
        $dbh->do('select auth.enter(?)', undef, $json->encode({ tenant => $tenant // 1,
            user => 'key_1', scopes => ['*'], now => '2031-01-01T00:00:00Z' }));
        $dbh->selectrow_array("select api.$operation(?)", undef, $json->encode($body)) };
    my ($state, $why) = $@ ? ($dbh->state, $@ =~ s/.*?ERROR:\s+//r =~ s/\n.*//sr) : ('');
    $state ? $dbh->rollback : $dbh->commit;
    return ($state, $state ? $why : defined $text ? $json->decode($text) : undef);
}

# start the program in the background; its log is checked at the end. A first hash
# ref: also program => words, log => name, root => as who the test is
sub spawn {
    my ($self, @words) = @_;
    my $o = ref $words[0] ? shift @words : {};
    my $log = $self->log_file($o->{log});
    my $pid = fork // croak "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>>&', \*STDOUT;
        $self->become($o, @{ $o->{program} // [program()] }, @words);
    }
    push @{ $self->{pids} }, $pid;
    $self->{words}{$pid} = join ' ', @{ $o->{program} // ['godwit'] }, @words;
    return $pid;
}

# a signal, then wait for the end; its exit code (128 + signal when killed).
# A crash and an end that had to be forced fail the test when it finishes; a
# KILL does not: only tests and crash points send it
sub stop {
    my ($self, $pid, $signal) = @_;
    $signal //= 'TERM';
    kill $signal, $pid;
    my ($got, $status);
    my $what = $self->{words}{$pid} // "process $pid";
    if (!wait_for { $got = waitpid $pid, POSIX::WNOHANG(); $status = $?; $got } 10) {
        push @{ $self->{ends} }, "$what: still there 10 s after $signal";
        kill 'KILL', $pid;
        $got = waitpid $pid, 0;
        $status = $?;
    }
    $status = 0 if $got != $pid;            # the test has waited for it
    $self->{pids} = [ grep { $_ != $pid } @{ $self->{pids} } ];
    my $n = $status & 127;
    push @{ $self->{ends} }, "$what: killed by signal $n"
        if $n && $n != POSIX::SIGKILL() && $n != POSIX->can("SIG$signal")->();
    return $n ? 128 + $n : $status >> 8;
}

# the sink on a port of its own; ready when this returns
sub sink {
    my ($self, @flags) = @_;
    my $port = free_port();
    $self->{sink_port} = $port;
    my $pid = $self->spawn({ log => 'sink' }, 'sink', '--listen',
        "127.0.0.1:$port", @flags);
    wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") } 5
        or croak 'the sink does not start';
    return $port;
}

# the lines of its index
sub messages {
    my ($self) = @_;
    return map { $json->decode($_) }
        split /\n/, slurp("$self->{state}/sink/index.jsonl");
}

# ------------------------------------------------------------------- the end

sub expect { my ($self, @re) = @_; push @{ $self->{expect} }, @re; return }

sub finish {
    my ($self) = @_;
    return if $self->{owner} != $$ || $self->{finished}++;
    $self->hang_up;
    $self->stop($_) for reverse @{ $self->{pids} };
    my @ends = @{ $self->{ends} // [] };
    ok !@ends, 'every process has ended in order' or diag join "\n", @ends;
    my @bad = grep { my $l = $_; / ERROR | \[(?:error|crit|alert|emerg)\] |
        ERROR:\ AddressSanitizer|runtime\ error:/x
            && !grep { $l =~ $_ } @{ $self->{expect} } }
        map { split /\n/, slurp($_) } glob "$self->{state}/log/*.log";
    ok !@bad, 'no error in the logs' or diag join "\n", @bad[0 .. ($#bad > 9 ? 9 : $#bad)];
    $_->disconnect for values %{ $self->{dbh} };
    $pg->drop($self->{name});
    system 'rm', '-rf', $self->{state} unless $ENV{GODWIT_TEST_KEEP};
}

# before the plan: every house is closed and its logs are read
no warnings 'redefine';
sub done_testing {
    $_->finish for @houses;
    undef $pg;
    Test::More::done_testing(@_);
}

END {
    my $code = $?;
    if (!grep { $_->{owner} != $$ } @houses) {
        for my $h (grep { !$_->{finished} } @houses) {     # it died
            $h->hang_up;
            # in order: an nginx that is killed leaves its workers behind
            $h->stop($_) for reverse @{ $h->{pids} };
            system 'rm', '-rf', $h->{state} unless $ENV{GODWIT_TEST_KEEP};
        }
    }
    undef $pg if !@houses || $houses[0]{owner} == $$;
    $? = $code;
}

1;
