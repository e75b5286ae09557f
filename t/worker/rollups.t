#!/usr/bin/perl
# Roll-ups of campaigns against a count of what is stored, row by row.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;
use List::Util qw(sum0);

my $h = Godwit->new;
srand($ENV{GODWIT_SEED} // 7);
my $dbh = $h->dbh;
my %period = (since => '2026-01-01T00:00:00Z', until => '2026-02-01T00:00:00Z');
$h->call('lists_create', { name => $_ }) for qw(a b);
$h->call('campaigns_create', { name => "c$_", list_id => 'lst_' . ($_ % 2 + 1), from => 'a@example.com', subject => 's',
    html => '<a href="https://a.example/1" data-godwit-name="shop">1</a><a href="https://a.example/2" data-godwit-name="shop">2</a>'
        . '<a href="https://a.example/3">3</a>' }) for 1 .. 3;
my @domain = qw(gmail.com googlemail.com a.example hotmail.com GMAIL.com b.example);
my %group = (map({ lc $_ => 'google' } @domain[ 0, 1, 4 ]), 'hotmail.com' => 'microsoft');
my @contact = map { { id => $h->call('contacts_create', { email => "p$_\@$domain[ $_ % 6 ]" })->{id} =~ s/ct_//r,
    domain => $group{ lc $domain[ $_ % 6 ] } // $domain[ $_ % 6 ] } } 1 .. 60;

# what went out, what came back, what was done; the drain's own tables as it makes them
my (@send, @event, %sent);
for my $c (1 .. 3) {
    for my $p (@contact) {
        my $s = { c => $c, p => $p, state => (2, 2, 2, 3)[ rand 4 ], attempts => 1 + int rand 2, day => 5 + int rand 3 };
        push @send, $s;
        $dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts)
            values (1, ?, ?, ?, ?, ?)}, undef, $c, $p->{id}, "2026-01-0$s->{day}T12:00Z", @{$s}{qw(state attempts)});
        push @event, map { { c => $c, p => $p, kind => 1 + int rand 3, class => 1 + int rand 5, link => int rand 3,
            day => $s->{day} + int rand 2, hour => int rand 24 } } 1 .. int rand 4 if $s->{state} == 2;
    }
}
$dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link) values (1, ?, ?, ?, ?, ?, ?)}, undef,
    sprintf('2026-01-%02dT%02d:%02dZ', @{$_}{qw(day hour)}, int rand 60), $_->{c}, $_->{p}{id}, @{$_}{qw(kind class)},
    $_->{kind} == 2 ? $_->{link} : undef) for @event;
$dbh->do($_) for
    q{insert into godwit.engagement select 1, campaign_id, contact_id, min(at) filter (where kind = 1), min(at) filter (where kind = 2),
        min(at) filter (where kind = 3), min(class), bit_or(case when kind = 1 and class in (1, 2) or kind = 2 and class = 1 then kind else 0 end)
        from godwit.events group by 2, 3},
    q{insert into godwit.campaign_hours select 1, campaign_id, date_trunc('hour', at at time zone 'UTC') at time zone 'UTC', kind, class, count(*)
        from godwit.events group by 2, 3, 4, 5},
    q{insert into godwit.campaign_totals (tenant_id, campaign_id, opens, clicks, unique_opens, unique_clicks, unsubscribes, human_opens,
        human_clicks, human_unique_opens, human_unique_clicks)
        select 1, e.campaign_id, count(*) filter (where kind = 1), count(*) filter (where kind = 2), o, c, u,
            count(*) filter (where kind = 1 and class in (1, 2)), count(*) filter (where kind = 2 and class = 1), ho, hc
        from godwit.events e join (select campaign_id, count(opened_at) o, count(clicked_at) c, count(unsubscribed_at) u,
            count(*) filter (where human & 1 > 0) ho, count(*) filter (where human & 2 > 0) hc from godwit.engagement group by 1) g using (campaign_id)
        group by 2, o, c, u, ho, hc},
    q{update godwit.campaigns set state = 'finished', started_at = '2026-01-05Z', finished_at = '2026-01-09Z'},
    q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, failed, updated_at)
        select 1, campaign_id, 60, 60, count(*) filter (where state = 2), count(*) filter (where state = 3), '2026-01-09Z'
        from godwit.sends group by campaign_id};
is_deeply $h->rows('select * from godwit.campaign_recount(1, ?)', $_), [], "campaign $_ adds up" for 1 .. 3;
my $nth = 0;
sub came_back { my ($c, $p, $kind, $class) = @_;
    $dbh->do(q{insert into godwit.bounces (tenant_id, at, mail_hash, campaign_id, contact_id, address_hash, kind, class, suppress)
        values (1, '2026-01-08Z', sha256(?::text::bytea), ?, ?, 'x', ?, ?, 'never')}, undef, ++$nth, $c, $p->{id}, $kind, $class);
    $dbh->do('update godwit.campaign_cursors set returned = returned + 1 where campaign_id = ?', undef, $c) }
came_back(1, $contact[ $_ % 9 ], 'bounce', (qw(userunknown mailboxfull))[ $_ % 2 ]) for 1 .. 11;   # two of them twice
came_back(1, $contact[20], 'complaint', 'feedback');

sub refresh { my $day = $_[0] // '2026-01-10';
    local $ENV{GODWIT_CLOCK} = "${day}T00:00:00Z";
    my $op = $h->call('analytics_refresh', {})->{operation};
    $ENV{GODWIT_CLOCK} = "${day}T00:01:00Z";
    my (undef, undef, $err) = $h->godwit(qw(worker jobs --once));
    my $o = operation($h, $op);
    return $o->{result}{campaigns} // "$o->{attempts} $o->{error}{message} $err" }
sub rolled { my (%in) = @_; return $h->call('analytics_rollup', { %period, limit => 1000, %in }) }
is rolled(by => 'domain')->{worked_out_at}, undef, 'nothing was worked out yet';
is refresh(), 3, 'all are worked out';
is refresh(), 0, 'and are what they are';

# the same, counted here: key of a send, key of an event
sub human { my ($e) = @_; return $e->{kind} == 1 && $e->{class} < 3 || $e->{kind} == 2 && $e->{class} == 1 }
sub persons { my %seen; return scalar grep { !$seen{"$_->{c} $_->{p}{id}"}++ } @_ }
sub counted { my ($of, $s, $e) = @_;
    my %row;
    push @{ $row{ $of->($_) }{s} }, $_ for @$s;
    push @{ $row{ $of->($_) }{e} }, $_ for @$e;
    return { map { my @s = @{ $row{$_}{s} // [] };
        my @e = @{ $row{$_}{e} // [] };
        my ($o, $k, $u) = map { my $kind = $_; [ grep { $_->{kind} == $kind } @e ] } 1 .. 3;
        ($_ => [ scalar(grep { $_->{state} == 2 } @s), scalar(grep { $_->{state} == 3 } @s), scalar(grep { $_->{attempts} > 1 } @s),
            persons(grep { human($_) } @$o), persons(grep { human($_) } @$k), persons(@$u), persons(@$o), persons(@$k) ]) } keys %row } }
sub numbers { return { map { my $r = $_; ($r->{key} => [ @{$r}{qw(sent failed deferred unique_opens unique_clicks unsubscribes)},
    @{ $r->{all} }{qw(unique_opens unique_clicks)} ]) } @{ $_[0]{rows} } } }
is_deeply numbers(rolled(by => 'campaign')), counted(sub { "cmp_$_[0]{c}" }, \@send, \@event), 'by campaign';
is_deeply numbers(rolled(by => 'list')), counted(sub { 'lst_' . ($_[0]{c} % 2 + 1) }, \@send, \@event), 'by list';
$dbh->do(q{update godwit.template_versions set origin = 77 where template_id in (select template_id from godwit.campaigns where id < 3)});
is_deeply [ sort map { $_->{campaigns} } @{ rolled(by => 'template')->{rows} } ], [ 1, 2 ], 'by the template that it was taken from';
is_deeply numbers(rolled(by => 'channel')), counted(sub { 'email' }, \@send, \@event), 'by channel';
is_deeply numbers(rolled(by => 'segment')), counted(sub { 'none' }, \@send, \@event), 'by segment';
is_deeply numbers(rolled(by => 'domain')), counted(sub { $_[0]{p}{domain} }, \@send, \@event), 'by domain, of a provider as one';
is_deeply numbers(rolled(by => 'domain', campaign_id => 'cmp_2')),
    counted(sub { $_[0]{p}{domain} }, [ grep { $_->{c} == 2 } @send ], [ grep { $_->{c} == 2 } @event ]), 'of one campaign';
is_deeply { map { $_->{key} => [ @{$_}{qw(clicks unique_clicks)}, @{ $_->{all} }{qw(clicks unique_clicks)} ] } @{ rolled(by => 'link')->{rows} } },
    { map { my $shop = $_ eq 'shop';
        my @e = grep { $_->{kind} == 2 && ($shop xor $_->{link} == 2) } @event;
        my @p = grep { human($_) } @e;
        ($_ => [ scalar @p, persons(@p), scalar @e, persons(@e) ]) } 'shop', 'https://a.example/3' }, 'by link, those of one name as one';
sub of_links { my ($c) = @_;
    return { map { $_->{index} => [ @{$_}{qw(clicks unique_clicks)}, @{ $_->{all} }{qw(clicks unique_clicks)} ] }
        @{ $h->call('campaigns_links', { id => "cmp_$c" })->{items} } } }
my %of_links = map { my $i = $_;
    my @e = grep { $_->{kind} == 2 && $_->{c} == 2 && $_->{link} == $i } @event;
    my @p = grep { human($_) } @e;
    ($i => [ scalar @p, persons(@p), scalar @e, persons(@e) ]) } 0 .. 2;
is_deeply of_links(2), \%of_links, 'each link of one by itself';
ok $h->call('campaigns_links', { id => 'cmp_2' })->{worked_out_at}, 'as it was rolled up';
my $hours = 1;
sub recounted { local $ENV{GODWIT_CLOCK} = sprintf '%sT%02d:00:00Z', $_[0] // '2026-01-10', $hours++;
    my $op = $h->call('reports_recount', { campaign_id => 'cmp_2', max_age => 0 })->{operation};
    $ENV{GODWIT_CLOCK} =~ s/:00Z/:30Z/;
    $h->godwit(qw(worker jobs --once));
    my $o = operation($h, $op);
    return $o->{result}{state} ? $o->{result} : $o }
sub an_hour { $dbh->do(q{update godwit.campaign_hours set n = n + ? where (campaign_id, hour, kind, class) =
    (select campaign_id, hour, kind, class from godwit.campaign_hours where campaign_id = 2 and kind = 1 and class = 1 order by hour limit 1)}, undef, @_) }
my $again = recounted();
is_deeply [ @{$again}{qw(state differs events)} ], [ 'equal', [], scalar grep { $_->{c} == 2 } @event ], 'a recount equals the roll-up'
    or diag explain $again;
$dbh->do(q{update godwit.rollups set clicks = clicks + 1 where campaign_id = 2 and of = 'link' and key = 'shop'});
an_hour(1);
$again = recounted();
is_deeply [ $again->{state}, map { $_->{what} =~ s/ 20.*//r } @{ $again->{differs} } ], [ 'differs', 'day', 'hours', 'link shop' ], 'what does not is named'
    or diag explain $again;
is $again->{differs}[2]{rolled_up}{clicks}, $again->{differs}[2]{counted}{clicks} + 1, 'as it is and as it should be';
$dbh->do(q{update godwit.rollups set clicks = clicks - 1 where campaign_id = 2 and of = 'link' and key = 'shop'});
an_hour(-1);
is_deeply $h->rows('select * from godwit.campaign_recount(1, 2)'), [], 'and it has changed nothing';
$dbh->begin_work;
$dbh->do('select from godwit.rollup_states where campaign_id = 2 for update');
my $other = $dbh->clone;
my $recount = $other->prepare(q{select godwit.report_recount('{"tenant": 1, "campaign": 2, "as_of": "2026-01-10T09:00Z"}')->>'state'},
    { pg_async => 1 });
$recount->execute;
wait_for { $h->value(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%report_recount%'
    and pid = ?}, $other->{pg_pid}) };
my $third = $dbh->clone;
$third->do(q{set statement_timeout = '5s'});
ok eval { $third->do(q{select godwit.events_reclass(1, 2, array[id], array[at], array[class], array[9 - class]::smallint[],
    array[0]::smallint[]) from godwit.events where campaign_id = 2 and kind = 1 and class in (4, 5) limit 1}) },
    'who judges anew waits for no count' or diag $@;
$third->commit if !$third->{AutoCommit};
$third->disconnect;
$dbh->do($_) for q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link)
        values (1, '2026-01-09T23:59:59Z', 2, 1, 2, 1, 0)}, 'update godwit.campaign_totals set clicks = clicks + 1 where campaign_id = 2';
$dbh->commit;
$recount->pg_result;
is +($recount->fetchall_arrayref)->[0][0], 'behind', 'what happens while it is counted differs from nothing';
$dbh->do($_) for q{delete from godwit.events where at = '2026-01-09T23:59:59Z'},
    'update godwit.campaign_totals set clicks = clicks - 1 where campaign_id = 2';
$other->disconnect;
sub by_time { my ($by, $length) = @_;
    my %want;
    for my $e (grep { $_->{kind} < 3 } @event) {
        my $at = substr sprintf('2026-01-%02dT%02d:00Z', @{$e}{qw(day hour)}), 0, $length;
        $want{$at}[ $e->{kind} + 1 ]++;
        $want{$at}[ $e->{kind} - 1 ] += human($e) ? 1 : 0;
    }
    is_deeply { map { $_->{key} => [ @{$_}{qw(opens clicks)}, @{ $_->{all} }{qw(opens clicks)} ] }
        grep { $_->{all}{opens} + $_->{all}{clicks} } @{ rolled(by => $by)->{rows} } },
        { map { my $t = $_; ($t => [ map { $want{$t}[$_] // 0 } 0 .. 3 ]) } keys %want }, "by $by" }
by_time('day', 10);
by_time('hour', 17);
my $report = $h->call('campaigns_report', { id => 'cmp_2' });
is_deeply [ @{$report}{qw(domains days links)} ], [ map { rolled(by => $_, campaign_id => 'cmp_2')->{rows} } qw(domain day link) ],
    'a report has them all';
is_deeply $report->{hours}, [ grep { $_->{key} lt '2026-01-08' } @{ rolled(by => 'hour', campaign_id => 'cmp_2')->{rows} } ],
    'of the first three days by hour';
is_deeply [ $report->{total}{sent}, $report->{stats}{sent} ], [ ($h->call('campaigns_stats', { id => 'cmp_2' })->{sent}) x 2 ], 'and the numbers';
my (%first, %people);
for my $e (@event) {
    my $day = \$first{"$e->{kind} $e->{c} $e->{p}{id}"};
    $$day = $e->{day} if !$$day || $$day > $e->{day};
}
$people{ sprintf '2026-01-%02d', $first{$_} }[ (split)[0] - 1 ]++ for keys %first;
is_deeply { map { my @n = (@{ $_->{all} }{qw(unique_opens unique_clicks)}, $_->{unsubscribes}); sum0(@n) ? ($_->{key} => \@n) : () }
    @{ rolled(by => 'day')->{rows} } }, { map { my $d = $_; ($d => [ map { $people{$d}[$_] // 0 } 0 .. 2 ]) } keys %people },
    'people on the day on which they did it first';
is sum0(map { $_->{sent} } @{ rolled(by => 'day')->{rows} }), grep({ $_->{state} == 2 } @send) + 0, 'and what was sent';
my %hour;
$hour{"2026-01-0$_->{day}T12:00Z"}++ for grep { $_->{state} == 2 } @send;
is_deeply { map { $_->{sent} ? ($_->{key} => $_->{sent}) : () } @{ rolled(by => 'hour')->{rows} } }, \%hour, 'hour by hour too';
is_deeply [ map { $_->{sent} } @{ rolled(by => 'hour', since => '2026-01-05T12:00:01Z', until => '2026-01-06T12:00:01Z')->{rows} } ]->[-1],
    $hour{'2026-01-06T12:00Z'}, 'whole hours that begin in the time';
is rolled(by => 'hour', since => '2026-01-05T12:00:01Z', until => '2026-01-06T12:00:00Z')->{total}{sent}, undef, 'and no other';

# deliverability: who bounced counts once, of each class once; shares have their interval
my %d = map { $_->{key} => $_ } @{ rolled(by => 'domain')->{rows} };
my %hit = map { $contact[ $_ % 9 ]{id} => $contact[ $_ % 9 ]{domain} } 1 .. 11;
is_deeply { map { $d{$_}{bounced} ? ($_ => $d{$_}{bounced}) : () } keys %d }, { map { my $k = $_; ($k => scalar grep { $_ eq $k } values %hit) } values %hit },
    'people whose mail came back';
is_deeply rolled(by => 'domain')->{total}{bounces}, { userunknown => 5, mailboxfull => 6 }, 'by class';
is sum0(map { $_->{complaints} } values %d), 1, 'complaints';
my $g = $d{google};
is_deeply [ $g->{shares}{clicked}{n}, $g->{shares}{clicked}{share} ], [ $g->{sent}, $g->{unique_clicks} / $g->{sent} ], 'a share says of how many';
is_deeply $g->{shares}{clicked}{interval}, JSON::PP->new->decode($h->value('select godwit.wilson(?, ?)', $g->{unique_clicks}, $g->{sent})), 'and its interval';

# a test is in none of them, unless all are
$dbh->do('update godwit.campaigns set test = true where id = 3');
sub clicked { return map { rolled(by => $_)->{total}{all}{clicks} } qw(campaign day hour) }
is_deeply [ clicked() ], [ (scalar grep { $_->{kind} == 2 && $_->{c} < 3 } @event) x 3 ], 'but for tests';
$dbh->do(q{update auth.tenants set kind = 'sandbox' where id = 1});
is_deeply [ clicked() ], [ (scalar grep { $_->{kind} == 2 } @event) x 3 ], 'which a sandbox counts';
$dbh->do($_) for q{update auth.tenants set kind = 'live' where id = 1}, 'update godwit.campaigns set test = false';

# who was merged is the one he went into; of whom nothing is known any more it still came back
$h->call('merges_create', { into => "ct_$contact[7]{id}", contact_id => "ct_$contact[6]{id}" });
$contact[6]{domain} = $contact[7]{domain};
$dbh->do($_) for 'update godwit.bounces set contact_id = null where class = ' . $dbh->quote('feedback'),
    q{update godwit.rollup_states set seen = '{}'};
is refresh(), 3, 'all anew';
is_deeply numbers(rolled(by => 'domain', campaign_id => 'cmp_2')),
    counted(sub { $_[0]{p}{domain} }, [ grep { $_->{c} == 2 } @send ], [ grep { $_->{c} == 2 } @event ]), 'who was merged';
my $lost = rolled(by => 'domain', campaign_id => 'cmp_1');
is_deeply [ map { [ @{$_}{qw(key sent complaints)} ] } grep { $_->{complaints} } @{ $lost->{rows} } ], [ [ 'unknown', 0, 1 ] ],
    'a complaint of somebody unknown';
is sum0(map { $_->{bounced} } @{ $lost->{rows} }), rolled(by => 'campaign', campaign_id => 'cmp_1')->{total}{bounced}, 'all that came back';

# what happened since makes it due: an event, what came back, another judgement; a tick of cron sees it
came_back(2, $contact[3], 'bounce', 'blocked');
is recounted()->{state}, 'behind', 'what has happened since is said';
is refresh(), 1, 'what came back';
$dbh->do(q{select godwit.events_reclass(1, 3, array[id], array[at], array[class], array[9 - class]::smallint[], array[0]::smallint[])
    from godwit.events where campaign_id = 3 and kind = 1 and class in (4, 5) limit 1});
is refresh(), 1, 'judged anew, though no other counter differs';
$dbh->do('update godwit.campaign_totals set clicks = clicks + 1 where campaign_id = 2');
$dbh->do(q{update godwit.rollup_states set as_of = '2026-01-09Z'});
$h->godwit({ env => { GODWIT_CLOCK => '2026-01-10T00:02:00Z' } }, qw(worker cron --once)) for 1, 2;
is_deeply $h->rows(q{select kind, state from godwit.operations where kind = 'analytics_roll' and input = '{}'}),
    [ { kind => 'analytics_roll', state => 'queued' } ], 'cron begins one';
$h->godwit({ env => { GODWIT_CLOCK => '2026-01-10T00:10:00Z' } }, qw(worker jobs --once));
is $h->value(q{select count(*) from godwit.rollups_due(1, '2026-01-10Z', true)}), 0, 'and nothing is behind';

# one that cannot be worked out holds up no other
$dbh->do($_) for q{update godwit.rollup_states set seen = '{}'},
    q{alter table godwit.rollups add constraint first check (campaign_id > 1) not valid};
like refresh(), qr/^1 new row .* \(1 of 3 campaigns; the worker's log names them\).*ERROR jobs.* roll-ups of campaign 1 /s, 'it is told';
is $h->value(q{select string_agg(campaign_id::text, ' ') from godwit.rollup_states where seen = '{}'}), 1, 'and the others are worked out';
$dbh->do('alter table godwit.rollups drop constraint first');
is refresh(), 1, 'later it goes';

# what has been removed since was counted: it stays so
my $links = rolled(by => 'link');
$dbh->do($_) for 'insert into godwit.retention (tenant_id, events) values (1, 90)', 'delete from godwit.events', 'delete from godwit.bounces';
is_deeply [ refresh('2026-04-06'), refresh('2027-01-06') ], [ 0, 0 ], 'when events may be gone nothing is worked out again';
is_deeply rolled(by => 'link')->{rows}, $links->{rows}, 'and no number gets less';
is_deeply of_links(2), \%of_links, 'of no link either';
is recounted('2027-01-06')->{state}, 'gone', 'nor can it be counted again';
$dbh->do('delete from godwit.retention');
is refresh('2027-01-06'), 0, 'nor after a year, when bounces are';
$dbh->do('delete from godwit.rollup_states where campaign_id = 2');
is refresh('2027-01-06'), 1, 'but what never was is worked out of what is there';
done_testing;
