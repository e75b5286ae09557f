#!/usr/bin/perl
# Requests made of the contract, many of them spoilt: an honest answer to each.
#   GODWIT_SEED=7 GODWIT_REQUESTS=10000 perl t/run t/edge/api_fuzz.t
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;
use Godwit::Fuzz;
use JSON::PP ();

my $seed = $ENV{GODWIT_SEED} // 1;
my $n = $ENV{GODWIT_REQUESTS} // 500;
srand $seed;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $contract = Godwit::Contract->new;
prepare($h);
$h->nginx;
my @pids = edge_pids($h);
my $fuzz = Godwit::Fuzz->new($h, $contract);
$fuzz->run($n);

my $status = $fuzz->{status};
diag "SEED=$seed: $n requests, $fuzz->{passed} passed validation; "
    . join ', ', map { "$_: $status->{$_}" } sort keys %$status;
sub some { return join "\n\n", @_[0 .. ($#_ > 4 ? 4 : $#_)] }
my @bad = @{ $fuzz->{bad} };
is scalar @bad, 0, 'every answer is in order' or diag some(@bad);
cmp_ok $fuzz->{passed}, '>=', $n / 2, 'half of them pass validation';
is_deeply [ map { $_->{id} } grep { !$fuzz->{success}{ $_->{id} } } $contract->operations ], [],
    'every operation has succeeded';

# and every answer is as the contract describes it
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @said = map { my $op = $_;
    my $schema = $contract->closed(($op->{answer} // {})->{'application/json'}{schema} // JSON::PP::true);
    map { [ $op->{id}, $json->encode({ schema => $schema, data => $_ }) ] }
        @{ $fuzz->{answers}{ $op->{id} } // [] } } $contract->operations;
my (undef, $out) = $h->godwit({ in => join '', map { "$_->[1]\n" } @said }, 'schema');
my @verdicts = split /\n/, $out;
is scalar @verdicts, @said, 'as many verdicts as answers';
my @wrong = grep { !$json->decode($verdicts[$_])->{valid} } 0 .. $#said;
is scalar @wrong, 0, 'the contract describes them' or diag some(
    map { "$said[$_][0]: $verdicts[$_]\n" . substr $said[$_][1], -1000 } @wrong);
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
$h->expect(qr/client sent invalid|Postgres refused|too large body.* request: "\S+ \S*(?:\.|%2e){2}/);
done_testing;
