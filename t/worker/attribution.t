#!/usr/bin/perl
# Attribution over stored clicks, events and posted conversions: the toy of which every
# model's numbers are known; costs and what came back of them.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use lib 't/lib';
use Godwit;
use Godwit::Jobs;
use List::Util qw(sum);

my $h = Godwit->new;
my @keys = qw(call email push sms);
my %campaign = map { $keys[$_] => $_ + 1 } 0 .. 3;
$h->call('lists_create', { name => 'a' });
for (@keys) {
    $h->call('campaigns_create', { name => $_, list_id => 'lst_1', from => 'a@example.com', subject => 's', html => 'h' });
}
$h->dbh->do($_) for q{update godwit.campaigns set state = 'finished', started_at = '2026-01-02Z', finished_at = '2026-01-03Z'},
    q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, updated_at)
        select 1, id, 20, 20, 10 * id, '2026-01-03Z' from generate_series(1, 4) id};

# a contact a path; a third of the conversions are events, of the others one is posted twice
my @toy = ([ 'email sms call', 1, 3 ], [ 'email', 0, 5 ], [ 'sms email', 1, 2 ], [ 'call', 1, 1 ],
    [ 'email email sms', 0, 4 ], [ 'sms', 0, 6 ], [ 'push email', 1, 1 ]);
my ($contact, $done, @click, @posted, @told) = (100, 0);
for (@toy) {
    my ($path, $converts, $count) = @$_;
    for (1 .. $count) {
        $contact++;
        my @way = split / /, $path;
        push @click, map { sprintf q{(1, '2026-01-1%dT00:00Z', %d, %d, 2, 1)}, $_, $campaign{ $way[$_] }, $contact } 0 .. $#way;
        next if !$converts;
        push @{ $done++ % 3 ? \@posted : \@told }, $contact;
    }
}
my $events = 'insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class) values';
$h->dbh->do("$events " . join ', ', @click,
    # programs, another workspace, and long ago: none of these is a touch
    q{(1, '2026-01-13T12:00Z', 1, 101, 2, 4), (2, '2026-01-13T12:00Z', 1, 101, 2, 1), (1, '2025-11-01Z', 4, 101, 2, 1)});
$h->call('analytics_configure', { currency => 'EUR', conversions => [ { event => 'Order', value => 'total',
    currency => 'unit', key => 'no' } ], rates => [ { channel => 'email', amount => '7' },
    map { { channel => 'email', amount => $_->[0], since => "2026-0$_->[1]-01T00:00:00Z" } } [ '0.5', 1 ], [ '9', 2 ] ] });
my $track = q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
    values (?, '2026-01-15Z', ?, ?, ?, ?, 1, '2026-01-15Z')};
for my $who (@told) {
    # told twice under its number; `posted-` counts as it was posted
    $h->dbh->do($track, undef, 1, $who, 1, 'Order', qq({"total": 10, "unit": "eur", "no": "n$who"})) for 1, 2;
}
$h->dbh->do($track, undef, @$_) for [ 1, 101, 1, 'Look', '{"total": 99}' ], [ 2, 101, 1, 'Order', '{"total": 99}' ],
    [ 1, 101, 1, 'Order', '{"total": 99, "no": "posted-' . $posted[0] . '"}' ];
$h->dbh->do(q{insert into godwit.contacts (tenant_id, id, email, created_at, updated_at) overriding system value
    select 1, i, i || '@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(101, 130) i});
for my $who (@posted) {
    $h->call('analytics_convert', { contact_id => "ct_$who", key => "posted-$who", value => $_, at => '2026-01-15T00:00:00Z' })
        for '7.125', '10';
}
$h->call('analytics_convert', { at => '2026-01-15T00:00:00Z', value => '5' });
$h->call('analytics_convert', { at => '2026-01-15T00:00:00Z', value => '5', currency => 'USD' });
$h->call('analytics_convert', { at => '2026-01-15T00:00:00Z', value => '5', void => \1 });
$h->call('analytics_spend', { amount => $_->[0], at => '2026-01-05T00:00:00Z', @$_[ 1 .. $#$_ ] }) for [ '3.50', campaign_id => 'cmp_2' ],
    [ '-0.50', campaign_id => 'cmp_2', note => 'too much' ], [ '2', provider => 'Agency' ], [ '100', currency => 'USD' ];

my %asked = (since => '2026-01-01T00:00:00Z', until => '2026-02-01T00:00:00Z');
sub report { my (%in) = @_;
    my $op = $h->call('analytics_attribute', { %asked, %in })->{operation};
    $h->godwit(qw(worker jobs --once));
    my $o = operation($h, $op);
    return $o->{state} eq 'done' ? ($o->{result}, $op) : die "$o->{state} $o->{error}{message}" }
my ($r, $op) = report();
my %item = map { $_->{name} => $_ } @{ $r->{items} };
my %golden = (markov => [ 2.3116, 2.5428, .1808, 1.9649 ], shapley => [ 2, 2.5, .5, 2 ], first => [ 1, 3, 1, 2 ],
    last => [ 4, 3, 0, 0 ], linear => [ 2, 2.5, .5, 2 ], position => [ 2.2, 2.7, .5, 1.6 ]);
# a touch is a day before the next one, and a week is a half
my ($day, $two) = (2 ** (-1 / 7), 2 ** (-2 / 7));
my ($of_three, $of_two) = (3 / (1 + $day + $two), 1 / (1 + $day));
$golden{time_decay} = [ $of_three + 1, $of_three * $two + 3 * $of_two, $day * $of_two, $of_three * $day + 2 * $day * $of_two ];
for my $model (sort keys %golden) {
    is_deeply [ map { sprintf '%.4f', $item{$_}{models}{$model}{conversions} } @keys ],
        [ map { sprintf '%.4f', $_ } @{ $golden{$model} } ], $model;
}
is sprintf('%.10f', $r->{base}), '0.3181818182', 'the chain converts as often';
is join(' ', map { sprintf '%.7f', $item{$_}{removal_effect} } @keys), '0.5714286 0.6285714 0.0446852 0.4857143', 'removal effects';
for my $model (sort keys %{ $item{email}{models} }) {
    cmp_ok abs(sum(map { $_->{models}{$model}{conversions} } @{ $r->{items} }) - 7), '<', 1e-9, "$model gives all of it away";
    cmp_ok abs(sum(map { $_->{models}{$model}{revenue} } @{ $r->{items} }) - 70), '<', 1e-9, 'and what it was worth';
}
is_deeply [ @{$r}{qw(n revenue other_currency paths)}, @{ $r->{untouched} }{qw(conversions revenue)} ],
    [ 9, 75, 1, 22, 2, 5 ], 'each counts once, those of nobody too';
is_deeply [ map { $item{$_}{cost} } @keys ], [ 5, 13, 15, 20 ], 'by the rate at the beginning, and as posted';
is_deeply [ $r->{cost}, $r->{other_cost}, sum(map { $_->{cost} } @{ $r->{items} }) + $r->{other_cost} ], [ 55, 2, 55 ],
    'costs of campaigns and others are all';
is sprintf('%.6f', $item{email}{models}{linear}{roi}), sprintf('%.6f', (25 - 13) / 13), 'what came back of it';
is_deeply $item{email}{models}{linear}{interval}, undef, 'seven are too few for an interval';

# the same again is not made again; what has another time is
is +(report())[1], $op, 'one that was made lately';
isnt +(report(max_age => 0))[1], $op, 'or anew';
is_deeply [ map { [ @{$_}{qw(key n)} ] } @{ (report(by => 'channel'))[0]{items} } ], [ [ 'email', 7 ] ], 'by channel';
is +(report(lookback => 1))[0]{untouched}{conversions}, 9, 'no touch in a day';

# of forty an interval is shown: the sum is Poisson's times what each was worth
$h->dbh->do("$events " . join ', ', map { "(1, '2026-03-02Z', 1, " . (200 + $_) . ', 2, 1)' } 1 .. 40);
$h->dbh->do(q{insert into godwit.conversions (tenant_id, at, contact_id, name, value, currency, void, created_at)
    select 1, '2026-03-03Z', 200 + i, 'x', i, 'EUR', false, '2026-03-03Z' from generate_series(1, 40) i});
my ($m) = report(since => '2026-03-01T00:00:00Z', until => '2026-04-01T00:00:00Z');
my $half = 1.959963984540054 * sqrt(sum(map { $_ ** 2 } 1 .. 40));
is_deeply [ map { sprintf '%.6f', $_ } @{ $m->{items}[0]{models}{last}{interval} } ],
    [ map { sprintf '%.6f', 820 + $_ * $half } -1, 1 ], 'the interval of revenue';

# who was merged is one, on both sides; opens are touches where they are asked for
$h->dbh->do($_) for "$events (1, '2026-04-02Z', 1, 300, 2, 1), (1, '2026-04-02Z', 1, 302, 2, 1), (1, '2026-04-02Z', 2, 304, 1, 1)",
    'insert into godwit.contact_alias values (1, 300, 301), (1, 303, 302)',
    q{insert into godwit.conversions (tenant_id, at, contact_id, name, value, currency, void, created_at)
        select 1, '2026-04-03Z', unnest('{301,303,304}'::int[]), 'x', 1, 'EUR', false, '2026-04-03Z'};
sub april { my ($r) = report(since => '2026-04-01T00:00:00Z', until => '2026-05-01T00:00:00Z', @_);
    return join ' ', $r->{untouched}{conversions}, map { "$_->{key}:$_->{models}{last}{conversions}" }
        sort { $a->{key} cmp $b->{key} } grep { $_->{models}{last}{conversions} } @{ $r->{items} } }
is april(), '1 cmp_1:2', 'who was merged';
is april(touches => 'opens'), '0 cmp_1:2 cmp_2:1', 'who opened';
$h->dbh->do('update godwit.campaigns set test = true where id = 4');
my ($less) = report(max_age => 0);
is $less->{cost}, 35, 'a test costs nothing';
is_deeply [ sort map { $_->{name} } @{ $less->{items} } ], [ qw(call email push) ], 'nor earns it';

# of very many touches the newest are kept; of too many keys there is no report
$h->dbh->do($_) for q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
        select 1, '2026-05-02Z'::timestamptz + i * interval '1 second', case i when 1 then 2 else 1 end, 400, 2, 1 from generate_series(1, 1500) i},
    q{insert into godwit.conversions (tenant_id, at, contact_id, name, value, currency, void, created_at)
        values (1, '2026-05-03Z', 400, 'x', 1, 'EUR', false, '2026-05-03Z')};
my @may = (since => '2026-05-01T00:00:00Z', until => '2026-06-01T00:00:00Z');
is_deeply [ map { [ @{$_}{qw(key touches)} ] } grep { $_->{n} } @{ (report(@may))[0]{items} } ], [ [ 'cmp_1', 1000 ] ], 'of many touches';
sub many { $h->dbh->do(q{insert into godwit.campaigns (tenant_id, name, list_id, template_id, template_version, from_address, state,
        created_at, started_at) select tenant_id, 'n' || i, list_id, template_id, template_version, from_address, state, created_at,
        started_at from godwit.campaigns, generate_series(1, ?) i where id = 1}, undef, @_);
    $h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class)
        select 1, '2026-05-02T01:00Z', id, 400, 2, 1 from godwit.campaigns where name ~ '^n' limit 600});
    return eval { report(@may, max_age => 0) } ? 'done' : $@ =~ s/ at .*//sr }
is many(600), 'failed people came by more than 500 of these; choose another "by" or a shorter time', 'too many states of a chain';
is many(4400), 'failed there are more than 5000 of these; choose another "by"', 'too many keys';

# an order that is told again when the month is over counted in that month
$h->dbh->do(q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
    select tenant_id, '2026-02-03Z', contact_id, kind, name, properties, source_id, received_at from godwit.tracked
    where tenant_id = 1 and name = 'Order'});
is_deeply [ map { (report(by => 'channel', since => $_->[0], until => $_->[1], max_age => 0))[0]{n} } [ '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z' ],
    [ '2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z' ] ], [ 0, 9 ], 'an order that is told again in the next month';

# what a campaign has caused: who was held out against all others, by the formula of README
my $caused = $h->call('campaigns_create', { name => 'x', list_id => 'lst_1', from => 'a@example.com', subject => 's', html => 'h',
    experiment => { variants => [ { name => 'A' }, { name => 'B', subject => 'b' } ], hold_out => 40 } })->{id};
$h->refused('reports_lift', { campaign_id => $caused }, 'conflict', 'campaign_id',
    "campaign $caused has not been started; there is nothing to report of it");
my $no = $caused =~ s/cmp_//r;
$h->dbh->do(q{update godwit.campaigns set state = 'finished', started_at = '2026-06-01Z' where id = ?}, undef, $no);
my %side = map { $_ => { n => 0, people => 0, conversions => 0, revenue => 0, values => [] } } qw(treated held_out);
for my $who (1001 .. 1400) {
    my $held = int(hex(substr sha256_hex("$caused:part:ct_$who"), 0, 8) * 10000 / 2**32) < 4000;
    my $side = $side{ $held ? 'held_out' : 'treated' };
    $h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, ?, ?, '2026-06-01Z', ?)}, undef,
        $no, $who, $held ? 4 : 2);
    my @bought = $who % 5 == 0 || !$held && $who % 3 == 0 ? map { $who % 7 + $_ } 1 .. 1 + ($who % 2) : ();
    $h->dbh->do(q{insert into godwit.conversions (tenant_id, at, contact_id, name, value, currency, void, created_at)
        values (1, '2026-06-20Z', ?, 'x', ?, 'EUR', false, '2026-06-20Z')}, undef, $who, $_) for @bought;
    $side->{n}++;
    $side->{people} += @bought ? 1 : 0;
    $side->{conversions} += @bought;
    $side->{revenue} += sum(0, @bought);
    push @{ $side->{values} }, sum(0, @bought);
}
$h->dbh->do(q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, updated_at)
    values (1, ?, 400, 400, ?, '2026-06-03Z')}, undef, $no, $side{treated}{n});
$h->dbh->do(q{insert into godwit.conversions (tenant_id, at, contact_id, name, value, currency, void, created_at)
    values (1, '2026-07-02Z', 1001, 'late', 1000, 'EUR', false, '2026-07-02Z')});
sub spread { my @v = @_;
    my $mean = sum(@v) / @v;
    return ($mean, sum(map { ($_ - $mean) ** 2 } @v) / (@v - 1) / @v) }
sub lift { my (%in) = @_;
    my $op = $h->call('reports_lift', { campaign_id => $caused, max_age => 0, %in })->{operation};
    $h->godwit(qw(worker jobs --once));
    return operation($h, $op)->{result} }
my $lift = lift();
my ($mt, $vt) = spread(@{ $side{treated}{values} });
my ($mh, $vh) = spread(@{ $side{held_out}{values} });
my $treated = $side{treated}{n};
my $cost = 9 * $treated;
my @want = map { ($mt - $mh + $_ * 1.959963984540054 * sqrt($vt + $vh)) * $treated } 0, -1, 1;
is_deeply { map { my $w = $_; ($w => { map { $_ => $lift->{sides}{$w}{$_} } qw(n people conversions revenue) }) } keys %side },
    { map { my $w = $_; ($w => { map { $_ => $side{$w}{$_} } qw(n people conversions revenue) }) } keys %side }, 'both sides, and only its days';
is_deeply [ map { sprintf '%.6f', $_ } $lift->{incremental}, @{ $lift->{interval} }, $lift->{cost}, $lift->{roi}, @{ $lift->{roi_interval} } ],
    [ map { sprintf '%.6f', $_ } @want, $cost, map { ($_ - $cost) / $cost } @want ], 'what it has caused, what that was worth, and the intervals';
$h->dbh->do('delete from godwit.sends where campaign_id = ? and contact_id > 1200', undef, $no);
$lift = lift();
is_deeply [ $lift->{enough} ? 1 : 0, $lift->{roi}, $lift->{why} ], [ 0, undef, 'a side has less than 100 people' ],
    'of less than a hundred nothing is said';
is lift(campaign_id => 'cmp_1')->{why}, 'nobody was held out, or nobody else', 'nor of one that has held nobody out';

# what takes too long is not tried again and again
my $lock = $h->dbh('postgres');
$lock->begin_work;
$lock->do('lock table godwit.events in access exclusive mode');
my $slow = $h->call('analytics_attribute', { %asked, by => 'channel', max_age => 0 })->{operation};
my $role = $h->spawn(qw(worker jobs));
my $waits = q{from pg_stat_activity where wait_event_type = 'Lock' and query like 'copy %' and datname = current_database()};
wait_for { $h->value("select count(*) $waits") } 10, 'a report waits';
$h->dbh->do("select pg_cancel_backend(pid) $waits");
wait_for { operation($h, $slow)->{state} eq 'failed' } 10, 'one that was broken off';
is operation($h, $slow)->{error}{message}, 'it takes more than 10 minutes; ask for a shorter time', 'has failed, and says why';
$lock->rollback;
$h->stop($role, 'TERM');
is_deeply [ map { ($h->try('analytics_attribute', $_))[1]{error}{field} } { since => '2020-01-01T00:00:00Z' }, { by => 'domain' } ],
    [ qw(since by) ], 'what is refused';
done_testing;
