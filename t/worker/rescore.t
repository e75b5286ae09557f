#!/usr/bin/perl
# Rules that change: what is stored is judged by the new ones, and is then what a
# fresh ingest of the same events by them gives; exactly once at every crash.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP;
use POSIX ();

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 1h;');
my $file = $h->state . '/classes.yaml';
my $rules = slurp('conf.d/classes.yaml');
sub rules { my ($version, $edit) = @_;
    my $text = $rules =~ s/^version: 1$/version: $version/mr;
    $text = $edit->($text) if $edit;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out;
}
my $kept = "spool_segment 1m; spool_keep 1h; class_rules $file;";
rules(1);
$h->configure($kept);
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    select 1, c, i, 'https://shop.example/' || i, true from generate_series(0, 9) i, generate_series(7, 8) c});
$h->nginx;

my $browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
my $own = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Thunderbird/127.0 Lorem';
sub act { my ($what, $campaign, $contact, $agent, $link) = @_;
    get($h, '/' . substr($what, 0, 1) . '/' . token($h, what => $what, campaign => $campaign, contact => $contact,
        link => $link // 0), 'User-Agent' => $agent) }
for my $campaign (7, 8) {
    act(click => $campaign, 1, $browser, $_) for 0, 1;                  # a person
    act(click => $campaign, 2, $own, $_) for 0 .. 3;                    # many links, and soon a rule's
    act(click => $campaign, 3, "$browser curl", $_) for 0, 1;              # a bot that soon is none
    act(click => $campaign, 3, $browser, 2);                            # ... and is then one of many links
    act(open => $campaign, 4, $_) for $own, $browser, "$browser curl";
    act(open => $campaign, 5, $own);
    act(click => $campaign, 6, $browser, $_) for 0 .. 2;                # many links, that may soon be
}
$h->stop($h->{nginx}, 'QUIT');
is $h->value(q{select count(*) from godwit.events}), 0, 'nothing is drained yet';

my $later = 60;
sub cron { my (%env) = @_;
    $later += 120;
    return ($h->godwit({ env => { GODWIT_CLOCK => POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + $later),
        %env } }, qw(worker cron --once)))[0] }
sub ingest { is(($h->godwit(qw(worker ingest --once)))[0], 0, 'a drain') }
sub recount { return join "\n", map { "$_->{what} $_->{rolled_up} $_->{counted}" } map {
    @{ $h->rows("select * from godwit.campaign_recount(1, $_) order by 1") } } 7, 8 }
sub all { return JSON::PP->new->canonical->pretty->encode([ map { $h->rows($_) }
    q{select campaign_id, contact_id, kind, at::text, class, coalesce(name, '-') as reason, count(*) from godwit.events
        left join godwit.class_reasons r on r.id = reason group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6},
    q{select * from godwit.engagement order by campaign_id, contact_id},
    q{select campaign_id, kind, class, hour::text, n from godwit.campaign_hours order by 1, 2, 3, 4},
    q{select to_jsonb(t) - 'rescored' as t from godwit.campaign_totals t order by campaign_id} ]) }
sub of { return join ' ', map { "$_->{contact_id}:$_->{class}" . ($_->{name} ? "/$_->{name}" : '') }
    @{ $h->rows("select distinct contact_id, class, name from godwit.events e left join godwit.class_reasons r
        on r.id = e.reason where campaign_id = 8 order by 1, 2, 3") } }

ingest();
cron() for 1, 2;
is recount(), '', 'by the first rules all adds up';
like of(), qr/^1:1 2:4\/many_links 3:4\/many_links 3:5\/library 4:1 .* 5:1 6:4\/many_links$/, 'and all have their class';
my $before = all();
cron();
is all(), $before, 'the same rules change nothing';

# a new rule, one less, another timing
rules(2, sub { $_[0] =~ s/^rules:\n/rules:\n  - { name: ours, class: bot, agent: [Lorem] }\n/mr
    =~ s/\bcurl\b/nothing_is_called_so/gr =~ s/links: 3, within: 2000/links: 3, within: 1999/r });
$h->configure($kept);
is cron(GODWIT_CRASH => 'after_rescore'), 0, 'a version is seen';
is all(), $before, 'and waits until everybody has it';
for my $point (qw(after_rescore before_rescore_commit after_rescore:2 before_rescore_commit)) {
    is cron(GODWIT_CRASH => $point), 137, "killed $point";
    is recount(), '', 'all adds up';
}
cron() for 1, 2;
is recount(), '', 'all adds up';
like of(), qr/^1:1 2:5\/ours 3:4\/many_links 4:1 4:5\/ours 5:5\/ours 6:4\/many_links$/, 'by the new rules';
is $h->value('select version || \' \' || wanted from godwit.class_version'), '2 2', 'which is known';
is $h->value('select count(*) from godwit.verdicts_due'), 0, 'and nothing is due';
my $after = all();

# the same events as if they came only now
$h->dbh->do('delete from godwit.events; truncate godwit.engagement, godwit.campaign_hours, godwit.campaign_totals,
    godwit.spool_pos, godwit.verdicts_due');
ingest();
cron() for 1, 2;
is all(), $after, 'a fresh ingest gives the same, to the last number';

# what was erased is not judged by what is no longer there; an older version changes nothing
$h->dbh->do('update godwit.events set ip = null, user_agent = null, referer = null where contact_id = 1');
rules(3, sub { $_[0] =~ s/^rules:\n/rules:\n  - { name: none, class: bot, empty_agent: true }\n/mr });
$h->configure($kept);
cron() for 1 .. 3;
like of(), qr/^1:1 2:4\/many_links 3:4\/many_links 3:5\/library /, 'one without evidence stays what it was';
is recount(), '', 'all adds up';
$after = all();
rules(2);
$h->configure($kept);
cron() for 1 .. 3;
is all(), $after, 'who is late does not turn it back';

# an address that was cut says nothing of a part of its network
sub three { return join ' ', map { "$_->{contact_id}:$_->{class}" } @{ $h->rows('select contact_id, class
    from godwit.events where campaign_id = 10 order by 1') } }
my $n = 60;
$h->dbh->do(q{insert into godwit.events (tenant_id, campaign_id, at, contact_id, kind, ip, user_agent, class)
    values (1, 10, '2026-02-01Z'::timestamptz + ? * interval '1 h', ?, 1, ?, ?, ?)}, undef, $n, $n++, $_->[0], $browser, $_->[1])
    for [ '203.0.113.0', 5 ], [ '203.0.113.9', 1 ], [ '198.51.100.0', 5 ], [ '2001:db8:1::', 5 ], [ '2001:db8:2::', 5 ],
        [ '2001:db8:1::9', 1 ];
$h->dbh->do(q{insert into godwit.campaign_totals (tenant_id, campaign_id) values (1, 10)});
rules(4, sub { $_[0] =~ s{^rules:\n}{rules:\n  - { name: narrow, class: bot, address: [203.0.113.0/28, "2001:db8:1::/64"] }\n}mr });
$h->configure($kept);
cron() for 1 .. 2;
is three(), '60:5 61:5 62:1 63:5 64:1 65:5', 'what cannot be told stays, what can is judged';

# more than one step has room for, of one campaign
$h->dbh->do($_, undef) for
    "insert into godwit.events (tenant_id, campaign_id, at, contact_id, kind, ip, user_agent, class)
        select 1, 9, '2026-01-01Z'::timestamptz + i * interval '20 s', i, 1, '192.0.2.1',
            case when i % 2 = 0 then '$own' else '$browser' end, 1 from generate_series(1, 10500) i",
    q{insert into godwit.campaign_hours select 1, 9, date_trunc('hour', at), kind, class, count(*)
        from godwit.events where campaign_id = 9 group by 3, 4, 5},
    q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, class, human)
        select 1, 9, contact_id, at, 1, 1 from godwit.events where campaign_id = 9},
    q{insert into godwit.campaign_totals values (1, 9, 10500, 10500, 0, 0, 0, 10500, 10500, 0, 0)},
    'analyze godwit.events, godwit.engagement';
rules(5, sub { $_[0] =~ s/^rules:\n/rules:\n  - { name: ours, class: bot, agent: [Lorem] }\n/mr });
$h->configure($kept);
is cron(GODWIT_CRASH => 'after_rescore:5'), 0, 'a version is seen';
is cron(GODWIT_CRASH => 'after_rescore:4'), 137, 'killed in the middle of a campaign';
cron();
is $h->value('select count(*) from godwit.events where campaign_id = 9 and class = 5 and contact_id % 2 = 0'), 5250,
    'each is judged';
is $h->value('select human_opens || \' \' || human_unique_opens from godwit.campaign_totals where campaign_id = 9'),
    '5250 5250', 'and counted once';
is $h->value('select count(*) from godwit.campaign_recount(1, 9)'), 0, 'all adds up';
done_testing;
