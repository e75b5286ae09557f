#!/usr/bin/perl
# Campaigns that repeat: each time one of its own, exactly once, whatever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ $h->call('contacts_create', { email => 'a@example.com' })->{id} ] });

sub repeating { my ($rule, %more) = @_;
    my %schedule = (at => '2031-03-29T09:00', zone => 'Europe/Vienna', repeat => $rule, %more);
    delete $schedule{zone} if !$schedule{zone};
    my $id = $h->call('campaigns_create', { name => 'News', list_id => $list, from => 'a@example.com', subject => 's', html => 'x',
        schedule => \%schedule })->{id};
    $h->call('campaigns_schedule', { id => $id });
    return $id }
sub cron { my ($at, $crash) = @_;
    my ($code) = $h->godwit({ env => { GODWIT_CLOCK => $at, $crash ? (GODWIT_CRASH => $crash) : () } }, qw(worker cron --once));
    return $code }
sub see { return $h->call('campaigns_get', { id => $_[0] }) }
sub made { my ($id) = @_;
    return join ', ', map { join ' ', @$_{qw(name state at)} } @{ $h->rows(q{select name, state,
        to_char(occurrence_at at time zone 'UTC', 'MM-DD HH24:MI') as at from godwit.campaigns
        where godwit.id_text('cmp', cloned_from) = ? order by id}, $id) } }

my $c = repeating('FREQ=DAILY;COUNT=3');
$h->refused('campaigns_start', { id => repeating('FREQ=DAILY;COUNT=1', at => '2099-01-01T09:00') }, 'conflict', 'id',
    'campaign cmp_2 repeats; schedule it, or take "repeat" out of its schedule');
is see($c)->{due_at}, '2031-03-29T08:00:00+00:00', 'nine in winter';
cron('2031-03-29T08:00:01Z') for 1, 2;
is made($c), 'News 2031-03-29 running 03-29 08:00', 'the first';
is see($c)->{due_at}, '2031-03-30T07:00:00+00:00', 'then nine in summer';
my ($one) = grep { ($_->{cloned_from} // '') eq $c } @{ $h->call('campaigns_list', {})->{items} };
is_deeply [ $one->{schedule}, @$one{qw(subject occurrence_at)} ], [ { at => '2031-03-29T09:00:00', zone => 'Europe/Vienna' },
    's', '2031-03-29T08:00:00+00:00' ], 'it says the same, and goes once';

$h->expect(qr/killed|SIGKILL/);
is cron('2031-03-30T07:00:01Z', "schedule_step:$_"), 137, "killed after step $_" for 1, 1, 1;
cron('2031-03-30T07:00:02Z');
my $two = 'News 2031-03-29 running 03-29 08:00, News 2031-03-30 running 03-30 07:00';
is made($c), $two, 'the second, once';
is $h->value('select count(*) from godwit.campaign_cursors'), 2, 'each with an audience';
cron('2031-04-09T07:00:01Z');
is made($c), "$two, News 2031-03-31 running 03-31 07:00", 'the third, late';
is see($c)->{state}, 'finished', 'is the last';

my $d = repeating('FREQ=WEEKLY;BYDAY=MO');
cron('2031-04-23T12:00:00Z');
is made($d), 'News 2031-04-21 running 04-21 07:00', 'of those that were missed the last one';
is $h->value(q{select after->>'missed' from godwit.audit a join godwit.audit_values v on v.tenant_id = a.tenant_id
    and v.audit_id = a.id where operation = 'campaigns_clone' order by a.id desc limit 1}), 3, 'how many, the audit tells';
is join(' ', @{ see($d) }{qw(state due_at)}), 'scheduled 2031-04-28T07:00:00+00:00', 'it goes on';
$h->call('campaigns_unschedule', { id => $d });
cron('2031-04-28T12:00:00Z');
unlike made($d), qr/,/, 'and no more once it is taken back';

# ---- what it says, each of them says
my $long = $h->call('campaigns_create', { name => 'N' x 200, list_id => $list, from => 'a@example.com', subject => 's', html => 'x', category => 'news',
    rate => 7, auto_pause => { errors => undef }, schedule => { at => '2031-05-01T09:00', zone => 'UTC', repeat => 'FREQ=DAILY;COUNT=1' } })->{id};
$h->call('campaigns_schedule', { id => $long });
$h->dbh->do(q{update godwit.campaigns set test = true where godwit.id_text('cmp', id) = ?}, undef, $long);
cron('2031-05-01T09:00:00Z');
is_deeply $h->rows(q{select name, category, rate, test, auto_pause::text as limits from godwit.campaigns where godwit.id_text('cmp', cloned_from) = ?}, $long),
    [ { name => 'N' x 189 . ' 2031-05-01', category => 'news', rate => 7, test => 1, limits => '{"errors": null}' } ], 'at that very time';

# ---- the zone of the workspace is that of when it was scheduled
sub zone { $h->call('workspaces_update', { id => 'ws_1', zone => $_[0] }) }
zone('Europe/Vienna');
my $z = repeating('FREQ=DAILY', at => '2031-06-02T09:00', zone => undef, windows => [ { from => '08:00', to => '12:00' } ]);
cron('2031-06-02T07:00:01Z');
zone('America/New_York');
cron($_) for '2031-06-03T07:00:01Z', '2031-06-03T13:00:01Z';
is made($z), 'News 2031-06-02 running 06-02 07:00, News 2031-06-03 running 06-03 07:00', 'once a day';
is see($z)->{due_at}, '2031-06-04T07:00:00+00:00', 'at its own time';
is see($z)->{schedule}{zone}, 'Europe/Vienna', 'which can be seen';
$h->call('campaigns_unschedule', { id => $z });
my $over = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => 'x',
    schedule => { at => '2021-03-29T09:00', repeat => 'FREQ=DAILY;COUNT=3' } })->{id};
$h->refused('campaigns_schedule', { id => $over }, 'conflict', 'schedule', "the rule of campaign $over names no day to come");
done_testing;
