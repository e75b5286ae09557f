#!/usr/bin/perl
# Outcomes are settled while a large window is on its way out of Postgres.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $n = 4000;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, attributes, created_at, updated_at)
    select 1, case when i % 10 = 0 then 'late' else 'p' end || i || '@example.com',
        jsonb_build_object('text', repeat('x', 900)), '2026-01-01Z', '2026-01-01Z'
    from generate_series(1, ?::int) i}, undef, $n);
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->dbh->do(q{insert into godwit.list_members select 1, ?, id, '2026-01-01Z'
    from godwit.contacts}, undef, $list =~ s/lst_//r);
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=451 4.7.1 later,to=late,first=400');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 4; mail_window 1500;"
    . ' mail_window_age 100ms; retry_schedule 1s; log_level info;');
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $c });
$h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { $h->call('campaigns_stats', { id => $c })->{sent} == $n } 60,
    'neither waits for the other';
done_testing;
