#!/usr/bin/perl
# What events say together: many links at once, clicks at delivery, bursts from
# one network; also when some of it comes late, exactly once at every crash.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use POSIX ();

my $h = Godwit->new(conf => 'spool_segment 1m; drain_batch 7; spool_keep 0ms;');
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    select 1, 7, i, 'https://shop.example/' || i, true from generate_series(0, 9) i});
my $browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';

# [ second, contact, what, link, address, class ] as the drain stores them and notes them
sub came {
    my (@events) = @_;
    $h->dbh->begin_work;
    $h->dbh->do(q{insert into godwit.events (tenant_id, campaign_id, at, contact_id, kind, link, ip, class)
        values (1, 7, '2026-01-01T12:00:00Z'::timestamptz + ? * interval '1 s', ?, ?, ?, ?, ?)}, undef, @$_)
        for map { [ @$_[0, 1], $_->[2] eq 'open' ? 1 : 2, $_->[2] eq 'open' ? undef : $_->[3],
            $_->[4] // '198.51.100.7', $_->[5] // 1 ] } @events;
    $h->dbh->do(q{insert into godwit.verdicts_due (tenant_id, campaign_id, since, until, noted_at)
        select 1, 7, '2026-01-01T12:00:00Z'::timestamptz + $1 * interval '1 s',
        '2026-01-01T12:00:00Z'::timestamptz + $2 * interval '1 s', '2026-01-01T12:00:00Z'}, undef,
        (sort { $a <=> $b } map { $_->[0] } @events)[ 0, -1 ]);
    $h->dbh->do(q{truncate godwit.engagement, godwit.campaign_hours, godwit.campaign_totals});
    rollups();
    $h->dbh->commit;
}

# what the drain would have counted
sub rollups {
    $h->dbh->do(q{insert into godwit.campaign_hours select 1, 7, date_trunc('hour', at), kind, class,
        count(*) from godwit.events group by 3, 4, 5});
    $h->dbh->do(q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at,
        class, human) select 1, 7, contact_id, min(at) filter (where kind = 1), min(at) filter (where kind = 2),
        min(class), bit_or(case when kind = 1 and class in (1, 2) or kind = 2 and class = 1 then kind
        else 0 end) from godwit.events group by 3});
    $h->dbh->do(q{insert into godwit.campaign_totals select 1, 7, count(*) filter (where kind = 1),
        count(distinct contact_id) filter (where kind = 1), count(*) filter (where kind = 2),
        count(distinct contact_id) filter (where kind = 2), 0,
        count(*) filter (where kind = 1 and class in (1, 2)),
        count(distinct contact_id) filter (where kind = 1 and class in (1, 2)),
        count(*) filter (where kind = 2 and class = 1),
        count(distinct contact_id) filter (where kind = 2 and class = 1) from godwit.events});
}

sub cron { return ($h->godwit({ env => $_[0] // {} }, qw(worker cron --once)))[0] }
sub recount { return join "\n", map { "$_->{what} $_->{rolled_up} $_->{counted}" }
    @{ $h->rows('select * from godwit.campaign_recount(1, 7) order by 1') } }
sub of { my ($contacts) = @_; return join ' ', map { "$_->{contact_id}:" . ($_->{name} // $_->{class}) }
    @{ $h->rows("select contact_id, class, name from godwit.events e left join godwit.class_reasons r
        on r.id = e.reason where contact_id in ($contacts) order by contact_id, at, e.id") } }

# each rule, and what is just not it
came((map { [ 1 + $_ * 0.9, 1, 'click', $_ ] } 0 .. 2), [ 8, 1, 'click', 3 ],
    (map { [ 1 + $_, 2, 'click', $_ ] } 0 .. 2), (map { [ 1 + $_ * 0.1, 3, 'click', $_ % 2 ] } 0 .. 9),
    (map { [ 2 + $_ * 0.1, 4, 'click', $_, undef, 2 + $_ ] } 1 .. 3));
is cron(), 0, 'a round';
is of('1, 2, 3, 4'), join(' ', ('1:many_links') x 3, '1:1', ('2:1') x 3, ('3:1') x 10, '4:3', '4:4', '4:5'),
    'three links within two seconds are a scanner\'s';
is recount(), '', 'all adds up';
is $h->value('select count(*) from godwit.verdicts_due'), 0, 'and nothing is due any more';

$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values
    (1, 7, 11, '2026-01-01T12:01:00Z', 2), (1, 7, 12, '2026-01-01T12:01:00Z', 2),
    (1, 7, 13, '2026-01-01T12:01:00Z', 3)});
came([ 59, 11, 'click', 0 ], [ 64.9, 11, 'click', 1 ], [ 65, 12, 'click', 0 ], [ 61, 13, 'click', 0 ],
    [ 61, 12, 'open' ]);
cron();
is of('11, 12, 13'), '11:after_delivery 11:after_delivery 12:1 12:1 13:1', 'so is a click at delivery';
is recount(), '', 'all adds up';

my @burst = map { [ 100 + $_ * 1.05, 20 + $_, $_ % 2 ? 'open' : 'click', 0, "203.0.113.$_" ] } 0 .. 9;
came(@burst[ 0 .. 8 ]);
cron();
unlike of('20, 21, 22, 23, 24, 25, 26, 27, 28'), qr/burst/, 'nine of a network are people';
came($burst[9], (map { [ 100 + $_, 40 + $_, 'open', undef, "10.0.0.$_" ] } 0 .. 11),
    (map { [ 100, 60, 'open', undef, '192.0.2.1' ] } 0 .. 11),
    (map { [ 100 + $_ * 1.2, 70 + $_, 'open', undef, '192.0.4.2' ] } 0 .. 11),
    (map { [ 100, 90 + $_, 'open', undef, '192.0.3.2', 2 ] } 0 .. 11));
for my $point (qw(after_verdicts before_verdicts_commit)) {
    is cron({ GODWIT_CRASH => $point }), 137, "killed $point";
    is recount(), '', 'all adds up';
    unlike of('20, 21, 22, 23, 24, 25, 26, 27, 28, 29'), qr/burst/, 'and nothing is half done';
}
cron();
is of('20, 21, 22, 23, 24, 25, 26, 27, 28, 29'), join(' ', map { "$_:burst" } 20 .. 29),
    'the tenth makes all of them a scanner\'s, those before it too';
is recount(), '', 'all adds up';
is $h->value('select count(*) from godwit.events where reason is not null and contact_id > 39'), 0,
    'not a proxy in front, one person, a slower network, the proxies of a provider';

# the numbers follow
is join(' ', map { $_ // '-' } $h->dbh->selectrow_array(q{select class, human from godwit.engagement
    where contact_id = 20})), '4 0', 'who seemed to be a person is none';
came([ 400, 20, 'click', 2 ]);
cron();
is join(' ', $h->dbh->selectrow_array('select class, human from godwit.engagement where contact_id = 20')),
    '1 2', 'until there is one';

# what an event alone says is not taken back; an erased one stays what it was
$h->dbh->do('update godwit.events set ip = null where contact_id = 25');
came([ 99.5, 30, 'open', undef, '203.0.113.99' ]);
cron();
like of('25, 30'), qr/^25:burst 30:burst$/, 'a late one joins its burst';

# from the edge: the drain notes, and meets the verdicts in the middle
$h->nginx;
$h->dbh->do('delete from godwit.events; truncate godwit.engagement, godwit.campaign_hours,
    godwit.campaign_totals');
sub click { get($h, '/c/' . token($h, what => 'click', campaign => 7, contact => $_[0], link => $_[1]),
    'User-Agent' => $browser) }
for my $who (1 .. 30) { click($who, $_) for 0 .. ($who % 3 ? 3 : 1) }
my $clicks = 10 * 2 + 20 * 4;
$h->stop($h->{nginx}, 'QUIT');
my $later = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + 60);
for my $nth (1 .. 4) {
    $h->godwit({ env => { GODWIT_CRASH => "before_commit:$nth" } }, qw(worker ingest --once));
    cron({ GODWIT_CLOCK => $later });
    is recount(), '', 'all adds up in the middle';
}
$h->godwit(qw(worker ingest --once));
cron({ GODWIT_CLOCK => $later });
is $h->value('select count(*) from godwit.events'), $clicks, 'every click is there';
is $h->value(q{select string_agg(distinct contact_id % 3 || ' ' || class, ',') from godwit.events}),
    '0 1,1 4,2 4', 'and scanners are known';
is recount(), '', 'all adds up';

# a drain that has read the rows of its people is not overtaken
$h->nginx;
click(50, 0);
$h->stop($h->{nginx}, 'QUIT');
came(map { [ 1000, 50, 'click', $_ ] } 1 .. 3);
my $lock = DBI->connect('dbi:Pg:' . $h->info, 'postgres', '', { RaiseError => 1 });
$lock->begin_work;
$lock->do('select from godwit.campaign_totals for update');
my $waits = sub { $h->value(q{select count(*) from pg_stat_activity where datname = current_database()
    and wait_event_type = 'Lock'}) };
my @pids = $h->spawn(qw(worker ingest --once));
wait_for { $waits->() == 1 } 5, 'a drain is in the middle';
push @pids, $h->spawn(qw(worker cron --once));
wait_for { $h->value(q{select count(*) from pg_locks where locktype = 'advisory' and not granted}) } 5,
    'a verdict waits for it';
is $h->value('select count(*) from godwit.events where contact_id = 50 and class = 4'), 0, 'before it changes';
$lock->rollback;
wait_for { waitpid($_, 1) } 10 for @pids;
is of(50), join(' ', ('50:many_links') x 3, '50:1'), 'then it does';
is recount(), '', 'all adds up';
$lock->disconnect;
done_testing;
