#!/usr/bin/perl
# godwit stats: published numbers, the same by Python's own formulas, wrong input.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;

sub answers {
    my ($code, $out, $err) = $h->godwit({ in => join '', map { "$_\n" } @_ }, 'stats');
    is "$code$err", '0', 'the command ends well';
    return map { decode_json($_) } split /\n/, $out;
}

sub answer { return (answers(encode_json({ @_ })))[0] }

# where got is not want, to so many parts of it; null is not looked at
sub differs {
    my ($got, $want, $to, $at) = @_;
    return ref $want eq 'HASH' ? map { differs($got->{$_}, $want->{$_}, $to, "$at.$_") } sort keys %$want
        : ref $want eq 'ARRAY' ? map { differs($got->[$_], $want->[$_], $to, "$at.$_") } 0 .. $#$want
        : !defined $want ? () : ref $got ? "$at: " . encode_json([ $got, $want ])
        : $want =~ /^[a-z_]+$/ ? ($got eq $want ? () : "$at: $got, not $want")
        : defined $got && abs($got - $want) <= $to * (1e-3 + abs $want) ? () : "$at: " . ($got // 'null') . ", not $want";
}

sub is_near {
    my ($got, $want, $name) = @_;
    my @wrong = differs($got, $want, $_[3] // 1e-6, '');
    is "@wrong", '', $name;
}

# published: growthbook's tests, statsmodels, and those of the house's own pages
my %a = (sum => 1396.87, sum_squares => 52377.9767);
my %b = (n => 3461, sum => 2422.7, sum_squares => 134698.29);
is_near(answer(method => 'means', a => { %a, n => 3407 }, b => \%b, relative => JSON::PP::true),
    { difference => .70732, se => .378794, interval => [ -.03526, 1.44989 ], p => .06191 }, 'Welch, relative', 3e-5);
is_near(answer(method => 'means', a => { %a, n => 3407 }, b => \%b),
    { difference => .29, se => .124784, interval => [ .04538, .53462 ], p => .02016 }, 'Welch', 1e-4);
is_near(answer(method => 'means', a => { n => 28, count => 14 }, b => { n => 30, count => 16 }, relative => JSON::PP::true),
    { difference => .06667, se => .271699, interval => [ -.47767, .61101 ], p => .80707 }, 'shares as means', 5e-5);
is_near(answer(method => 'sequence', a => { %a, n => 3000 }, b => \%b, relative => JSON::PP::true, tightest => 1000),
    { difference => .50336, se => .33341, interval => [ -.55844, 1.56516 ], p => 1, rho_squared => .00793615 },
    'a confidence sequence', 1e-5);
is_near(answer(method => 'shares', a => { n => 1000, count => 180 }, b => { n => 1000, count => 220 }),
    { z => -2.23606797749979, p => .025347318677468252, difference => .04 }, 'two proportions', 1e-12);
is_near(answer(method => 'best', arms => [ { n => 1000, count => 180 }, { n => 1000, count => 220 } ]),
    { best => [ undef, .987288 ] }, 'P(B > A)', 1e-6);

# 5.1: seven conversions, and who gets them
my @paths = map { { touches => $_->[0], converts => $_->[1] ? JSON::PP::true : JSON::PP::false, count => $_->[2] } }
    [ [ qw(email sms call) ], 1, 3 ], [ ['email'], 0, 5 ], [ [ qw(sms email) ], 1, 2 ], [ ['call'], 1, 1 ],
    [ [ qw(email email sms) ], 0, 4 ], [ ['sms'], 0, 6 ], [ [ qw(push email) ], 1, 1 ];
my %credit = (shapley => [ 2, 2.5, .5, 2 ], first => [ 1, 3, 1, 2 ], last => [ 4, 3, 0, 0 ],
    linear => [ 2, 2.5, .5, 2 ], position => [ 2.2, 2.7, .5, 1.6 ], markov => [ 2.3116, 2.5428, .1808, 1.9649 ]);
for my $model (sort keys %credit) {
    my $got = answer(method => 'attribution', model => $model, paths => \@paths);
    my @c = @{ $got->{credit} }{qw(call email push sms)};
    is_near(\@c, $credit{$model}, "credit by $model", $model eq 'markov' ? 5e-4 : 1e-12);
    ok abs($c[0] + $c[1] + $c[2] + $c[3] - 7) < 1e-9, 'seven in all';
    is_near($got, { base => .3181818182, effect => { call => .5714286, email => .6285714, push => .0446852,
        sms => .4857143 } }, 'removal effects', 1e-6) if $model eq 'markov';
}
my @dated = ({ touches => [ qw(a b direct) ], days => [ 8, 1, 1 ], converts => JSON::PP::true });
is_near(answer(method => 'attribution', model => 'time_decay', paths => \@dated)->{credit},
    { a => .2, b => .4, direct => .4 }, 'a week is a half');
is_near(answer(method => 'attribution', model => 'last', direct => 'direct', paths => \@dated)->{credit},
    { a => 0, b => 1, direct => 0 }, 'the last that was not direct');

# how long it took to come so far, at the median
my @walk = map { { who => $_->[0], at => $_->[1], name => $_->[2] } } [ a => 0, 'open' ], [ a => 5, 'click' ], [ b => 1, 'open' ],
    [ b => 4, 'open' ], [ b => 5, 'click' ], [ c => 9, 'open' ], [ c => 99, 'click' ], [ d => 3, 'click' ];
is_deeply answer(method => 'funnel', steps => [ qw(open click) ], window => 10, events => \@walk),
    { people => 4, steps => [ { people => 3, median => 0 }, { people => 2, median => 3 } ] }, 'a funnel';

# what nobody may see twice, and who may get what
is_near(answer(method => 'sample_ratio', counts => [ 51000, 49000 ], weights => [ 1, 1 ]), { chi_square => 40 }, '51 to 49');
ok !answer(method => 'sample_ratio', counts => [ 51000, 49000 ], weights => [ 1, 1 ])->{passes}, 'is no even split';
is_near(answer(method => 'thompson', arms => [ ({ n => 99, count => 9 }) x 4 ]), { shares => [ (.25) x 4 ] }, 'too few');

# the same by other ways: sums, integrals, fractions, sets
SKIP: {
    skip 'Python is not there', 3 if !-x '/usr/bin/python3';
    my @cases = map { decode_json($_) } split /\n/, qx{/usr/bin/python3 t/worker/python/stats.py 7};
    my @got = answers(map { encode_json($_->{in}) } @cases);
    my @wrong = map { my @d = differs($got[$_], $cases[$_]{want},
        $cases[$_]{in}{method} eq 'thompson' ? 1e-5 : 2e-7, $cases[$_]{in}{method}); @d ? "@d of "
        . encode_json($cases[$_]{in}) : () } 0 .. $#cases;
    is "@wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]", '', scalar(@cases) . ' cases by Python';

    # Postgres comes to the same
    my @units = grep { $_->{in}{method} eq 'assign' } @cases;
    my %at = (hold_out => -2, rest => -1);
    is_deeply [ map { $h->value('select godwit.assign(?, ?, ?, ?, ?)', @{ $_->{in} }{qw(salt hold_out test weights unit)}) }
        @units ], [ map { $_->{want}{variant} // $at{ $_->{want}{part} } } @units ], @units . ' of them by Postgres';
}

# verdicts: by each rule, too early, with a wrong split, and what is left at the end
sub verdict { my ($rule, $a, $b, %more) = @_;
    my $v = answer(method => 'verdict', rule => $rule, arms => [ map { { n => $_->[0], count => $_->[1] } } $a, $b ], %more);
    return ($v->{winner} // 'none') . " $v->{by}" }
my @over = (over => JSON::PP::true);
is verdict('fixed', [ 1000, 180 ], [ 1000, 220 ]), 'none nobody', 'fixed: not before the end';
is verdict('fixed', [ 1000, 180 ], [ 1000, 220 ], @over), '1 rule', 'then the better one';
is verdict('fixed', [ 1000, 180 ], [ 1000, 190 ], @over, fallback => 1), '1 fallback', 'else the fall-back';
is verdict('sequential', [ 1000, 180 ], [ 1000, 220 ], planned => 2000), 'none nobody', 'sequential: that is not enough';
is verdict('sequential', [ 1000, 180 ], [ 1000, 250 ], planned => 2000), '1 rule', 'this is';
is verdict('bayesian', [ 1000, 220 ], [ 1000, 180 ]), '0 rule', 'bayesian';
is verdict('bayesian', [ 1000, 200 ], [ 1000, 201 ]), 'none nobody', 'none is better';
is verdict('bayesian', [ 499, 220 ], [ 500, 20 ], @over), '0 fallback', 'not enough data';
is verdict('bayesian', [ 1300, 520 ], [ 1000, 20 ], @over, fallback => 1), '1 fallback', 'a split that is wrong';

# an even and independent split of a million would take long here: 20,000
my @units = answers(map { encode_json({ method => 'assign', salt => "s$_->[0]", unit => "ct_$_->[1]", weights => [ 1, 1 ] }) }
    map { [ 1, $_ ], [ 2, $_ ] } 1 .. 20_000);
my @both = (0) x 4;
$both[ 2 * $units[ 2 * $_ ]{variant} + $units[ 2 * $_ + 1 ]{variant} ]++ for 0 .. 19_999;
ok answer(method => 'sample_ratio', counts => \@both, weights => [ (1) x 4 ])->{passes}, "even: @both";

# wrong input is a line too
my %s = (method => 'shares', a => { n => 10, count => 1 });
my @wrong = ([ '{', qr/./ ], [ { method => 'guess' }, qr/^"method" is one of shares/ ],
    [ \%s, qr/^"n" of "b" is a number from 1 / ], [ { %s, b => { n => 3, count => 4 } }, qr/^"count" of "b" is a number from 0 to 3/ ],
    [ { %s, b => $s{a}, alpha => 1 }, qr/^"alpha" is/ ], [ { method => 'size', a => .2, b => .2 }, qr/too near/ ],
    [ { method => 'means', a => { n => 2, sum => 9, sum_squares => 1 }, b => { n => 9, count => 1 } }, qr/^"a": no 2 numbers/ ],
    [ { method => 'means', a => { n => 2, count => 0 }, b => { n => 9, count => 0 } }, qr/nothing varies/ ],
    [ { method => 'means', a => { n => 2, count => 0 }, b => { n => 9, count => 1 }, relative => JSON::PP::true }, qr/a mean of "a"/ ],
    [ { method => 'sample_ratio', counts => [ 1, 2 ], weights => [1] }, qr/are as many/ ],
    [ { method => 'sample_ratio', counts => [ 1, 'x' ], weights => [1] }, qr/in place 2 is none/ ],
    [ { method => 'holm', p => [] }, qr/^"p" is a list/ ], [ { method => 'best', arms => [] }, qr/^"arms" is a list/ ],
    [ { method => 'best', arms => [ { n => 0, count => 0 }, { n => 1e12, count => 3e11 } ] }, qr/too many more units/ ],
    [ { method => 'assign', salt => 's', weights => [1] }, qr/are texts/ ],
    [ { method => 'attribution', model => 'guess', paths => \@paths }, qr/^"model" is one of/ ],
    [ { method => 'attribution', model => 'time_decay', paths => \@paths }, qr/needs the "days"/ ],
    [ { method => 'attribution', model => 'first', paths => [ { touches => [] } ] }, qr/^a path has 1 to/ ],
    [ { method => 'verdict', rule => 'guess', arms => [] }, qr/^"rule" is one of/ ],
    [ { method => 'verdict', rule => 'fixed', arms => [ {} ] }, qr/^"arms" is a list of 2/ ],
    [ { method => 'funnel', steps => [], events => \@walk }, qr/^"steps" is a list/ ],
    [ { method => 'funnel', steps => [ qw(a a) ], mode => 'any_order', events => \@walk }, qr/each of them is another/ ],
    [ { method => 'funnel', steps => ['a'], mode => 'guess', events => \@walk }, qr/^"mode" is one of/ ],
    [ { method => 'funnel', steps => ['a'], events => [ {} ] }, qr/^"at" of "events"/ ]);
my @said = answers(map { ref $_->[0] ? encode_json($_->[0]) : $_->[0] } @wrong);
like $said[$_]{error}{message}, $wrong[$_][1], "wrong: $said[$_]{error}{message}" for 0 .. $#wrong;
done_testing;
