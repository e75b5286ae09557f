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
sub told { publish($h, map { { tenant => 1, topic => 'import', type => 'x', data => { n => ++$n, size => $_, pad => 'x' x $_ } } } @_) }
my $epoch = Godwit::Live->socket($h, '', @by)->event->{id} =~ s/\d+\z//r;

# how many of the last so many somebody gets, in order and whole; none: they are gone
sub behind { my ($last) = @_;
    my $s = Godwit::Live->socket($h, '?last_event_id=' . $epoch . ($n - $last), @by);
    return 'gone' if !$s->event->{data}{resumed};
    return scalar grep { my $d = $s->event->{data}; $d->{n} == $n - $last + $_ && $d->{pad} eq 'x' x $d->{size} } 1 .. $last }

for (1 .. 5) {
    told(1 .. $_);
    told(map { 7000 + $_ * 769 } 1 .. 10) for 1 .. 10;
    next if $n < 400;
    my ($most, $got) = 500;
    1 while ($got = behind(--$most)) eq 'gone';
    ok $got == $most && $got > 300, "what has room is whole: $got";
}
is behind(0), 0, 'who has all has missed nothing';

# small ones end by their number
told((0) x 1000) for 1 .. 17;
is behind(16_000), 16_000, 'so many are there';
is behind(16_400), 'gone', 'and no more';
done_testing;
