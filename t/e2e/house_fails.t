# A house that cannot start says why in one line, returns 1 and leaves nothing.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::House;
use POSIX ();

my $house = Godwit::House->new(GODWIT_DEMO => 0);
my $state = $house->{state};

sub fails {
    my ($name, $want, @words) = @_;
    @words = 'up' if !@words;
    unshift @words, 'make' if $words[0] !~ m{^/};
    my ($code, $out, $err) = $house->end($house->begin(@words));
    is $code, 1, "$name: it returns 1";
    like $err, qr/\Agodwit: $want\n\z/, '... with one line';
    # the app is built first, when its source is new
    is $out =~ s/\Abuilding the app\n//r, '', '... and no other';
    is_deeply [ $house->processes ], [], '... and nothing is left';
}

sub port { return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_[0], ReuseAddr => 1, Listen => 1) }

# -- words
fails('a path too long', 'the state path is longer than 200 bytes; set GODWIT_STATE to a shorter one',
    'up', 'GODWIT_STATE=/tmp/' . 'x' x 220);
fails('a path with a blank', 'the state path may hold letters, digits and / \. _ - only: /tmp/a b',
    'up', 'GODWIT_STATE=/tmp/a b');
fails('no port', 'GODWIT_PORT must be a port number, not "http"', 'up', 'GODWIT_PORT=http');
fails('one port for both', "port $house->{http} cannot be had \\(Address already in use\\); set GODWIT_SINK_PORT to another",
    'up', "GODWIT_SINK_PORT=$house->{http}");

# -- a state folder that is not ours to write
my $closed = "$house->{dir}/closed";
mkdir $closed, 0755;
spew("$closed/letter", 'of somebody');
chmod 0555, $closed;
fails('a closed folder', "the user \\w+ cannot write the state folder $closed; set GODWIT_STATE to another",
    '-j4', '-s', 'up', "GODWIT_STATE=$closed");
fails('a file in its place', "cannot make the state folder $closed/letter/x; set GODWIT_STATE to one that can be written",
    'up', "GODWIT_STATE=$closed/letter/x");

# -- ports that are taken
for ([ GODWIT_PORT => $house->{http} ], [ GODWIT_SINK_PORT => $house->{smtp} ]) {
    my $taken = port($_->[1]) or die $!;
    fails("$_->[0] is taken", "port $_->[1] cannot be had \\(Address already in use\\); set $_->[0] to another");
}

# -- Postgres does not start: its data is of another version, then it is damaged
is(($house->make('up'))[0], 0, 'it starts when nothing is wrong');
is(($house->make('down'))[0], 0, 'and ends');
for my $part (qw(spool journal)) {
    chmod 0555, "$state/$part";
    fails("its $part is closed", "the user \\w+ cannot write the state folder $state/$part; set GODWIT_STATE to another");
    chmod 0750, "$state/$part";
}
my $version = slurp("$state/pg/PG_VERSION");
spew("$state/pg/PG_VERSION", "9.1\n");
fails('data of another version', 'postgres does not start: database files are incompatible with server');
spew("$state/pg/PG_VERSION", $version);
rename "$state/pg/global", "$state/pg/global.away";
fails('no control file', 'postgres does not start: .*');
rename "$state/pg/global.away", "$state/pg/global";

# -- a setting that is wrong: the checkout is another, so that this one stays whole
my $root = "$house->{dir}/checkout";
system('mkdir', '-p', "$root/build") == 0 && system('cp', '-r', map({ Godwit::root() . "/$_" }
    qw(conf.d dev sql)), $root) == 0 or die;
symlink Godwit::root() . "/build/$_", "$root/build/$_" for qw(godwit ngx_http_godwit_module.so);
chmod 0700, $root;
is(($house->end($house->begin("$root/dev/house", 'up')))[0], 0, 'from a checkout that only root can read');
is(($house->make('down'))[0], 0, 'it ends');

# -- all runs, but a part is never ready: that is not waited for so long here
my $process = slurp("$root/dev/House/Process.pm");
spew("$root/dev/House/Process.pm", $process =~ s/time \+ 30/time + 3/r);
system('rm', '-rf', "$state/cache") == 0 && system('mkdir', '-p', "$state/cache/current/x") == 0
    && system('chown', '-R', '--reference', "$state/log", "$state/cache") == 0 or die;
fails('a part that is not ready', "nginx does not start: cache: there is none in \"$state/cache\";.*", "$root/dev/house", 'up');
system('rm', '-rf', "$state/cache") == 0 or die;
my $conf = slurp("$root/conf.d/godwit.conf");
spew("$root/conf.d/godwit.conf", $conf =~ s/# spool_segment /spool_segmen /r);
fails('a wrong directive', 'migrate: godwit: unknown directive "spool_segmen"; did you mean '
    . "\"spool_segment\"\\? in $root/conf.d/godwit.conf:\\d+", "$root/dev/house", 'up');
done_testing;
