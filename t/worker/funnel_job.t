#!/usr/bin/perl
# Funnels that a worker makes, a week at a time, against those of events_funnel.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
srand($ENV{GODWIT_SEED} // 7);
my @names = qw(open click unsubscribe);
$h->call('lists_create', { name => 'a' });
$h->call('campaigns_create', { name => 'a', list_id => 'lst_1', from => 'a@example.com', subject => 's', html => 'h' });
$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    select t, '2026-01-01Z'::timestamptz + floor(random() * 2500000) * interval '1 second', 1 + floor(random() * 2),
        1 + floor(random() * 60), 1 + floor(random() * 3), 1 + floor(random() * 2) * 3
    from generate_series(1, 2) t, generate_series(1, 2500)});
$h->dbh->do(q{insert into godwit.contact_alias values (1, 7, 8), (1, 9, 8), (2, 10, 11)});
$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
    select 1, 1, i, '2026-01-01Z'::timestamptz + i * interval '3 hours', 2 + i % 2 from generate_series(1, 60) i});

my (@asked, @op);
for my $n (1 .. 30) {
    my $mode = (qw(ordered strict any_order))[ rand 3 ];
    my $campaign = rand() < .5;
    my @from = (@names, $campaign ? 'sent' : ());
    my %seen;
    my @steps = grep { $mode ne 'any_order' || !$seen{$_}++ } map { $from[ rand @from ] } 0 .. rand 4;
    my @exclude = rand() < .4 ? $names[ rand @names ] : ();
    push @asked, { mode => $mode, window => 1 + int rand 400000, steps => \@steps, exclude => \@exclude,
        ($campaign ? (campaign_id => 'cmp_1') : ()), since => '2026-01-03T07:00:00Z', until => '2026-01-29T00:00:00Z' };
    push @op, $h->call('analytics_funnel', $asked[-1])->{operation};
}
$h->godwit(qw(worker jobs --once));
sub steps { return [ map { [ $_->{name}, map { defined ? sprintf '%.9f', $_ : '' } @{$_}{qw(people share median)}, @{ $_->{interval} // [] } ] }
        @{ $_[0]{steps} } ] }
for my $i (0 .. $#asked) {
    my %q = %{ $asked[$i] };
    $q{$_} = join ',', @{ $q{$_} } for qw(steps exclude);
    delete $q{exclude} if $q{exclude} eq '';
    my $want = $h->call('events_funnel', \%q);
    my $o = operation($h, $op[$i]);
    is_deeply [ $o->{result}{people}, steps($o->{result}) ], [ $want->{people}, steps($want) ],
        "$q{mode} $q{window} $q{steps}" . ($q{exclude} ? " without $q{exclude}" : '') or diag $o->{error}{message};
}

# a step may be an event of a site, in the week after the click
$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    select 1, '2027-01-02Z', 1, i, 2, 1 from generate_series(1, 10) i where i not in (7, 9)});
$h->dbh->do(q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
    select 1, timestamptz '2027-01-05Z' + i * interval '1 day', i, 1, case when i = 5 then 'Look' else 'Order''s %s' end, '{}', 1, '2027-01-05Z'
    from generate_series(1, 6) i});
my $op = $h->call('analytics_funnel', { steps => [ 'click', "Order's %s" ], window => 8 * 86400, since => '2027-01-01T00:00:00Z',
    until => '2027-02-01T00:00:00Z' })->{operation};
$h->godwit(qw(worker jobs --once));
my $o = operation($h, $op);
is_deeply [ map { $_->{people} } @{ $o->{result}{steps} } ], [ 8, 4 ], 'from a click to an order, within its time';
is_deeply $o->{progress}, { done => 4, total => 5 }, 'a week is a step';

# retention by a worker is that of events_retention; also of an event of a site
$h->dbh->do(q{insert into godwit.contacts (tenant_id, id, email, created_at, updated_at) overriding system value
    select 1, i, i || '@example.com', case when i < 4 then '2026-01-02Z' else '2027-01-04Z' end::timestamptz, '2026-01-01Z'
    from generate_series(1, 60) i});
sub cohorts { my (%in) = @_;
    my $op = $h->call('reports_retention', { since => '2026-01-01T00:00:00Z', until => '2026-03-01T00:00:00Z', %in })->{operation};
    $h->godwit(qw(worker jobs --once));
    my $o = operation($h, $op);
    return $o->{result} ? $o->{result}{cohorts} : $o->{error} }
is_deeply cohorts(kind => $_), $h->call('events_retention', { since => '2026-01-01T00:00:00Z', until => '2026-03-01T00:00:00Z', kind => $_ })->{cohorts},
    "who goes on to $_" for qw(open click);
is_deeply [ map { [ $_->{people}, @{ $_->{did} } ] } @{ cohorts(kind => "Order's %s", period => 'month', since => '2026-12-01T00:00:00Z',
    until => '2027-03-01T00:00:00Z') } ], [ [ 57, 2, 0 ] ], 'or to an event of a site';
is_deeply [ map { ($h->try('analytics_funnel', $_))[1]{error}{field} } { steps => [] }, { steps => [ 'open', 'open' ], mode => 'any_order' },
    { steps => ['open'], campaign_id => 'cmp_9' } ], [ qw(steps steps campaign_id) ], 'what is refused';

# ---- people lie in 64 buckets, each with a bound: here one has a person too many for ten steps
my @crowd;
{
    use integer;
    no warnings 'portable';
    for (my $id = 1000; @crowd < 2097152 / (3 + 2 * 10) + 2; $id++) {
        push @crowd, $id if (($id * 0x9e3779b97f4a7c15) >> 58 & 63) == 0;
    }
}
$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    select 1, '2027-03-02Z', 1, i, 2, 1 from unnest(?::bigint[]) i}, undef, \@crowd);
my ($many, $few) = map { $h->call('analytics_funnel', { steps => [ ('click') x $_ ], since => '2027-03-01T00:00:00Z',
    until => '2027-03-04T00:00:00Z' })->{operation} } 10, 9;
is(($h->godwit(qw(worker jobs --once)))[0], 0, 'the worker lives');
is operation($h, $many)->{error}{message}, 'that is more than a report holds; ask for a shorter time', 'one that is too large is refused';
is operation($h, $few)->{result}{people}, scalar @crowd, 'the next one is made';
done_testing;
