# `make run` shows numbers until Ctrl-C, which stops everything.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::House;
use POSIX ();

my $house = Godwit::House->new;
my $ready = $house->ready_line;

sub started {
    my $pid = $house->begin('make', 'run');
    wait_for { $house->out($pid) =~ /^\Q$ready\E$/m } 60, 'make run is ready';
    return $pid;
}

# as a terminal does it: to make and to all that it started
my $run = started();
wait_for { $house->out($run) =~ m{^(?:running|finished) [1-9]\d*/1000  failed 0  opens \d+}m } 60,
    'a line of numbers';
like $house->out($run), qr{^the first owner comes in by http://\S+#gw_tick_\w+$}m, 'it shows the link of the first owner';
is(($house->make('up'))[0], 0, 'make up beside it changes nothing');
kill 'INT', -$run;
my ($code) = $house->end($run);
isnt $code, 0, 'Ctrl-C ends make';
wait_for { !$house->processes } 30, 'and all that was started';

# while it starts, early and late
for my $part (qw(postgres sink nginx)) {
    $run = $house->begin('make', 'run');
    wait_for { -s "$house->{state}/run/$part.pid" } 30, "$part has started";
    kill 'INT', -$run;
    $house->end($run);
    wait_for { !$house->processes } 30, 'Ctrl-C while it starts';
}

# a part that ends takes the rest along; so does make down
$run = started();
kill 'KILL', slurp("$house->{state}/run/sink.pid");
my ($ended, undef, $why) = $house->end($run);
is $ended, 1, 'a part was killed';
like $why, qr{^godwit: sink has ended, so all is stopped: see \S+/log/sink\.log$}m, 'it says which';
is_deeply [ $house->processes ], [], 'nothing is left';
$run = started();
is(($house->make('down'))[0], 0, 'make down beside it');
$house->end($run);
is_deeply [ $house->processes ], [], 'nothing is left of that either';
done_testing;
