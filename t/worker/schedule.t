#!/usr/bin/perl
# Campaigns that start when their time has come, exactly once and whatever is killed;
# and what pauses one by itself.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;
use POSIX qw(strftime);

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=451 4.3.0 later,every=2');
$h->configure("smart_host 127.0.0.1:$port;");
$h->call('workspaces_update', { id => 'ws_1', zone => 'Europe/Vienna' });
my ($list, $none) = map { $h->call('lists_create', { name => $_ })->{id} } 'all', 'none';
my @ct = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1, 2;
$h->call('lists_add', { id => $list, contact_ids => \@ct });
$h->call('webhooks_create', { url => 'https://hooks.example.com/a',
    events => [qw(campaign.scheduled campaign.started campaign.paused campaign.resumed campaign.failed)] });

sub campaign { my (%more) = @_;
    return $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's',
        html => '<p>x</p>', %more })->{id} }
sub at { my ($at, %more) = @_;
    my $id = campaign(schedule => { at => $at, %more });
    $h->call('campaigns_schedule', { id => $id });
    return $id }
sub see { return $h->call('campaigns_get', { id => $_[0] }) }
sub state { return see($_[0])->{state} }
sub cron { my ($at, %env) = @_;
    return ($h->godwit({ env => { $at ? (GODWIT_CLOCK => $at) : (), %env } }, qw(worker cron --once)))[0] }
sub steps { my ($id) = @_;
    return join ' ', map { "$_->{operation}:$_->{actor}" =~ s/campaigns_//r } @{ $h->rows(q{select operation, actor
        from godwit.audit where object = ? and operation not like '%create' order by id}, $id) } }
sub told { my ($id) = @_;
    return join ', ', map { join ' ', grep { defined } @{$_}{qw(type reason)} } @{ $h->rows(q{select type, data->>'reason' as reason
        from godwit.webhook_deliveries where data->>'id' = ? order by id}, $id) } }

# ---- by the clock of a zone
my $c = at('2031-07-01T09:00');
is see($c)->{due_at}, '2031-07-01T07:00:00+00:00', 'nine in Vienna in summer';
my @dst = map { see(at($_, zone => 'Europe/Vienna'))->{due_at} } '2031-03-30T02:30', '2031-10-26T02:30';
is "@dst", '2031-03-30T01:30:00+00:00 2031-10-26T00:30:00+00:00', 'a time that is left out, the first of one that comes twice';
is see(at('2031-07-01T09:00:00+09:00'))->{due_at}, '2031-07-01T00:00:00+00:00', 'an instant';
$h->refused('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => 'x',
    schedule => { at => '2031-02-30T09:00' } }, 'invalid', 'schedule', 
    '"at" is neither an instant like 2026-01-31T12:00:00Z nor a local time like 2026-01-31T09:00, of this century');
$h->refused('campaigns_update', { id => campaign(), schedule => { at => '2031-01-30T09:00', zone => 'Vienna' } },
    'invalid', 'schedule', '"zone" is not a time zone like Europe/Vienna');
my ($timeless, $past) = (campaign(), campaign(schedule => { at => '2001-01-01T09:00' }));
$h->refused('campaigns_schedule', { id => $timeless }, 'conflict', 'schedule',
    "campaign $timeless has no \"schedule\" that says when; give it one, or start it now");
$h->refused('campaigns_schedule', { id => $past }, 'conflict', 'schedule',
    "the time of campaign $past has passed; give it another, or start it now");

$h->dbh->do(q{update godwit.campaigns set due_at = null where godwit.id_text('cmp', id) <> ?}, undef, $c);
is cron('2031-07-01T06:58:00Z'), 0, 'before';
is state($c), 'scheduled', 'nothing happens before its time';
$h->refused('campaigns_update', { id => $c, name => 'd' }, 'conflict', 'id', "campaign $c is scheduled; only a draft can be changed");
$h->dbh->do(q{select pg_advisory_lock(hashtextextended('godwit cron', 0))});
cron('2031-07-01T07:00:00Z');
is state($c), 'scheduled', 'who does not lead starts nothing';
$h->dbh->do(q{select pg_advisory_unlock(hashtextextended('godwit cron', 0))});
$h->expect(qr/killed|SIGKILL/);
is cron('2031-07-01T07:00:00Z', GODWIT_CRASH => 'schedule_step:1'), 137, 'killed';
is state($c), 'preparing', 'while it is prepared';
cron('2031-07-01T07:00:01Z') for 1, 2;
is state($c), 'running', 'the next one goes on';
is steps($c), 'schedule:cli prepare:system begin:system', 'each step once';
is $h->value('select count(*) from godwit.campaign_cursors'), 1, 'with one audience';
is told($c), 'campaign.scheduled, campaign.started', 'and told';

# ---- what can not start has failed, and says why
my $f = campaign(list_id => $none, schedule => { at => '2031-07-01T09:00' });
$h->call('campaigns_schedule', { id => $f });
cron('2031-07-01T07:00:01Z');
my $why = 'list lst_2 has no members; add contacts before the start';
is join(' ', @{ see($f) }{qw(state problem)}), "failed $why", 'one that can not start has failed';
is told($f), "campaign.scheduled, campaign.failed $why", 'and is told of';
$h->call('campaigns_unschedule', { id => $f });
$h->call('campaigns_update', { id => $f, list_id => $list });
is join(' ', see($f)->{state}, see($f)->{problem} // 'none'), 'draft none', 'mended, it is a draft';

# ---- so has one whose audience can not be told
my $seg = $h->call('segments_create', { name => 's', predicate => { attribute => 'n', op => 'more', value => 1 } })->{id};
my $bad = campaign(segment_id => $seg, schedule => { at => '2031-07-01T09:00' });
$h->call('contacts_update', { id => $ct[0], attributes => { n => 2 } });
$h->dbh->do(q{update godwit.segments set predicate = '{"attribute":"n","op":"more","value":"x"}'});
$why = qq(Postgres refuses the predicate of segment $seg: invalid input syntax for type double precision: "x"; mend it);
$h->refused('campaigns_start', { id => $bad }, 'conflict', 'segment_id', $why);
$h->call('campaigns_schedule', { id => $bad });
is cron('2031-07-01T07:00:01Z'), 0, 'it is due';
is join(' ', @{ see($bad) }{qw(state problem)}), "failed $why", 'so has one whose segment can not be asked';
$h->call('campaigns_unschedule', { id => $bad });
$h->call('campaigns_update', { id => $bad, segment_id => undef });
$h->call('campaigns_schedule', { id => $bad });
$h->dbh->do('alter table godwit.audience_blocks add constraint no check (campaign_id <> ' . $bad =~ s/\D//gr . ')');
cron('2031-07-01T07:00:01Z');
like see($bad)->{problem}, qr/^Postgres refuses its start: new row for relation "audience_blocks" violates/, 'whatever it is';
is state($bad), 'failed', 'it is over';

# ---- retries are left
my $now = '2031-07-01T08:00:00Z';
sub mail { is(($h->godwit({ env => { GODWIT_CLOCK => $_[0] } }, qw(worker mail --once)))[0], 0, "mail at $_[0]") }
mail($now);
is state($c), 'finishing', 'a later attempt is left';
mail('2031-07-02T08:00:00Z');
is state($c), 'finished', 'then none';
is steps($c) =~ s/.*begin:system //r, 'drain:system finish:system', 'both are audited';

# ---- limits: the numbers are those of the ledger
my $p = campaign(auto_pause => { complaints => { percent => 0.5, least => 200 }, errors => undef });
is_deeply see($p)->{auto_pause}{bounces}, { percent => 10, least => 500 }, 'the usual limit where it has none';
is see($p)->{auto_pause}{errors}, undef, 'none where it wants none';
$h->refused('campaigns_update', { id => $p, auto_pause => { bounces => { percent => 0.3 } } }, 'invalid', 'auto_pause',
    '"least" is missing');
$h->call('campaigns_start', { id => $p });
my ($id) = $p =~ /(\d+)/;
$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, ?, 1, '2099-01-01Z', 2)},
    undef, $id);
sub counts { my ($set) = @_;
    $h->dbh->do("update godwit.campaign_cursors set $set where campaign_id = ?", undef, $id);
    cron(); return state($p) }
sub complain { my ($n) = @_;
    return $h->value(q{select godwit.bounce_take(sha256(convert_to(?, 'UTF8')), 1, ?, 1, 'complaint', 'feedback', 'never',
        true, 0::smallint, '', '', 1, 1, '2031-07-01Z', '', '', null)}, $n, $id) }
is counts('sent = 90, failed = 109'), 'running', 'too few, and errors that do not matter';
is complain(1) . complain(2) . complain(2), 'takentakenbefore', 'two complaints';
is counts('sent = 91'), 'paused', 'two of 200 are more than a half percent';
my $limit = 'complaints: 2 of 200 mails (1.00 %), and the limit is 0.5 %';
is join(' ', @{ see($p)->{paused} }{qw(by reason)}), "system $limit", 'by whom and why';
is told($p), "campaign.started, campaign.paused $limit", 'told to webhooks';
is $h->value(q{select after->>'reason' from godwit.audit a join godwit.audit_values v on v.tenant_id = a.tenant_id
    and v.audit_id = a.id where object = ? and operation = 'campaigns_pause'}, $p), $limit, 'and to the audit';
$h->call('campaigns_resume', { id => $p });
is counts('sent = sent + 300'), 'running', 'resumed, what was counted counts no more';
is told($p), "campaign.started, campaign.paused $limit, campaign.resumed", 'and that is told';
is counts('failed = failed + 60, bounced = bounced + 60'), 'running', 'too few for bounces';
$h->dbh->do(q{update godwit.campaigns set state = 'finishing' where id = ?}, undef, $id);
is counts('sent = sent + 140'), 'paused', '60 of 500 are more than 10 percent, also of one that ends';
$h->call('campaigns_resume', { id => $p });
$h->call('campaigns_pause', { id => $p, reason => 'the price is wrong' });
is join(' ', @{ see($p)->{paused} }{qw(by reason)}), 'cli the price is wrong', 'by hand';
like $h->call('campaigns_why', { id => $p, email => 'p2@example.com' })->{reason}, qr/paused: the price is wrong/, 'and why nobody gets it';

# each limit where it begins, with the usual numbers
my $judge = q{select godwit.campaign_limit(jsonb_populate_record(null::godwit.campaigns, '{}'),
    jsonb_populate_record(null::godwit.campaign_cursors, ?))};
for ([ { sent => 1000, complained => 3 } ], [ { sent => 999, complained => 99 } ], [ { sent => 1000, complained => 4 }, 'complaints' ],
    [ { sent => 450, failed => 50, bounced => 50 } ], [ { sent => 449, failed => 51, bounced => 51 }, 'bounces' ],
    [ { sent => 250, failed => 250 } ], [ { sent => 249, failed => 251 }, 'errors' ], [ { sent => 248, failed => 251 } ],
    [ { sent => 249, failed => 251, bounced => 1 } ],
    # what was there when it was resumed
    [ { sent => 1600, complained => 4, judged => [ 600, 4, 0, 0 ] } ], [ { sent => 940, failed => 60, bounced => 60, judged => [ 400, 0, 60, 0 ] } ],
    [ { sent => 600, failed => 400, judged => [ 400, 0, 0, 400 ] } ], [ { sent => 950, failed => 251, judged => [ 700, 0, 0, 0 ] }, 'errors' ]) {
    my ($k, $what) = @$_;
    my %k = (sent => 0, failed => 0, bounced => 0, complained => 0, judged => [ 0, 0, 0, 0 ], %$k);
    my $why = $h->value($judge, encode_json(\%k));
    is $why && $why =~ s/:.*//r, $what, encode_json($k);
}

# ---- by the real clock
my $soon = at(strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 8)));
$h->spawn('worker', 'cron');
wait_for { state($soon) eq 'running' } 30, 'it starts by itself';
cmp_ok $h->value(q{select extract(epoch from started_at - (schedule->>'at')::timestamptz) from godwit.campaigns
    where godwit.id_text('cmp', id) = ?}, $soon), '<', 5, 'in time';
done_testing;
