#!/usr/bin/perl
# Two workspaces on one way: a large campaign of the one holds up neither the
# messages nor the campaign of the other.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $two = $h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
my $n = 20000;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 1, 'p' || i || '@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?::int) i}, undef, $n);
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->dbh->do(q{insert into godwit.list_members select 1, ?, id, '2026-01-01Z' from godwit.contacts where tenant_id = 1},
    undef, $list =~ s/lst_//r);

# two connections, each dot of which takes a while: the whole takes minutes
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:20');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 2; mail_window 1000; log_level info;");
sub campaign { my ($list, @words) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com', subject => 'Hi',
        html => '<p>Dear</p>' }, @words)->{id};
    $h->call('campaigns_start', { id => $c }, @words);
    return $c }
my $large = campaign($list);
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { $h->messages > 50 } 20, 'a large campaign is on its way';

my $before = $h->messages;
$h->dbh->do(q{select set_config('app.tenant', ?, false), godwit.message_add(?, 'invitation', 'ann@example.com', 'Join',
    'Hello', clock_timestamp())}, undef, $two, $two);
my @to;
wait_for { @to = map { $_->{rcpt}[0] } $h->messages; grep { $_ eq 'ann@example.com' } @to } 10, 'a message of the other comes';
my ($at) = grep { $to[$_] eq 'ann@example.com' } 0 .. $#to;
cmp_ok $at - $before, '<', 1000, 'before what the large one has claimed';

# the same for a campaign: from its first on the two take turns
my @few = map { $h->call('contacts_create', { email => "few$_\@example.com" }, '--workspace', $two)->{id} } 1 .. 20;
my $small = $h->call('lists_create', { name => 'few' }, '--workspace', $two)->{id};
$h->call('lists_add', { id => $small, contact_ids => \@few }, '--workspace', $two);
my $c = campaign($small, '--workspace', $two);
wait_for { $h->call('campaigns_stats', { id => $c }, '--workspace', $two)->{sent} == 20 } 30, 'a small campaign is through';
my @their = grep { $_->{rcpt}[0] =~ /^few/ } my @all = $h->messages;
my ($first, $last) = map { my $f = $_; grep { $all[$_]{rcpt}[0] eq $f->{rcpt}[0] } 0 .. $#all } @their[0, -1];
cmp_ok $last - $first, '<=', 60, 'every other message is its own, or nearly';
cmp_ok $h->call('campaigns_stats', { id => $large })->{sent}, '<', $n, 'and the large one is still at it';
$h->call('campaigns_cancel', { id => $large });
$h->stop($role);
done_testing;
