#!/usr/bin/perl
# Parts of a campaign at their time: in its hours, in each contact's zone, spread; each
# recipient once, whatever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
$h->call('workspaces_update', { id => 'ws_1', zone => 'Europe/Vienna' });
my $list = $h->call('lists_create', { name => 'all' })->{id};
my %zone = (auckland => 'Pacific/Auckland', newyork => 'America/New_York', vienna => 'Europe/Vienna', nowhere => undef);
my %ct = map { $_ => $h->call('contacts_create', { email => "$_\@example.com", $zone{$_} ? (zone => $zone{$_}) : () })->{id} } sort keys %zone;
$h->call('lists_add', { id => $list, contact_ids => [ values %ct ] });

sub campaign { my ($schedule, %more) = @_;
    return $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => 'x',
        schedule => $schedule, %more })->{id} }
sub scheduled { my $id = campaign(@_); $h->call('campaigns_schedule', { id => $id }); return $id }
sub see { my ($id, $at) = @_;
    return decode_json(($h->godwit({ env => { GODWIT_CLOCK => $at } }, 'call', 'campaigns_get', encode_json({ id => $id })))[1]) }
sub work { my ($role, $at, $crash) = @_;
    my ($code) = $h->godwit({ env => { GODWIT_CLOCK => $at, $crash ? (GODWIT_CRASH => $crash) : () } }, 'worker', $role, '--once');
    return $code }
my $seen = 0;
sub mail { my (@words) = @_;
    my $code = work('mail', @words);
    my @all = $h->messages;
    my @new = sort map { $_->{rcpt}[0] =~ s/@.*//r } @all[ $seen .. $#all ];
    $seen = @all;
    return $code ? $code : "@new" }

# ---- hours
my @days = qw(mo tu we th fr);
my $c = campaign({ windows => [ { days => \@days, from => '08:00', to => '12:00' }, { days => \@days, from => '14:00', to => '18:00' } ] });
$h->call('campaigns_start', { id => $c });
is mail('2031-07-05T08:00:00Z'), '', 'nothing on a Saturday';
is see($c, '2031-07-05T08:00:00Z')->{problem}, 'it goes on in its hours, at 2031-07-07 06:00 UTC', 'and why';
is mail('2031-07-07T10:30:00Z'), '', 'nor at noon';
is see($c, '2031-07-07T10:30:00Z')->{problem}, 'it goes on in its hours, at 2031-07-07 12:00 UTC', 'until two';
is mail('2031-07-07T12:00:00Z'), 'auckland newyork nowhere vienna', 'it goes on by itself';
is see($c, '2031-07-07T12:00:00Z')->{state}, 'finished', 'to its end';

# ---- in each contact's zone
$c = scheduled({ at => '2031-08-04T09:00', each_zone => \1 });
is see($c, '2031-08-01T00:00:00Z')->{due_at}, '2031-08-03T19:00:00+00:00', 'when the first day on earth has nine';
is work('cron', '2031-08-03T19:00:01Z'), 0, 'it begins';
is mail('2031-08-03T20:59:00Z'), '', 'nobody has nine yet';
is see($c, '2031-08-03T20:59:00Z')->{problem}, 'the next of its recipients are due at 2031-08-03 21:00 UTC', 'and when';
is mail('2031-08-03T21:00:01Z'), 'auckland', 'nine in Auckland';
is $h->call('campaigns_why', { id => $c, email => 'newyork@example.com' })->{reason}, 'due at 2031-08-04 13:00 UTC', 'each has his time';
$h->expect(qr/killed|SIGKILL/);
is mail('2031-08-04T07:00:01Z', 'after_intent:1'), 137, 'killed';
is mail('2031-08-04T07:00:02Z'), 'nowhere vienna', 'nine in Vienna, and who has no zone has that of the workspace';
is mail('2031-08-04T13:00:01Z'), 'newyork', 'nine in New York';
is see($c, '2031-08-04T13:01:00Z')->{state}, 'finished', 'and that is all';
my $x = scheduled({ at => '2031-08-05T09:00', each_zone => \1 });
work('cron', '2031-08-04T19:00:01Z');
$h->call('campaigns_cancel', { id => $x });
is mail('2031-08-04T19:00:02Z'), '', 'cancelled';
is $h->value(q{select count(*) from godwit.sends where reason = 'cancelled'}), 4, 'all pass at once';
my $now = campaign({ at => '2031-08-05T09:00', each_zone => \1 });
$h->call('campaigns_start', { id => $now });
is mail('2031-08-04T19:00:03Z'), 'auckland newyork nowhere vienna', 'started, it goes to all at once';

# ---- an experiment: its test, and what is left after the decision, each at nine of his zone
my %ab = (variants => [ { name => 'A' }, { name => 'B', subject => 't' } ], test => 50, rule => 'fixed', least => 1, hours => 2);
my $zones = $h->call('lists_create', { name => 'zones' })->{id};
$h->call('lists_add', { id => $zones, contact_ids => [ map { $h->call('contacts_create', { email => "e$_\@example.com",
    zone => $zone{ $_ % 2 ? 'auckland' : 'vienna' } })->{id} } 1 .. 24 ] });
# who is in the test of a campaign or not, of those whom a condition names
sub part { my ($id, $test, $who) = @_;
    return join ' ', sort map { $_->{name} } @{ $h->rows(qq{select split_part(p.email, '\@', 1) as name
        from godwit.experiments x join godwit.contacts p on p.tenant_id = 1
         and p.email ~ '^[ep][0-9]' and (godwit.experiment_part(x, p.id) >= 0) = ? and $who
       where godwit.id_text('cmp', x.campaign_id) = ?}, $test ? 1 : 0, $id) } }
my ($east, $west) = map { "p.zone = '$zone{$_}'" } 'auckland', 'vienna';
sub results { return $h->call('campaigns_experiment', { id => $_[0] }) }
$c = scheduled({ at => '2031-08-06T09:00', each_zone => \1 }, list_id => $zones, experiment => \%ab);
work('cron', '2031-08-05T19:00:01Z');
is mail('2031-08-05T21:00:01Z'), part($c, 1, $east), 'the test at nine in Auckland';
work('cron', '2031-08-05T21:00:02Z');
is results($c)->{state}, 'sending', 'it has not gone out yet';
$h->refused('campaigns_decide', { id => $c, variant => 'B' }, 'conflict', 'id', "the test of campaign $c has not gone out");
is mail('2031-08-06T07:00:01Z'), part($c, 1, $west), 'at nine in Vienna';
work('cron', '2031-08-06T07:00:02Z');
like results($c)->{decide_at}, qr/^2031-08-06T09:00:0/, 'then its hours begin';
is mail('2031-08-06T08:59:00Z'), '', 'nobody else is due';
work('cron', '2031-08-06T09:00:30Z');
is results($c)->{state}, 'decided', 'it is decided';
is mail('2031-08-06T09:00:31Z'), '', 'it is nine nowhere';
is see($c, '2031-08-06T09:00:32Z')->{problem}, 'the next of its recipients are due at 2031-08-06 21:00 UTC', 'when it is';
is mail('2031-08-06T21:00:01Z', 'after_intent:1'), 137, 'killed';
is mail('2031-08-06T21:00:02Z'), part($c, 0, $east), 'the rest at nine in Auckland';
is mail('2031-08-07T07:00:01Z'), part($c, 0, $west), 'and in Vienna';
is see($c, '2031-08-07T07:01:00Z')->{state}, 'finished', 'and that is all';
is $h->value(q{select count(*) from godwit.sends where godwit.id_text('cmp', campaign_id) = ? and state = 2}, $c), 24, 'each once';

# ---- spread, and the best hour
my $many = $h->call('lists_create', { name => 'many' })->{id};
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 1, 'p' || i || '@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(1, 100) i});
$h->dbh->do(q{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select 1, ?, id, '2026-01-01Z' from godwit.contacts where email ~ '^p[0-9]'}, undef, $many =~ s/\D//gr);
$c = scheduled({ at => '2031-09-01T10:00:00Z', spread => 60 }, list_id => $many);
work('cron', '2031-09-01T10:00:00Z');
sub sends { my $n = () = mail(@_) =~ /p\d/g; return $n }
my $half = sends('2031-09-01T10:30:00Z');
ok $half > 45 && $half < 55, "in half the time half of it ($half)";
is sends('2031-09-01T11:00:10Z'), 100 - $half, 'then the rest';
# twenty have read at two, twenty at noon, and twenty twice at noon: that is the hour of all
$h->dbh->do(q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at, class, human)
    select 1, c.id, p.id, '2031-08-25T01:00Z', '2031-08-25Z'::timestamptz + case when i <= 40 and i % 2 = 0 then interval '14:30'
        else interval '12:10' end, 1, 3
    from (select id, substr(split_part(email, '@', 1), 2)::int as i from godwit.contacts where email ~ '^p[0-9]') p,
         (select id, row_number() over (order by id) as n from godwit.campaigns where started_at is not null) c
    where i <= 60 and n <= case when i <= 40 then 3 else 2 end});
$h->dbh->do(q{update godwit.campaigns set started_at = '2031-08-25Z' where started_at is not null});
$c = scheduled({ at => '2031-09-01T11:30:00Z', best_hour => \1, zone => 'UTC' }, list_id => $many);
work('cron', '2031-09-01T11:30:00Z');
is sends('2031-09-01T11:59:00Z'), 0, 'nobody yet';
is sends('2031-09-01T12:00:01Z'), 80, 'at noon who reads then, and who is not known well enough';
is $h->call('campaigns_why', { id => $c, email => 'p2@example.com' })->{reason}, 'due at 2031-09-01 14:00 UTC', 'others have their own';
is sends('2031-09-01T14:00:01Z'), 20, 'then they get it';
is see($c, '2031-09-01T14:01:00Z')->{state}, 'finished', 'and that is all';
$c = scheduled({ at => '2031-09-01T14:20:00Z', best_hour => \1, zone => 'UTC' }, list_id => $many, experiment => \%ab);
work('cron', '2031-09-01T14:20:00Z');
my $two = q{substring(p.email from '^p([0-9]+)')::int in (select 2 * i from generate_series(1, 20) i)};
my $noon = "p.email ~ '^p' and not $two";
is mail('2031-09-01T14:20:01Z'), part($c, 1, $two), 'of a test who reads now';
is mail('2031-09-02T12:00:01Z'), part($c, 1, $noon), 'then who reads at noon';
work('cron', '2031-09-02T12:00:02Z');
$h->godwit({ env => { GODWIT_CLOCK => '2031-09-02T12:30:00Z' } }, 'call', 'campaigns_decide', encode_json({ id => $c, variant => 'B' }));
is mail('2031-09-02T12:30:01Z'), part($c, 0, $noon), 'decided at noon: of the rest who reads now';
is mail('2031-09-02T14:00:01Z'), part($c, 0, $two), 'and then the others';
$c = scheduled({ at => '2031-09-02T15:00:00Z', best_hour => \1, spread => 60, zone => 'UTC' }, list_id => $many);
my $parts = 'godwit.audience_parts(godwit.campaigns, boolean, boolean, timestamptz)';
$h->dbh->do("alter function $parts rename to audience_gone");
work('cron', '2031-09-02T15:00:00Z');
is see($c, '2031-09-02T15:00:00Z')->{state}, 'preparing', 'while another version is put in it waits';
$h->dbh->do('alter function ' . ($parts =~ s/audience_parts/audience_gone/r) . ' rename to audience_parts');
work('cron', '2031-09-02T15:00:05Z');
is $h->value('select cardinality(gates) from godwit.campaign_cursors where godwit.id_text($$cmp$$, campaign_id) = ?', $c), 80,
    'each hour is spread in 60 parts at most';
$c = scheduled({ at => '2031-09-03T10:00:00Z', spread => 60, zone => 'UTC', windows => [ { from => '10:00', to => '10:20' } ] }, list_id => $many);
work('cron', '2031-09-03T10:00:00Z');
is_deeply $h->rows(q{select d::text as day, count(*) as n from godwit.campaign_cursors, unnest(opens) o,
    lateral (select (o at time zone 'UTC')::date) d(d) where godwit.id_text('cmp', campaign_id) = ? group by 1 order by 1}, $c),
    [ map { { day => "2031-09-0$_->[0]", n => $_->[1] } } [ 3, 34 ], [ 4, 33 ], [ 5, 33 ] ], 'of its hours alone: a third each day';
$c = scheduled({ at => '2031-09-08T08:00:00Z', spread => 360, zone => 'UTC', windows => [ { from => '10:00', to => '14:00' },
    { days => ['mo'], from => '08:00', to => '12:00' } ] }, list_id => $many);
work('cron', '2031-09-08T08:00:00Z');
is $h->value(q{select string_agg(n::text, ' ' order by h) from (select date_trunc('hour', o at time zone 'UTC') as h, count(*) as n
    from godwit.campaign_cursors, unnest(opens) o where godwit.id_text('cmp', campaign_id) = ? group by 1) u}, $c), '17 17 16 17 17 16',
    'hours that overlap are open once';
my $waits = q{select godwit.schedule_waits(c, ?) from godwit.campaigns c where godwit.id_text('cmp', id) = ?};
$h->dbh->do(q{update godwit.campaign_cursors set pos = 20, gate = 20, held = true where godwit.id_text('cmp', campaign_id) = ?}, undef, $c);
like $h->value($waits, '2031-09-08T09:11:00Z', $c), qr/^the next of its recipients are due at 2031-09-08 09:1/, 'it says when it goes on';
is $h->value($waits, '2031-09-09T11:00:00Z', $c), undef, 'and nothing when all are due and the test of an experiment is waited for';
done_testing;
