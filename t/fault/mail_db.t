#!/usr/bin/perl
# Connections to Postgres that break during a campaign: nobody lost or doubled.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; mail_window 25; log_level info;");

my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 150 ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, rate => 30,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $c });

# as if many had been sent, and some been settled after a crash: no window
# reads all of them
$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
    select 1, ?, i * 1000000::bigint, '2026-01-01Z', 2 from generate_series(-20000, 20000) i
     where i <> 0}, undef, $c =~ s/cmp_//r);
$h->dbh->do('vacuum analyze godwit.sends');
my $read = q{select seq_tup_read + coalesce((select sum(i.idx_tup_read)
    from pg_stat_user_indexes i where i.relid = t.relid), 0)
    from pg_stat_user_tables t where relname = 'sends'};
my $before = $h->value($read);

my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $killed = 0;
wait_for {
    $killed += $h->value(q{select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and usename = 'gw_worker'});
    select undef, undef, undef, 0.9;
    $h->call('campaigns_stats', { id => $c })->{state} eq 'finished';
} 40, 'the campaign ends';
cmp_ok $killed, '>', 3, 'though its connection broke again and again';

my $s = $h->call('campaigns_stats', { id => $c });
is "$s->{sent} $s->{uncertain}", '150 0', 'everybody is sent';
my %n;
$n{ $_->{rcpt}[0] }++ for $h->messages;
is_deeply [ scalar keys %n, grep { $_ > 1 } values %n ], [ 150 ], 'once';

# a close whose answer was lost is asked again
(my $id = $c) =~ s/cmp_//;
my @close = map { $h->value(q{select godwit.campaign_close(1, ?, epoch - ?, 1, pos - 10, pos,
    pos, now(), now(), array_fill(0, array[8]), '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
    from godwit.campaign_cursors where campaign_id = ?}, $id, $_, $id) } 0, 1;
is "@close", 'before lost', 'a window closes once, and by its owner only';
is $h->stop($role), 0, 'the role ends well';
cmp_ok $h->value($read) - $before, '<', 60000, 'what was sent is not read again and again';

done_testing;
