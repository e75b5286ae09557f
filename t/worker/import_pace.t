#!/usr/bin/perl
# Beside a campaign that goes out an import rests after each batch, and is whole.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $file = $h->state . '/files/in.csv';
my $list = $h->call('lists_create', { name => 'news' })->{id};
my $c = $h->call('campaigns_create', { name => 'May', list_id => $list, from => 'shop@example.com',
    subject => 'Hi', html => '<p>Hi</p>' })->{id};
$h->dbh->do(q{update godwit.campaigns set state = 'running' where tenant_id = 1});
$h->dbh->do(q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, updated_at)
    values (1, ?, 1, '2099-01-01Z')}, undef, $c =~ /(\d+)/);

spew($file, join '', "email\n", map { "p$_\@example.com\n" } 1 .. 40_000);
my $pid = $h->spawn({ log => 'import' }, 'import', $file);
wait_for { $h->value(q{select count(*) from pg_stat_activity where usename = 'gw_worker' and state = 'idle'
    and query like '%campaign_cursors%' and state_change < clock_timestamp() - interval '200 ms'}) } 30, 'it rests';
wait_for { $h->value(q{select count(*) from godwit.contacts}) == 40_000 } 60, 'and goes on';
waitpid $pid, 0;
is $?, 0, 'to its end';
done_testing;
