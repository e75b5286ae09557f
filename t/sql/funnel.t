#!/usr/bin/perl
# Funnels by SQL against those of `godwit stats`, which walks event by event.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
srand($ENV{GODWIT_SEED} // 7);
my @names = qw(open click unsubscribe);
my ($logs, $people) = (200, 25);
$h->call('lists_create', { name => 'a' });
$h->call('campaigns_create', { name => 'a', list_id => 'lst_1', from => 'a@example.com', subject => 's', html => 'h' });
sub asked { my ($op, %in) = @_;
    my ($state, $doc) = $h->ask($op, \%in);
    return $state ? die "$op: $doc" : $doc }

# a log an hour; what programs did is in none of them
my @rows;
my @events = map { my $log = $_; [ map {
    my %e = (at => int rand 40, who => 1 + int rand $people, name => $names[ rand @names ]);
    push @rows, join "\t", $log, @e{qw(who at)}, (grep { $names[$_ - 1] eq $e{name} } 1 .. 3)[0], 1;
    push @rows, $rows[-1] =~ s/\d\t1$/2\t5/r if rand() < .3;
    \%e } 1 .. 150 ] } 1 .. $logs;
my $dbh = $h->dbh;
$dbh->do('create temp table raw (log int, who bigint, at int, kind int, class int)');
$dbh->do('copy raw from stdin');
$dbh->pg_putcopydata("$_\n") for @rows;
$dbh->pg_putcopyend;
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    select 1, '2026-01-01Z'::timestamptz + log * interval '1 hour' + at * interval '1 second', 1, who, kind, class from raw});
# another workspace has as much of its own, of people with other numbers
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    select 2, at, campaign_id, contact_id + 1000, kind, class from godwit.events});

my (@in, @got);
for my $log (1 .. $logs) {
    my $mode = (qw(ordered strict any_order))[ rand 3 ];
    my %seen;
    my @steps = grep { $mode ne 'any_order' || !$seen{$_}++ } map { $names[ rand @names ] } 0 .. rand 4;
    my @exclude = rand() < .4 ? $names[ rand @names ] : ();
    my $window = 1 + int rand 30;
    my ($from, $to) = map { sprintf '2026-01-%02dT%02d:00:00Z', 1 + int($_ / 24), $_ % 24 } $log, $log + 1;
    my $r = asked('events_funnel', steps => join(',', @steps), mode => $mode, window => $window,
        (@exclude ? (exclude => $exclude[0]) : ()), since => $from, until => $to);
    push @got, [ map { [ $_->{people}, defined $_->{median} ? $_->{median} + 0 : undef ] } @{ $r->{steps} } ];
    push @in, { method => 'funnel', steps => \@steps, mode => $mode, window => $window, exclude => \@exclude,
        events => [ map { { %$_, who => "$_->{who}" } } @{ $events[ $log - 1 ] } ] };
}
my ($code, $out) = $h->godwit({ in => join '', map { encode_json($_) . "\n" } @in }, 'stats');
my @want = map { [ map { [ $_->{people}, $_->{median} ] } @{ decode_json($_)->{steps} } ] } split /\n/, $out;
for my $i (0 .. $#in) {
    is_deeply $got[$i], $want[$i], "@{$in[$i]}{qw(mode window)} @{ $in[$i]{steps} } without @{ $in[$i]{exclude} }";
}

# what was sent begins one; shares are of the first step. Not what another campaign did, nor
# another workspace, nor who was not reached
$dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
    select case i when 101 then 2 else 1 end, case i when 102 then 2 else 1 end, i, '2026-01-01T00:59Z',
        case i when 103 then 3 else 2 end from generate_series(1, 103) i});
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    values (1, '2026-01-01T01:30Z', 2, 99, 1, 1)});
my $r = $h->call('events_funnel', { steps => 'sent,open', campaign_id => 'cmp_1', since => '2026-01-01T00:00:00Z',
    until => '2026-01-01T02:00:00Z' });
my %opened = map { $_->{who} => 1 } grep { $_->{name} eq 'open' } @{ $events[0] };
is_deeply [ map { [ @{$_}{qw(people share)} ] } @{ $r->{steps} } ], [ [ 100, 1 ], [ scalar keys %opened, keys(%opened) / 100 ] ],
    'of those to whom it was sent';
is_deeply [ map { ($h->try('events_funnel', $_))[1]{error}{field} } { steps => 'sent' }, { steps => 'open,sneeze' },
    { steps => 'open,open', mode => 'any_order' }, { steps => 'open', since => '2020-01-01T00:00:00Z' } ],
    [ qw(campaign_id steps steps since) ], 'what is refused';

# a form that was sent by no person is no unsubscribe
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, flags)
    select 1, '2027-01-01Z', 1, i, 3, 1, case when i > 3 then 8 else 0 end from generate_series(1, 5) i});
is $h->call('events_funnel', { steps => 'unsubscribe', since => '2027-01-01T00:00:00Z', until => '2027-01-02T00:00:00Z' })
    ->{steps}[0]{people}, 3, 'unsubscribes of people';

# retention: who came in a week, and how many clicked in it and in those after
$dbh->do('delete from godwit.events');
$dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at) select 1, i || '@example.com', at, at
    from generate_series(1, 10) i, lateral (select '2026-01-05Z'::timestamptz + (i % 2) * interval '8 days') t(at)});
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class) select 1, at, 1, c.id, 2, class
    from godwit.contacts c, (values ('2026-01-06Z'::timestamptz, 1), ('2026-01-06Z', 1), ('2026-01-20Z', 1), ('2026-01-27Z', 5)) v(at, class)
    where at >= c.created_at and (c.id % 3 > 0 or at < '2026-01-10Z')});
$dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 2, email, created_at, updated_at from godwit.contacts where tenant_id = 1});
my $first = $h->value('select min(id) from godwit.contacts');
my @kept = map { my $odd = $_; scalar grep { ($_ - $first + 1) % 2 == $odd && $_ % 3 } $first .. $first + 9 } 0, 1;
is_deeply [ map { [ $_->{people}, $_->{did} ] } @{ $h->call('events_retention', { since => '2026-01-05T00:00:00Z',
    until => '2026-02-01T00:00:00Z' })->{cohorts} } ], [ [ 5, [ 5, 0, $kept[0], 0 ] ], [ 5, [ 0, $kept[1], 0 ] ] ], 'retention';
is_deeply [ map { [ substr($_->{since}, 0, 10), $_->{people}, scalar @{ $_->{did} } ] } @{ $h->call('events_retention',
    { period => 'day', since => '2026-01-05T00:00:00Z', until => '2026-01-15T00:00:00Z' })->{cohorts} } ],
    [ [ '2026-01-05', 5, 10 ], [ '2026-01-13', 5, 2 ] ], 'day by day';

# who was merged is one person, whatever he did before
$dbh->do('delete from godwit.sends');
my ($one, $two) = map { $h->call('contacts_create', { email => "m$_\@example.com" })->{id} =~ s/ct_//r } 1, 2;
$dbh->do('update godwit.contacts set created_at = ? where id in (?, ?)', undef, '2027-02-01Z', $one, $two);
$dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, 1, ?, '2027-02-01Z', 2)}, undef, $two);
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
    values (1, '2027-02-02Z', 1, ?, 1, 1), (1, '2027-02-03Z', 1, ?, 2, 1)}, undef, $one, $two);
$h->call('merges_create', { into => "ct_$one", contact_id => "ct_$two" });
my %then = (since => '2027-02-01T00:00:00Z', until => '2027-02-08T00:00:00Z');
is join(' ', map { $_->{people} } @{ $h->call('events_funnel', { steps => 'sent,open,click', campaign_id => 'cmp_1', %then })->{steps} }),
    '1 1 1', 'a merged person walks through a funnel';
is_deeply $h->call('events_retention', { %then })->{cohorts}[0]{did}, [1], 'and comes again';
done_testing;
