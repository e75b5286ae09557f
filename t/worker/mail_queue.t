#!/usr/bin/perl
# The queue of retries: how long, whose, and what waits there holds up nobody.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $set = 'smtp_connections 2; mail_window 10; mail_window_age 300ms; log_level info;';
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id}
} 'never', map { "p$_" } 1 .. 39 ] });

sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>', @_ });
    $h->call('campaigns_start', { id => $c->{id} });
    return $c->{id};
}

sub stats {
    my $s = $h->call('campaigns_stats', { id => $_[0] });
    return join ' ', map { "$_=$s->{$_}" } grep { $s->{$_} } qw(queued sent failed suppressed
        uncertain);
}

sub value { my ($sql, @args) = @_; return $h->value($sql, map { s/^cmp_//r } @args) }

sub start {
    my ($flags, $conf) = @_;
    my $port = $h->sink('--dir', $h->state . '/sink', @$flags);
    $h->configure("smart_host 127.0.0.1:$port; $set $conf");
    return $h->spawn({ log => 'mail' }, 'worker', 'mail');
}

# ---- an end to the attempts
my $role = start([ '--fault', 'rcpt=451 4.7.1 later,to=never@' ],
    'retry_schedule 1s; retry_lifetime 3s;');
my $c = campaign();
wait_for { stats($c) eq 'sent=39 failed=1' } 15, 'nobody is tried longer than retry_lifetime';
my $why = $h->call('campaigns_why', { id => $c, email => 'never@example.com' });
like "$why->{reason} " . @{ $why->{attempts} }, qr/within retry_lifetime [234]\z/, 'and it says so';

# ---- a reply that comes late, and an envelope behind it
$h->stop($role);
$role = start([ '--fault', 'dot=delay:8000,first=1' ], '');
$c = campaign();
wait_for { stats($c) =~ /\bsent=38\b/ } 6, 'a dot without its reply holds up nobody';
is $h->value('select in_flight from godwit.campaign_cursors where campaign_id = ?',
    $c =~ s/cmp_//r), 2, 'it is in flight, as is whose envelope stands behind it';
wait_for { stats($c) eq 'sent=40' } 15, 'until they are sent';

# ---- a claim whose answer was lost
my $held = q{update godwit.mail_queue set due = '2000-01-01Z', host_id = (select id
    from godwit.hosts) where campaign_id = ?};
$h->stop($role);
$role = start([ '--fault', 'rcpt=451 4.7.1 later,to=never@,first=1' ], 'retry_schedule 1h;');
$c = campaign();
wait_for { stats($c) eq 'queued=1 sent=39' } 10, 'one has to wait';
$h->dbh->do($held, undef, $c =~ s/cmp_//r);
$h->value(q{select count(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and usename = 'gw_worker'});
wait_for { stats($c) eq 'sent=40' } 10, 'what it holds without knowing is free after a break';

# ---- a paused campaign gives back what is claimed, and holds up nobody
$h->stop($role);
$role = start([ '--fault', 'dot=451 4.3.0 later,first=40' ], 'retry_schedule 1h;');
$c = campaign();
wait_for { $h->value('select count(*) from godwit.mail_queue') == 40 } 10, 'all of a campaign wait for their time';
$h->stop($role);
$h->configure('smart_host 127.0.0.1:' . free_port() . "; $set");
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
$h->dbh->do(q{update godwit.mail_queue set due = '2000-01-01Z'});
$held = 'select count(*) from godwit.mail_queue where campaign_id = ? and host_id is not null';
wait_for { value($held, $c) == 10 } 10, 'no more of it is claimed than a window';
$h->call('campaigns_pause', { id => $c });
wait_for { value($held, $c) == 0 } 10, 'paused, it gives them back';
$h->call('campaigns_resume', { id => $c });
wait_for { value($held, $c) == 10 } 10, 'resumed, it has them again';

# ---- cancelled while the server is away
$h->call('campaigns_cancel', { id => $c });
wait_for { stats($c) eq 'suppressed=40' } 10, 'a cancel waits for no server';

# ---- a clean end holds nothing, not even a window that comes too late
$h->stop($role);
$c = campaign();
my $lock = $h->dbh('postgres');
$lock->begin_work;
$lock->do('select from godwit.campaign_cursors where campaign_id = ? for update', undef,
    $c =~ s/cmp_//r);
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { $h->value(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock'
    and query like '%campaign_take%' and datname = current_database()}) } 10, 'a take waits';
kill 'TERM', $role;
$lock->commit;
is $h->stop($role), 0, 'the role ends';
is value('select intent_end - pos from godwit.campaign_cursors where campaign_id = ?', $c), 0,
    'and leaves no intent behind';
is $h->value('select count(*) from godwit.mail_queue where host_id is not null'), 0,
    'nor a claim';

done_testing;
