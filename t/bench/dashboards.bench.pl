# Roll-up pages and funnels over many events (ROWS, two million when it is not set): p95 of a
# page is to be below 20 ms, a funnel below 1 us of CPU an event, worker and Postgres together.
use strict;
use warnings;
BEGIN { $ENV{GODWIT_TEST_PG_OPTIONS} = '-c shared_buffers=1GB -c max_wal_size=8GB' }
use Godwit;
use Godwit::Jobs;
use Bench;
use JSON::PP;

my ($now, $json) = ('2026-07-31T00:00:00Z', JSON::PP->new->canonical);
my $n = $ENV{ROWS} || 2_000_000;
my $audience = 20_000;
my $campaigns = int($n / 2 / $audience) || 1;
my $h = Godwit->new;
my $dbh = $h->dbh;
$h->call('lists_create', { name => "l$_" }) for 1 .. 10;
$h->call('campaigns_create', { name => 'c', list_id => 'lst_1', from => 'a@example.com', subject => 's',
    html => '<a href="https://a.example/1">1</a><a href="https://a.example/2">2</a>' });
# events lie as they come: in the order of time
my $made = timed(sub { $dbh->do($_) for
    qq{insert into godwit.campaigns (tenant_id, name, list_id, template_id, template_version, from_address, state, created_at)
        select 1, 'c' || i, 1 + i % 10, template_id, template_version, from_address, state, created_at from godwit.campaigns,
            generate_series(2, $campaigns) i where id = 1},
    qq{update godwit.campaigns set state = 'finished', finished_at = '$now',
        started_at = timestamptz '$now' - interval '29 days' * id / $campaigns},
    qq{insert into godwit.contacts (tenant_id, email, created_at, updated_at) select 1, 'p' || i || '\@' || (array['gmail.com',
        'yahoo.com', 'hotmail.com', 'd' || i % 300 || '.example'])[i % 4 + 1], '2026-01-01Z', '2026-01-01Z' from generate_series(1, $audience) i},
    qq{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts) select 1, c.id, p.id, c.started_at, 2, 1
        from godwit.campaigns c, godwit.contacts p},
    qq{select godwit.partition_make('events', 'events_' || to_char(w, 'YYYYMMDD'), w, w + interval '1 week')
        from generate_series(date_trunc('week', timestamptz '$now' - interval '40 days'), '$now', interval '1 week') w},
    qq{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link, ip, user_agent)
        select 1, c.started_at + (p.id * 37 % 86400) * interval '1 second', c.id, p.id, k, (p.id * 7 + c.id + k) % 5 + 1, p.id % 2,
            '192.0.2.7', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' from godwit.campaigns c, generate_series(1, 2) k, godwit.contacts p
        order by c.id, k},
    q{insert into godwit.engagement select 1, campaign_id, contact_id, min(at) filter (where kind = 1), min(at) filter (where kind = 2), null,
        min(class), bit_or(case when kind = 1 and class in (1, 2) or kind = 2 and class = 1 then kind else 0 end) from godwit.events group by 2, 3},
    q{insert into godwit.campaign_hours select 1, campaign_id, date_trunc('hour', at), kind, class, count(*) from godwit.events group by 2, 3, 4, 5},
    q{insert into godwit.campaign_totals select 1, campaign_id, sum(n) filter (where kind = 1), 1, sum(n) filter (where kind = 2), 1, 0, 1, 1, 1, 1
        from godwit.campaign_hours group by 2},
    qq{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, updated_at) select 1, id, $audience, $audience,
        $audience, '$now' from godwit.campaigns},
    'vacuum analyze', 'checkpoint' });
my $events = $h->value('select count(*) from godwit.events');
say_note(sprintf 'dashboards: ROWS=%d events, %d campaigns, made in %.0f s', $events, $campaigns, $made);

# all processes of the worker and of Postgres that have ended since
my $postmaster = (split / /, (slurp('/proc/' . $h->value('select pg_backend_pid()') . '/stat') =~ s/^.*\) //r))[1];
sub cpu { my @f = split / /, slurp("/proc/$postmaster/stat") =~ s/^.*\) //r;
    return children_us() + ($f[13] + $f[14]) * 1e4 }
sub job { my ($operation, $body) = @_;
    my $op = $h->call($operation, $body)->{operation};
    $h->godwit(qw(worker jobs --once));
    my $o = operation($h, $op);
    return $o->{state} eq 'done' ? $o->{result} : die "$o->{state}: " . $json->encode($o->{error}) . "\n" }
my $roll = timed(sub { job('analytics_refresh', {}) });
say_note(sprintf 'dashboards: all roll-ups anew in %.1f s, %.2f us an event', $roll, 1e6 * $roll / $events);

# milliseconds of an operation, as the edge calls it
my $edge = $h->dbh('gw_edge');
sub page { my ($operation, %body) = @_;
    return 1000 * timed(sub {
        $edge->begin_work;
        $edge->do('select auth.enter(?)', undef, $json->encode({ tenant => 1, user => 'key_1', scopes => ['*'], now => $now }));
        $edge->selectrow_array("select api.$operation(?)", undef, $json->encode(\%body));
        $edge->commit }) }
my @by = ((map { { by => $_ } } qw(campaign list channel domain link day)), { by => 'hour', since => '2026-07-27T00:00:00Z' });
my @all;
page('analytics_rollup', %$_) for @by;
bench(name => 'dashboards', unit => 'ms', at_least => 1, rounds => 9,
    ours => sub { push @all, my @ms = map { page('analytics_rollup', %$_) } @by; return median(@ms) },
    peer => sub { return page('campaigns_links', id => 'cmp_1') });
@all = sort { $a <=> $b } @all;
say_note(sprintf 'dashboards: %s', join ', ', map { sprintf '%s %.1f ms', $_->{by}, median(map { my $q = $_; page('analytics_rollup', %$q) } ($_) x 5) } @by);
say_note(sprintf 'dashboards: p95 of a page %.1f ms (goal 20)', $all[ int(@all * 0.95) ]);

my %steps = (since => '2026-07-01T00:00:00Z', until => $now);
sub per_event { my ($code) = @_;
    my $was = cpu();
    $code->();
    return (cpu() - $was) / $events }
bench(name => 'dashboards_funnel', unit => 'us', at_least => 1, rounds => 3,
    ours => sub { return per_event(sub { job('analytics_funnel', { %steps, steps => [qw(open click)], max_age => 0 }) }) },
    peer => sub { return 1000 * page('events_funnel', %steps, steps => 'open,click') / $events });
