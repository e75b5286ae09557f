#!/usr/bin/perl
# One policy for whatever is sent: quiet hours and caps put off, all else refuses, each in its
# step; the simulator says beforehand what becomes of whom.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
my $port = $h->sink('--dir', $h->state . '/sink');
my $conf = "smart_host 127.0.0.1:$port; retry_lifetime 1h;";
$h->configure($conf);
my %list = map { $_ => $h->call('lists_create', { name => $_ })->{id} } qw(all one);
my %zone = (berlin => 'Europe/Berlin', york => 'America/New_York', nowhere => undef, wrong => undef);
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.com", $zone{$_} ? (zone => $zone{$_}) : () })->{id} }
    keys %zone;
$h->dbh->do(q{update godwit.contacts set zone = 'Mars/Phobos' where email = 'wrong@example.com'});
$h->call('lists_add', { id => $list{all}, contact_ids => [ values %id ] });
$h->call('lists_add', { id => $list{one}, contact_ids => [ $id{berlin} ] });

sub campaign { my ($list, %more) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list{$list}, from => 'a@example.com', subject => 's',
        html => '<p>x</p>', %more })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
sub mail { my ($at) = @_;
    is +($h->godwit({ env => { GODWIT_CLOCK => $at } }, qw(worker mail --once)))[0], 0, $at }
sub why { my ($c, $who) = @_;
    return $h->call('campaigns_why', { id => $c, email => "$who\@example.com" }) }
sub all { my ($c, @who) = @_;
    return join ', ', map { my $w = why($c, $_);
        join ' ', $_, $w->{state}, $w->{reason} // (), ($w->{due} // '') =~ /T(\d\d:\d\d)/ } @who }
sub simulate { my ($who, $at, %more) = @_;
    my $s = $h->call('policy_simulate', { contact_id => $id{$who}, at => $at, %more });
    return join ' ', $s->{verdict}, $s->{reason} // (), ($s->{until} // '') =~ /T(\d\d:\d\d)/ }
my @all = qw(berlin york nowhere wrong);

# ---- no rules
my $c = campaign('one');
mail('2026-03-02T23:30:00Z');
is all($c, 'berlin'), 'berlin sent', 'without rules mail goes at any hour';
is why($c, 'berlin')->{policy}, undef, 'and none has decided it';
is $h->call('policy_get', {})->{version}, 0, 'there are none';

# ---- quiet hours
is $h->call('policy_update', { quiet_hours => { email => { from => '21:00', to => '08:00' } },
    zones => [ 'Europe/Berlin', 'America/New_York' ] })->{version}, 1, 'a version';
$c = campaign('all');
is simulate('berlin', '2026-03-02T22:30:00Z', campaign_id => $c), 'later quiet hours 07:00', 'half past eleven in Berlin';
mail('2026-03-02T22:30:00Z');
is all($c, @all), 'berlin queued quiet hours 07:00, york sent, nowhere queued quiet hours 13:00, wrong queued quiet hours 13:00',
    'each by his zone; who has none waits until it is day in all of them';
is why($c, 'york')->{policy}, 1, 'the rules that let one pass are named';
is why($c, 'berlin')->{policy}, 1, 'and those that put one off';
mail('2026-03-03T06:59:00Z');
is all($c, 'berlin'), 'berlin queued quiet hours 07:00', 'not a minute before';
mail('2026-03-03T07:00:30Z');
is all($c, @all), 'berlin sent, york sent, nowhere queued quiet hours 13:00, wrong queued quiet hours 13:00', 'then he gets it';
is $h->call('campaigns_get', { id => $c })->{state}, 'finishing', 'the campaign waits for the others';
$h->call('policy_update', { quiet_hours => { email => { from => '10:00', to => '15:00' } } });
mail('2026-03-03T13:00:30Z');
is all($c, 'nowhere'), 'nowhere queued quiet hours 14:00', 'asked again by the rules of then';
is why($c, 'nowhere')->{policy}, 2, 'of that version';
mail('2026-03-03T14:00:30Z');
is all($c, @all), 'berlin sent, york sent, nowhere sent, wrong sent', 'all have it';
is $h->call('campaigns_get', { id => $c })->{state}, 'finished', 'and it ends';
is $h->value('select count(*) from godwit.mail_queue'), 0, 'nothing is left';
is scalar(grep { grep { /^nowhere/ } @{ $_->{rcpt} } } $h->messages), 1, 'he got it once';

# ---- hours of a campaign in which it is always quiet
sub warned { my ($from, $to) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list{one}, from => 'a@example.com', subject => 's', html => '<p>x</p>',
        schedule => { zone => 'Europe/Berlin', windows => [ { from => $from, to => $to } ] } })->{id};
    return join ', ', map { $_->{message} =~ /quiet in (.+?), so / } grep { $_->{code} eq 'hours_quiet' }
        @{ $h->call('campaigns_preflight', { id => $c })->{findings} } }
is warned('10:00', '15:00'), 'America/New_York or Europe/Berlin, Europe/Berlin', 'hours in which it is always quiet are told before';
is warned('16:30', '20:00'), 'America/New_York or Europe/Berlin', 'by each of the zones that may be his';
is warned('09:00', '22:00'), '', 'others are not';

# ---- a put-off that lasts longer than retries do, then an attempt that fails for now
$h->configure($conf =~ s/smart_host \S+/"smart_host 127.0.0.1:" . $h->sink('--dir', $h->state . '\/again', '--fault', 'rcpt=451 4.7.1 later,to=berlin@,first=1') . ';'/er
    . 'retry_schedule 1s;');
$h->call('policy_update', { quiet_hours => { email => { from => '21:00', to => '08:00' } } });
$c = campaign('one');
mail('2026-03-03T20:30:00Z');
is all($c, 'berlin'), 'berlin queued quiet hours 07:00', 'ten hours and more';
mail('2026-03-04T07:10:00Z');
like all($c, 'berlin'), qr/^berlin queued .*07:1/, 'his hour of retries begins then';
mail('2026-03-04T07:20:00Z');
is all($c, 'berlin'), 'berlin sent', 'and the next one takes it';

# ---- a pause is none of the time for attempts
sub at { my ($at, $does) = @_;
    is +($h->godwit({ env => { GODWIT_CLOCK => $at } }, 'call', "campaigns_$does", qq({"id":"$c"})))[0], 0, $does }
$h->configure($conf =~ s/smart_host \S+/"smart_host 127.0.0.1:" . $h->sink('--dir', $h->state . '\/later', '--fault', 'rcpt=451 4.7.1 later,to=berlin@,first=2') . ';'/er
    . 'retry_schedule 1s;');
$c = campaign('one');
mail('2026-03-04T09:00:00Z');
at('2026-03-04T09:01:00Z', 'pause');
at('2026-03-04T12:00:00Z', 'resume');
mail('2026-03-04T12:00:01Z');
like all($c, 'berlin'), qr/^berlin queued /, 'after three hours of it another one is made';
mail('2026-03-04T12:10:00Z');
is all($c, 'berlin'), 'berlin sent', 'which takes it';
$h->dbh->do('delete from godwit.sends where campaign_id = ?', undef, $c =~ s/\D//gr);

# ---- nor is what lies outside its hours, or what one is put off for
sub refusing { my ($name, $first) = @_;
    $h->configure($conf =~ s/smart_host \S+/"smart_host 127.0.0.1:" . $h->sink('--dir', $h->state . "\/$name", '--fault',
        "rcpt=451 4.7.1 later,to=berlin@,first=$first") . ';'/er . 'retry_schedule 1s;') }
refusing('hours', 2);
$c = campaign('one', schedule => { zone => 'UTC', windows => [ { from => '13:00', to => '14:00' },
    { from => '18:00', to => '19:00' } ] });
mail('2026-03-04T13:50:00Z');
mail('2026-03-04T18:10:00Z');
like all($c, 'berlin'), qr/^berlin queued .*18:1/, 'who was refused at their end has most of his hour left when they begin';
mail('2026-03-04T18:20:00Z');
is all($c, 'berlin'), 'berlin sent', 'and gets it';
refusing('nights', 9);
$c = campaign('one');
mail($_) for '2026-03-04T19:50:00Z', '2026-03-04T20:30:00Z', '2026-03-05T07:10:00Z';
like all($c, 'berlin'), qr/^berlin queued .*07:1/, 'a night does not use it up';
mail('2026-03-05T07:30:00Z');
is all($c, 'berlin'), 'berlin failed no attempt succeeded within retry_lifetime', 'nor does it give him a new one';
$h->dbh->do("delete from godwit.sends where at > '2026-03-04T13:00:00Z'");
refusing('both', 9);
$c = campaign('one', schedule => { zone => 'UTC', windows => [ { from => '19:30', to => '20:30' }, { from => '07:00', to => '08:00' } ] });
mail($_) for '2026-03-04T19:50:00Z', '2026-03-04T20:10:00Z', '2026-03-05T07:10:00Z';
like all($c, 'berlin'), qr/^berlin queued .*07:1/, 'a night outside of its hours does not use it up either';
mail('2026-03-05T07:45:00Z');
is all($c, 'berlin'), 'berlin failed no attempt succeeded within retry_lifetime', 'and what was used up before is';
$h->dbh->do("delete from godwit.sends where at > '2026-03-04T13:00:00Z'");
$h->configure($conf);

# ---- caps
$h->call('policy_update', { quiet_hours => { email => undef }, caps => [ { channel => 'email', count => 2, days => 7 },
    { channel => 'email', category => 'offers', count => 1, days => 30 } ] });
$h->dbh->do(q{update godwit.sends set at = '2026-02-20T00:00:00Z' where at < '2026-03-04Z'});
my $news = campaign('one');
my $more = campaign('one');
mail('2026-03-05T09:00:00Z');
like join(', ', sort map { all($_, 'berlin') } $news, $more), qr/^berlin queued frequency cap \d\d:\d\d, berlin sent$/,
    'of two at once one is the second, and the other waits';
my ($late) = grep { why($_, 'berlin')->{state} eq 'queued' } $news, $more;
mail('2026-03-05T09:02:00Z');
like why($late, 'berlin')->{due}, qr/^2026-03-11T07:20:/, 'until a week after the mail of the retry';
is simulate('berlin', '2026-03-05T10:00:00Z', campaign_id => $late), 'later frequency cap 07:20', 'as the simulator says';
my ($step) = grep { $_->{step} eq 'frequency_cap' } @{ $h->call('policy_simulate', { contact_id => $id{berlin},
    at => '2026-03-05T10:00:00Z' })->{steps} };
is scalar @{ $step->{data}{had} }, 2, 'which shows what he had';
like $step->{message}, qr/^A cap is reached; the next may go on 2026-03-11/, 'in words';
mail('2026-03-11T09:00:00Z');
is all($late, 'berlin'), 'berlin sent', 'then it goes';
$c = campaign('one', category => 'offers');
mail('2026-03-20T09:00:00Z');
is all($c, 'berlin'), 'berlin sent', 'the first of a category';
my $next = campaign('one', category => 'offers');
mail('2026-03-30T09:00:00Z');
like why($next, 'berlin')->{due}, qr/^2026-04-19T09:00/, 'the second of it in a month';
$c = campaign('one');
mail('2026-03-30T09:01:00Z');
is all($c, 'berlin'), 'berlin sent', 'one of none is not held up';

# ---- who is put off and unsubscribes meanwhile
$h->call('suppressions_create', { email => 'berlin@example.com', reason => 'complaint' });
mail('2026-04-20T09:00:00Z');
is all($next, 'berlin'), 'berlin suppressed complaint', 'gets nothing any more';
is simulate('berlin', '2026-04-20T09:00:00Z', kind => 'reply'), 'refuse complaint', 'nor an answer';

# ---- who is in memory when quiet hours begin
$h->call('policy_update', { caps => [], quiet_hours => { email => { from => '12:00', to => '13:00' } } });
my @many = map { $h->call('contacts_create', { email => "m$_\@example.com", zone => 'UTC' })->{id} } 1 .. 30;
my $crowd = $h->call('lists_create', { name => 'crowd' })->{id};
$h->call('lists_add', { id => $crowd, contact_ids => \@many });
$list{crowd} = $crowd;
$h->configure("$conf mail_window_age 20s;");
$c = campaign('crowd', rate => 4);
my $role = $h->spawn({ log => 'mail', env => { GODWIT_CLOCK => '2026-05-01T11:59:56Z' } }, qw(worker mail));
wait_for { my $s = $h->call('campaigns_stats', { id => $c });
    $h->value('select count(*) from godwit.mail_queue where due = ?', '2026-05-01T13:00:00Z') == $s->{queued}
        && $s->{queued} + $s->{sent} == 30 } 25, 'all are sent or put off';
my $sent = $h->call('campaigns_stats', { id => $c })->{sent};
cmp_ok $sent, '>', 0, 'some before noon';
cmp_ok $sent, '<', 24, 'those of the same window wait, though they were taken before';
$h->stop($role);
is $h->value(q{select max(at) < '2026-05-01T12:00:01Z' from godwit.sends where campaign_id = ? and state = 2}, $c =~ s/\D//gr), 1,
    'none after';

# ---- who waits in memory is asked again after a while
$h->configure("$conf mail_window_age 60s; mail_lease 1s;");
$c = campaign('crowd', rate => 4);
mail('2026-05-01T12:30:00Z');
$role = $h->spawn({ log => 'mail', env => { GODWIT_CLOCK => '2026-05-01T13:00:01Z' } }, qw(worker mail));
wait_for { $h->call('campaigns_stats', { id => $c })->{sent} } 10, 'the queue is claimed';
$h->dbh->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at) select 1, ?, contact_id, false, '2026-05-01Z'
    from godwit.list_members where list_id = ?}, undef, ($crowd =~ s/\D//gr) x 2);
wait_for { $h->call('campaigns_get', { id => $c })->{state} eq 'finished' } 20, 'all is decided';
$h->stop($role);
cmp_ok $h->value(q{select count(*) from godwit.sends where campaign_id = ? and reason = 'left the list'}, $c =~ s/\D//gr), '>', 10,
    'who has left the list meanwhile gets nothing';
$h->dbh->do('delete from godwit.subscriptions');

# ---- who is held out of an experiment stays so, put off or not
$h->configure($conf);
$c = campaign('crowd', experiment => { hold_out => 50, test => 50, variants => [ { name => 'A' }, { name => 'B', subject => 't' } ] });
sub waits { my ($at) = @_;
    is +($h->godwit({ env => { GODWIT_CLOCK => $at } }, qw(worker cron --once)))[0], 0, "cron at $at";
    return $h->call('campaigns_experiment', { id => $c })->{state} }
mail('2026-05-02T12:30:00Z');
is waits('2026-05-02T12:31:00Z'), 'sending', 'its time is not counted while the test waits for the end of quiet hours';
mail('2026-05-02T13:00:30Z');
is waits('2026-05-02T13:01:00Z'), 'waiting', 'but from then on';
$sent = $h->call('campaigns_stats', { id => $c })->{sent};
cmp_ok $sent, '>', 0, 'the test has it an hour later';
$h->call('campaigns_decide', { id => $c, variant => 'A' });
mail('2026-05-03T12:30:00Z');
my $stats = $h->call('campaigns_stats', { id => $c });
is "$stats->{sent} $stats->{suppressed} $stats->{queued}", "$sent " . (30 - $sent) . ' 0', 'the others never, and wait for nothing';

# ---- a mail that somebody waits for
is simulate('york', '2026-05-01T16:30:00Z'), 'later quiet hours 17:00', 'noon in New York';
is simulate('york', '2026-05-01T16:30:00Z', kind => $_), 'send', "a $_ goes at any hour" for qw(transactional reply);
done_testing;
