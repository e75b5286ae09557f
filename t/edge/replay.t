#!/usr/bin/perl
# Every request that succeeds for one workspace, asked again with what another
# owns: it is not there, nothing of it is told, and nothing of it changes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Edge;
use Godwit::Tenants;

my $contract = Godwit::Contract->new;
my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my ($mine, $other) = two($h, 2);
my @recorded = walk($mine, $contract);
my %asked = map { $_->[0]{id} => 1 } @recorded;
is_deeply [ grep { !$asked{$_} } map { $_->{id} } grep { $_->{scope} } $contract->operations ], [],
    'every operation was recorded';

# with my key for what the other owns, then with the other's for what is mine
for ([ $mine, $other, sub { foreign($_[0], $other) } ], [ $other, $mine, sub { $_[0] } ]) {
    my ($who, $owner, $turn) = @$_;
    my ($name, $before, @bad) = ($who == $mine ? 'mine' : 'the other', whole($owner));
    for (@recorded) {
        my ($op, $in) = ($_->[0], $turn->($_->[1]));
        my ($r, $where) = (send_to($who, $op, $in), "$op->{id} " . url($op, $in));
        my $named = grep { /^[a-z]+_\d+$/ } values %{ $in->{path} };
        push @bad, "$where: $r->{status} $r->{body}" if $named ? problem($r) ne '404 not_found'
            : $r->{status} !~ /^[24]/;
        push @bad, map { "$where tells $_" } leaks($r, $owner, $in);
    }
    is_deeply \@bad, [], scalar(@recorded) . " requests of $name find nothing";
    is_deeply whole($owner), $before, 'and change nothing';
}
done_testing;
