#!/usr/bin/perl
# godwit predicate: what it says of a contact, and what it refuses; against the
# grammar and against an evaluator that knows nothing but the grammar.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use File::Temp;
use JSON::PP;

my $h = Godwit->new;
my $json = JSON::PP->new->utf8->canonical;
my $seed = $ENV{GODWIT_SEED} // int rand 1e6;

# The lines of a program's answer to these lines.
sub filter {
    my ($command, @lines) = @_;
    my ($code, $out) = $h->godwit({ in => join '', map { "$_\n" } @lines }, $command);
    is $code, 0, "$command ends well";
    return map { $json->decode($_) } split /\n/, $out;
}

sub python {
    my ($script, @words) = @_;
    open my $fh, '-|', 'python3', '-B', "t/worker/$script", @words or die "python3: $!";
    chomp(my @lines = <$fh>);
    close $fh or die "$script failed";
    return @lines;
}

my $ann = { id => 'ct_1', company => { id => 'com_7', name => 'Acme', attributes => { seats => 50 } }, first_name => 'Ann', consent => { email => 'granted' }, tags => ['vip'],
    attributes => { orders => 3, plan => 'Gold', born => '1980-02-29' }, lists => ['lst_1'] };
my @bought = map { { name => 'purchase', at => "2026-01-${_}T10:00:00Z", properties => { sum => $_ } } }
    10, 20, 30;
my $not = JSON::PP::false;
my @asked = (
    [ { all => [ { field => 'first_name', op => 'is', value => 'ann' },
        { not => { any => [ { tag => 'new' }, { attribute => 'orders', op => 'more', value => 3 } ] } } ] },
        1, 'first name is "ann" and not (has the tag "new" or "orders" is more than 3)',
        [ '/all/0', 1 ], [ '/all/1/not/any/0', 0 ], [ '/all/1/not/any/1', 0 ] ],
    [ { event => 'purchase', op => 'exactly', times => 2, within => '2w', where => [ { property => 'sum',
        op => 'at_least', value => 20 } ] }, 1,
        '"purchase" happened exactly 2 times within the last 2 weeks where "sum" is at least 20', [ '', 1 ] ],
    [ { attribute => 'born', op => 'anniversary', value => 28 }, 1,
        '"born" has its anniversary in 28 days', [ '', 1 ] ],
    [ { any => [ { consent => 'sms', is => 'granted' }, { attribute => 'plan', op => 'in', value =>
        [ 'free', 7, $not ] } ] }, 0,
        'consent to sms is granted or "plan" is one of "free", 7 or false', [ '/any/0', 0 ], [ '/any/1', 0 ] ],
    [ { all => [ { company => 'id', op => 'set' }, { company => 'name', op => 'starts_with', value => 'ac' },
        { company_attribute => 'seats', op => 'more', value => 50 } ] }, 0,
        'has a company and the company\'s name begins with "ac" and the company\'s "seats" is more than 50',
        [ '/all/0', 1 ], [ '/all/1', 1 ], [ '/all/2', 0 ] ],
    [ { all => [] }, 1, 'everybody' ],
);
my @said = filter('predicate', map { $json->encode({ predicate => $_->[0], contact => $ann,
    events => \@bought, now => '2026-01-31T00:00:00Z' }) } @asked);
for (0 .. $#asked) {
    my (undef, $match, $english, @why) = @{ $asked[$_] };
    is $said[$_]{english}, $english, $english;
    is !!$said[$_]{match}, !!$match, 'and it is ' . ($match ? 'true' : 'false');
    is_deeply [ map { [ $_->{pointer}, $_->{match} ? 1 : 0 ] } @{ $said[$_]{why} } ], \@why, 'why';
}
is $said[1]{why}[0]{times}, 2, 'how often it happened';

my $deep = { tag => 'x' };
$deep = { not => $deep } for 1 .. 16;
my @wrong = (
    [ { field => 'age', op => 'set' }, '/field', qr/^"field" is not one of id, email, / ],
    [ { all => [ { field => 'created_at', op => 'is', value => 'x' } ] }, '/all/0/op',
        qr/^"op" is not one of set, before, since, / ],
    [ { any => [ { tag => 'a' }, { tags => 'a' } ] }, '/any/1', qr/^a condition has one of the members all, / ],
    [ { tag => 'a', op => 'is' }, '', qr/^there is no member "op" here; the members are tag$/ ],
    [ { attribute => 'n', op => 'less', value => '3' }, '/value', qr/^"value" is not a number/ ],
    [ { event => 'e', within => '30 days' }, '/within', qr/^"within" is not a span like 30m, 12h/ ],
    [ { event => 'e', where => [ { property => 'p', op => 'since', value => '2026-02-29' } ] },
        '/where/0/value', qr/^"value" is not a date like / ],
    [ { bucket => { salt => 's', from => 10, to => 10 } }, '/bucket/to', qr/^"to" is not more than "from"$/ ],
    [ { near => { latitude => 91, longitude => 0, kilometres => 1 } }, '/near/latitude',
        qr/^"latitude" is not a number from -90 to 90$/ ],
    [ $deep, '/not' x 16, qr/^there are more than 16 levels$/ ],
    [ { all => [ ({ tag => 'x' }) x 500 ] }, '/all/499', qr/^there are more than 500 conditions/ ],
);
@said = filter('predicate', map { $json->encode({ predicate => $_->[0], contact => {},
    now => '2026-01-31T00:00:00Z' }) } @wrong);
for (0 .. $#wrong) {
    is $said[$_]{error}{pointer}, "/predicate$wrong[$_][1]", $wrong[$_][2];
    like $said[$_]{error}{message}, $wrong[$_][2], 'and says so';
}

diag "GODWIT_SEED=$seed" unless $ENV{GODWIT_SEED};
my @pairs = python('predicate_pairs.py', 'pairs', $seed, 10000);
my $file = File::Temp->new;
print $file map { "$_\n" } @pairs;
$file->flush;
my @want = map { $_ eq '{"match": true}' } python('predicate.py', "$file");
my @got = filter('predicate', @pairs);
my @differ = grep { !!$got[$_]{match} ne !!$want[$_] || !exists $got[$_]{match} } 0 .. $#pairs;
is @got, 10000, 'an answer to each pair';
is @differ, 0, 'both evaluators agree' or diag map { "$pairs[$_]\n" } @differ[0 .. ($#differ < 2 ? $#differ : 2)];
my $true = grep { $_ } @want;
cmp_ok $true, '>', 2000, "$true of them are true";
cmp_ok $true, '<', 8000, 'and not all';

my @mutants = python('predicate_pairs.py', 'mutants', $seed, 400);
@got = filter('predicate', @mutants);
my $grammar = do { local (@ARGV, $/) = 'sql/api/predicate.schema.json'; $json->decode(<>) };
my @valid = filter('schema', map { $json->encode({ schema => $grammar, data =>
    $json->decode($_)->{predicate} }) } @mutants);
my $beyond = qr/^"to" is not more than "from"$/;        # which the text of the grammar says
@differ = grep { !!$valid[$_]{valid} ne !!(($got[$_]{error}{message} // '') =~ /^$|$beyond/) } 0 .. $#mutants;
is @differ, 0, 'what is refused is what the grammar refuses'
    or diag map { "$mutants[$_]\n" . $json->encode($got[$_]) . "\n" } @differ[0 .. ($#differ < 2 ? $#differ : 2)];
cmp_ok scalar(grep { $_->{valid} } @valid), '>', 10, 'which is not all';

is((filter('predicate', '{"predicate":{"all":[]},"contact":{},"now":"x"}'))[0]{error}{pointer}, '/now',
    'a wrong instant');
is((filter('predicate', '{'))[0]{error}{pointer}, '', 'no JSON');
my ($words, undef, $err) = $h->godwit('predicate', 'x');
is $words, 2, 'words are not taken';
like $err, qr/^predicate: takes no words/, 'and that is said';
done_testing;
