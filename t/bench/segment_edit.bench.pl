# Estimates while a segment is edited, against the same questions counted: p95 of
# the estimate is to be below 150 ms, each count below 10 s.
use strict;
use warnings;
use Bench;
use Segments;
use JSON::PP;

my ($h) = Segments::house();
my $json = JSON::PP->new->canonical;
my @asked = map { { predicate => $_ } }
    { attribute => 'plan', op => 'is', value => 'gold' },
    { all => [ { tag => 'vip' }, { consent => 'email', is => 'granted' } ] },
    { field => 'created_at', op => 'within_last', value => '30d' },
    { event => 'purchase', within => '30d' },
    { event => 'purchase', op => 'at_least', times => 3, within => '90d',
        where => [ { property => 'total', op => 'more', value => 100 } ] },
    { all => [ { attribute => 'orders', op => 'at_least', value => 10 }, { not => { event => 'login', within => '7d' } },
        { near => { latitude => 41, longitude => -6, kilometres => 200 } } ] },
    { any => [ { attribute => 'city', op => 'contains', value => '99' }, { bucket => { salt => 'x', from => 0, to => 10 } } ] };

# Milliseconds of each question of an operation.
sub ask {
    my ($operation) = @_;
    my $dbh = $h->dbh('gw_edge');
    return map { my $body = $json->encode({ %$_, _compiled => { english => '' } });
        1000 * timed(sub {
            $dbh->begin_work;
            $dbh->do('select auth.enter(?)', undef, $json->encode({ tenant => 1, user => 'key_1', scopes => ['*'],
                now => $Segments::NOW }));
            $dbh->selectrow_array("select api.$operation(?)", undef, $body);
            $dbh->commit }) } @asked;
}

my (@estimate, @count);
ask('segments_estimate');               # what an editor has asked before is in memory
bench(name => 'segment_edit', unit => 'ms', at_least => 10, rounds => 5,
    ours => sub { push @estimate, my @ms = ask('segments_estimate'); return median(@ms) },
    peer => sub { push @count, my @ms = ask('segments_count'); return median(@ms) });
@estimate = sort { $a <=> $b } @estimate;
@count = sort { $a <=> $b } @count;
say_note(sprintf 'segment_edit: estimate p95 %.0f ms (goal 150), slowest count %.1f s (goal 10)',
    $estimate[ int(@estimate * 0.95) ], $count[-1] / 1000);
