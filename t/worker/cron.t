#!/usr/bin/perl
# The role cron: partitions, the heart-beat, rows that are no longer needed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $at = '2031-03-05T10:00:00Z';        # a Wednesday

$h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at) values
    (1, 'campaign', 'old', timestamptz '2031-03-05 08:59:59Z'),
    (1, 'campaign', 'new', timestamptz '2031-03-05 09:00:01Z')});

# segments: done with long ago, done with lately, still open
for (['2030-12-05T09:59:59Z', 'drained'], ['2030-12-05T10:01:00Z', 'quarantined'],
    ['2030-01-01T00:00:00Z', 'open']) {
    $h->dbh->do(q{insert into godwit.spool_pos (spool_id, name, class, state, updated_at)
        values (gen_random_uuid(), ?, 0, ?, ?)}, undef, $_->[1], $_->[1], $_->[0]);
    $h->dbh->do(q{insert into godwit.event_rejects (spool_id, pos, at, reason, record)
        values (gen_random_uuid(), 0, ?, ?, '')}, undef, $_->[0], $_->[1]);
}

# a queued retry of a recipient who was settled meanwhile, and one who was not
for my $contact (1, 2) {
    $h->dbh->do(q{insert into godwit.mail_queue (tenant_id, campaign_id,
        contact_id, attempt, due, first_at, route)
        values (1, 1, ?, 1, ?, ?, 'mx')}, undef, $contact, $at, $at);
    $h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id,
        at, state) values (1, 1, ?, ?, ?)}, undef, $contact, $at,
        $contact == 1 ? 3 : 1);
}

# sessions and links that were over a month ago or lately, attempts that count or not
$h->dbh->do(q{insert into auth.users (id, email, created_at) values (1, 'a@example.com', ?)}, undef, $at);
for (['2031-02-03T09:59:59Z', '2031-03-05T09:44:59Z'], ['2031-02-04T10:00:01Z', '2031-03-05T09:46:00Z']) {
    my ($expires, $started) = @$_;
    $h->dbh->do(q{insert into auth.sessions (hash, user_id, created_at, expires_at)
        values (sha256('x'), 1, ?, ?)}, undef, $expires, $expires);
    $h->dbh->do(q{insert into auth.tickets (hash, kind, email, created_by, created_at, expires_at)
        values (sha256('x'), 'password_reset', ?, 'cli', ?, ?)}, undef, "$expires\@example.com" =~ tr/TZ/tz/r,
        $expires, $expires);
    $h->dbh->do(q{insert into auth.attempts (key, started_at, failures) values (convert_to(?, 'UTF8'), ?, 1)},
        undef, $started, $started);
}

my ($code, undef, $err) = $h->godwit({ env => { GODWIT_CLOCK => $at } },
    qw(worker cron --once));
is "$code$err", '0', 'one round ends well';

is_deeply [ map { $_->{relname} } @{ $h->rows(q{select relname from pg_class
    where relname ~ '^events_[0-9]+$' order by 1}) } ],
    [qw(events_20310303 events_20310310 events_20310317)],
    'partitions of this week and the two after it';

$h->dbh('gw_worker')->do(q{insert into godwit.events (tenant_id, at, kind)
    values (1, timestamptz '2031-03-09 23:59:59.999Z', 1)});
is $h->value('select count(*) from godwit.events_20310303'), 1,
    'a row finds its week';

is $h->value('select string_agg(key, $$,$$) from godwit.change_log'), 'new',
    'changes of more than an hour ago have gone';
is $h->value('select string_agg(name, $$,$$ order by name) from godwit.spool_pos'),
    'open,quarantined', 'segments done with 90 days ago have gone';
is $h->value('select string_agg(reason, $$,$$) from godwit.event_rejects'), 'quarantined',
    'and so have rejects';
is $h->value('select string_agg(contact_id::text, $$,$$)
    from godwit.mail_queue'), '2', 'a settled recipient waits no more';

is $h->value("select count(*) from auth.$_->[0]"), 1, $_->[1] for [ sessions => 'a session of long ago has gone' ],
    [ tickets => 'and a link' ], [ attempts => 'and an attempt that counts no more' ];

my ($name) = slurp($h->state . '/journal/host') =~ /^([\w-]{36})\n\z/;
is $h->value('select seen_at = ? from godwit.hosts where name = ?', $at,
    $name), 0, 'the clock runs on from its start';
is $h->value(q{select seen_at - ?::timestamptz < interval '10 s'
    from godwit.hosts where name = ?}, $at, $name), 1, 'the host was seen';

# another leader: only the heart-beat is left to do
$h->dbh->do(q{select pg_advisory_lock(hashtextextended('godwit cron', 0))});
$h->dbh->do(q{update godwit.change_log set at = '2000-01-01Z'});
$h->godwit(qw(worker cron --once));
is $h->value('select count(*) from godwit.change_log'), 1,
    'who does not lead removes nothing';

done_testing;
