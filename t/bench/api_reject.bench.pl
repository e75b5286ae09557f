# What is refused without Postgres against nginx's own 404: CPU of the worker a
# request, the worst of the four statuses.
use strict;
use warnings;
use List::Util qw(max);
use Godwit;
use Godwit::Edge;
use Bench;
use Api;

my ($h, $all, $pid) = Api::house();
my $lists = key($h, 'lists:read');
wait_for { api($h, GET => '/contacts/ct_1', key => $lists)->{status} == 403 } 10 or die "no 403\n";

sub cost {
    my ($key, $path, $status) = @_;
    if ($status) {
        my $r = api($h, GET => $path, key => $key);
        die "$path answers $r->{status}, not $status\n" if $r->{status} != $status;
    }
    my $before = cpu_us($pid);
    my (undef, $n) = Api::asks($h, $key, $path, refused => 1);
    return (cpu_us($pid) - $before) / $n;
}

my %case = (401 => [ 'gw_live_1_x', '/api/v1/contacts/ct_1' ], 403 => [ $lists, '/api/v1/contacts/ct_1' ],
    404 => [ $all, '/api/v1/nothing' ], 422 => [ $all, '/api/v1/contacts?limit=0' ]);
my %seen;
bench(name => 'api_reject', unit => 'us/request', at_least => 0.5,
    ours => sub { max(map { my $us = cost(@{ $case{$_} }, $_); push @{ $seen{$_} }, $us; $us } sort keys %case) },
    peer => sub { cost($all, '/none') });
say_note(join ', ', map { sprintf '%d %.2f us', $_, median(@{ $seen{$_} }) } sort keys %seen);
