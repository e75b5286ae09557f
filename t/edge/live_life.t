#!/usr/bin/perl
# Streams over reloads, kills and the end of their life: nothing is missed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;

my $h = Godwit->new(conf => 'spool_segment 1m; live_ping 200ms; live_lifetime 1h;');
my $nginx = $h->nginx(workers => 2);
my @by = (Authorization => 'Bearer ' . key($h));
my $n = 0;
sub told { return map { { tenant => 1, topic => 'import', type => 'x', data => { n => ++$n } } } 1 .. $_[0] }

my @kinds = qw(lines socket);
my %s = map { $_ => Godwit::Live->$_($h, '', @by) } @kinds;
my %id = map { $_ => $s{$_}->event->{id} } @kinds;
my @old = edge_pids($h);
sub renewed { my ($name) = @_;
    wait_for { my %is = map { $_ => 1 } edge_pids($h);
        keys %is == 2 && !grep { $is{$_} } @old } 5, $name;
    return }
publish($h, told(2));
for (@kinds) {
    $id{$_} = $s{$_}->event->{id};
    $s{$_}->event;                      # the second it has not seen
}
kill HUP => $nginx;
is $s{socket}->event, undef, 'a reload ends a socket';
is $s{socket}{code}, 1001, 'in words';
is $s{lines}->event, undef, 'and lines';
ok $s{lines}{clean}, 'by their end';
renewed('the old processes go');
publish($h, told(2));
for (@kinds) {
    my $again = Godwit::Live->$_($h, "?last_event_id=$id{$_}", @by);
    ok $again->event->{data}{resumed}, "$_ come again";
    is join(' ', map { $again->event->{data}{n} } 1 .. 3), '2 3 4', 'and have all';
    $s{$_} = $again;
}

# a process is killed while others write: what was taken is told, each once
my (@taken, @got);
my $last = $id{socket};
my $s = Godwit::Live->socket($h, "?last_event_id=$last", @by);
for (1 .. 3) {
    my ($victim) = edge_pids($h);
    for (1 .. 25) {
        my ($event) = told(1);
        kill KILL => $victim if $_ == 12;
        my ($status) = eval { publish($h, $event) };
        push @taken, $event->{data}{n} if ($status // 0) == 204;
    }
    wait_for { my @pids = edge_pids($h); @pids == 2 } 5;
}
ok @taken > 50, 'most were taken: ' . @taken;
wait_for { ((eval { publish($h, told(1)) })[0] // 0) == 204 } 5, 'and more are';
my $end = $n;
until (grep { $_ == $end } @got) {
    my $e = $s->event;
    if (!$e) {                          # it was with the one that died
        $s = Godwit::Live->socket($h, "?last_event_id=$last", @by);
        next if ($s->{status} // 0) == 101;
        last if @got > 1000;
        next;
    }
    $last = $e->{id};
    push @got, $e->{data}{n} if $e->{type} eq 'x';
}
my %times;
$times{$_}++ for @got;
is_deeply [ grep { !$times{$_} } @taken ], [], 'all that was taken is told';
is_deeply [ grep { $times{$_} > 1 } keys %times ], [], 'once';
$h->expect(qr/exited on signal 9/);

# a key that goes takes its streams along
$h->spawn('worker', 'cache');
wait_for { -l $h->state . '/cache/current' } 5;
my $gone = $h->call('keys_create', { scopes => ['*'] });
$s = Godwit::Live->socket($h, '', Authorization => "Bearer $gone->{key}");
$s->event;
$h->call('keys_revoke', { id => $gone->{id} });
is $s->event, undef, 'a key is revoked';
is $s->{code}, 4001, 'and so are its streams';

# at the end of its life it is told to come again
undef %s;
undef $s;
$h->configure('spool_segment 1m; live_ping 200ms; live_lifetime 1s;');
@old = edge_pids($h);
kill HUP => $nginx;
renewed('other processes');
my $e;
wait_for { ($e = Godwit::Live->socket($h, '', @by))->event; 1 while $e->event;
    ($e->{code} // 0) == 1001 } 10, 'its life ends';
done_testing;
