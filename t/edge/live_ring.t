#!/usr/bin/perl
# The last events alone are kept: who comes back behind what is gone is told so.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;

my $h = Godwit->new(conf => 'spool_segment 1m; live_ring 4m;');
$h->nginx;
my @by = (Authorization => 'Bearer ' . key($h));
my $n = 0;
sub told { my ($times, $pad) = @_;
    publish($h, map { { tenant => 1, topic => 'import', type => 'x', data => { n => ++$n, pad => 'x' x $pad } } } 1 .. $times) }
my $epoch = Godwit::Live->socket($h, '', @by)->event->{id} =~ s/\d+\z//r;

# how many of the last so many somebody gets, in order and whole; none: they are gone
sub behind { my ($last, $pad) = @_;
    my $s = Godwit::Live->socket($h, '?last_event_id=' . $epoch . ($n - $last), @by);
    return 'gone' if !$s->event->{data}{resumed};
    return scalar grep { my $d = $s->event->{data}; $d->{n} == $n - $last + $_ && $d->{pad} eq 'x' x $pad } 1 .. $last }

told(10, 15_001) for 1 .. 40;
is behind(200, 15_001), 200, 'three megabytes are there';
is behind(300, 15_001), 'gone', 'what has no room is not';
is behind(0, 0), 0, 'who has all has missed nothing';

# small ones end by their number
told(1000, 0) for 1 .. 17;
is behind(16_000, 0), 16_000, 'so many are there';
is behind(16_400, 0), 'gone', 'and no more';
done_testing;
