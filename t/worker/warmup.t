#!/usr/bin/perl
# A domain that warms up: so many messages of campaigns a day, the rest waits;
# other domains and messages to one person do not.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use POSIX ();

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=451 4.3.0 later,to=late@,first=1');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 4; mail_window_age 300ms; retry_schedule 1s; log_level info;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => "$_\@example.com" })->{id} }
    'late', map { "p$_" } 1 .. 11 ] });
sub campaign { my ($from) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => $from, subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
sub sent { return $h->call('campaigns_stats', { id => $_[0] })->{sent} }
sub day { return { GODWIT_CLOCK => POSIX::strftime('%Y-%m-%dT12:00:00Z', gmtime(time + 86400 * $_[0])) } }
my $role;
sub mail { $h->stop($role) if $role;
    $role = $h->spawn({ env => day($_[0]) }, 'worker', 'mail') }
sub mails { return scalar grep { $_->{mail_from} eq 'a@shop.test' } $h->messages }

my $id = $h->call('domains_create', { domain => 'shop.test' })->{id};
is $h->call('domains_get', { id => $id })->{warmup}, undef, 'a domain has no plan at first';
is_deeply $h->call('domains_update', { id => $id, warmup => [ 4, 5 ] })->{warmup}{ceilings}, [ 4, 5 ], 'then it has one';
my $c = campaign('a@shop.test');
mail(0);
wait_for { mails() == 3 } 10, 'the first day has four, of which one is refused for the moment';
like $h->call('campaigns_get', { id => $c })->{problem}, qr/^shop\.test warms up: its 4 mails of today are taken/, 'why the rest waits';
like $h->call('campaigns_why', { id => $c, email => 'p11@example.com' })->{reason}, qr/^shop\.test warms up/, 'each is told';
is $h->call('status_get', {})->{campaigns}{with_problem}, 1, 'and counted';
ok +(grep { $_->{code} eq 'warming_up' } @{ $h->call('campaigns_preflight', { id => $c })->{findings} }), 'before it starts too';
my $other = campaign('a@other.test');
wait_for { sent($other) == 12 } 20, 'another domain has no ceiling';
$h->dbh->do(q{select set_config('app.tenant', '1', false), godwit.message_add(1, 'invitation', 'ann@example.com', 'Join',
    'Hello', '2026-01-01Z', null, 'b@shop.test')});
wait_for { grep { $_->{rcpt}[0] eq 'ann@example.com' } $h->messages } 10, 'a message to one person does not wait';
my $two = campaign('c@shop.test');
wait_for { $h->value(q{select epoch from godwit.campaign_cursors where campaign_id = ?}, $other =~ s/cmp_//r) } 5;
is mails() + sent($two), 3, 'nor does the day grow by another campaign';
$h->call('campaigns_cancel', { id => $two });

mail(1);
wait_for { mails() == 8 } 10, 'the second day has five';
is $h->call('campaigns_stats', { id => $c })->{state}, 'running', 'the rest waits';
is join(',', @{ $h->dbh->selectcol_arrayref('select taken from godwit.warmup_days order by day') }), '4,5', 'as the days say';
$h->stop($role, 'KILL');
undef $role;
mail(1);
wait_for { $h->value('select count(*) from godwit.hosts') } 5;
is mails(), 8, 'a new life has no day of its own';
mail(2);
wait_for { sent($c) == 12 } 20, 'after the last day there is no ceiling' or diag sent($c);

for ([ [], 'an empty plan' ], [ [ 0 ], 'a day of none' ], [ [ 1.5 ], 'a part' ], [ 'x', 'a word' ], [ [ 1 .. 61 ], 'a long one' ]) {
    my ($plan, $what) = @$_;
    my ($exit, $doc) = $h->try('domains_update', { id => $id, warmup => $plan });
    is $doc->{error}{code}, 'invalid', "$what is refused";
}
is $h->call('domains_update', { id => $id, warmup => undef })->{warmup}, undef, 'a plan may go';
done_testing;
