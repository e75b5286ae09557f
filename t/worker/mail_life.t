#!/usr/bin/perl
# A running campaign obeys: rate, pause, resume, cancel, an unsubscribe; it
# waits for a server that is away, and a slow one does not hold up another.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $state = $h->state;
my $port = free_port();
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 2; mail_window 90;
    log_level info;");

my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 90 ] });

sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>', @_ });
    $h->call('campaigns_start', { id => $c->{id} });
    return $c->{id};
}

sub count { my ($c, $what) = @_; return $h->call('campaigns_stats', { id => $c })->{$what} }

sub got { return scalar grep { $_->{message_id} =~ /^<gw\.1\.\Q$_[0]\E\./ } $h->messages }

# ---- the server is away
my $c = campaign(rate => 40);
(my $n = $c) =~ s/cmp_//;
my $log = $h->log_file('mail');
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { slurp($log) =~ /cannot take mail now: Connection refused/ } 10,
    'an unreachable server is named once';
is count($c, 'state') . count($c, 'sent'), 'running0', 'the campaign waits';

my $sink = $h->spawn({ log => 'sink' }, 'sink', '--listen', "127.0.0.1:$port",
    '--dir', "$state/sink");
wait_for { got($n) > 5 } 15, 'it goes on when the server is back';
is(() = slurp($log) =~ /cannot take mail now/g, 1, 'and it was said once');

# ---- pause, resume
my $t = Time::HiRes::time();
my $first = got($n);
$h->call('campaigns_pause', { id => $c });
my $at;
wait_for { my $now = got($n); my $same = defined $at && $at == $now;
    $at = $now; select undef, undef, undef, 0.4; $same } 3, 'a pause stops it';
cmp_ok got($n), '<', 90, 'in its middle';

# ---- an unsubscribe and another campaign while it rests
$h->call('suppressions_create', { email => 'p90@example.com' });
my $d = campaign();
wait_for { count($d, 'state') eq 'finished' } 10, 'another is not held up';
is count($d, 'sent') . ' ' . count($d, 'suppressed'), '89 1', 'and leaves out the suppressed';

$h->call('campaigns_resume', { id => $c });
wait_for { count($c, 'state') eq 'finished' } 15, 'resumed, it ends';
is count($c, 'sent') . ' ' . count($c, 'suppressed'), '89 1', 'an unsubscribe counts';

# ---- its rate while it runs
my $pace = campaign(rate => 1);
wait_for { got($pace =~ s/cmp_//r) } 5;
is $h->call('campaigns_update', { id => $pace, rate => undef })->{rate}, undef, 'as fast as it can';
wait_for { count($pace, 'state') eq 'finished' } 10, 'from now on';

# ---- a slow one first, then a fast one
my $slow = campaign(rate => 18);
wait_for { got($slow =~ s/cmp_//r) > 3 } 5;
my $fast = campaign();
wait_for { count($fast, 'state') eq 'finished' } 5, 'a slow campaign holds up no other';
is count($slow, 'state'), 'running', 'it is still at work';
$h->call('campaigns_cancel', { id => $slow });
wait_for { count($slow, 'queued') == 0 } 5, 'cancelled, the rest passes';
is count($slow, 'sent'), got($slow =~ s/cmp_//r), 'what was sent is counted';
is count($slow, 'sent') + count($slow, 'suppressed'), 90, 'and everybody has his state';

is $h->stop($role), 0, 'it ends when asked';
is_deeply [ grep { /[.]log\z/ } glob "$state/journal/*" ], [], 'with nothing open';

# ---- how many of it are under way at once, while it runs
$port = $h->sink('--dir', "$state/sink", '--fault', 'dot=delay:300');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 8;");
my $two = campaign(concurrency => 2);
$h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { got($two =~ s/cmp_//r) } 10;
$t = Time::HiRes::time();
wait_for { got($two =~ s/cmp_//r) > 7 } 10;
my $most = 4 + 2 * int((Time::HiRes::time() - $t) / 0.3 + 1);
cmp_ok got($two =~ s/cmp_//r), '<=', $most, 'two at a time';
is $h->call('campaigns_update', { id => $two, concurrency => undef })->{concurrency}, undef, 'as many as there is room for';
wait_for { count($two, 'state') eq 'finished' } 8, 'from now on';
$h->refused('campaigns_update', { id => $two, concurrency => 3 }, 'conflict', 'id', "campaign $two is finished; only a draft can be changed");

done_testing;
