#!/usr/bin/perl
# Suppressions, the workspace, the status of the house.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
sub error { my (undef, $doc) = $h->try(@_); return @{ $doc->{error} }{qw(code field message)} }

my $s = $h->call('suppressions_create', { email => 'a@example.com', reason => 'complaint' });
$h->call('suppressions_create', { email => 'b@example.com' });
is_deeply $h->call('suppressions_get', { id => $s->{id} }), $s, 'one suppression';
is_deeply $h->call('suppressions_list', { email => 'A@example.com' })->{items}, [$s], 'by address';
is_deeply $h->call('suppressions_list', { reason => 'complaint' })->{items}, [$s], 'by reason';
is $h->call('suppressions_delete', { id => $s->{id}, reason => 'by mistake' }), undef, 'lifted';
is +(error('suppressions_get', { id => $s->{id} }))[0], 'not_found', 'it is gone';
is $h->value(q{select count(*) from godwit.change_log where kind = 'suppression'}), 3,
    'and told to those who listen';
is $h->value(q{select after->>'why' from godwit.audit_values where audit_id =
    (select max(id) from godwit.audit)}), 'by mistake', 'with the reason in the audit';

is_deeply [ map { @$_{qw(id name)} } @{ $h->call('workspaces_list', {})->{items} } ],
    [ 'ws_1', 'Test' ], 'the workspace';
is $h->call('workspaces_update', { id => 'ws_1', name => 'Shop' })->{name}, 'Shop', 'renamed';
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
is_deeply [ error('workspaces_update', { id => 'ws_2', name => 'x' }) ],
    [ 'not_found', 'id', 'there is no workspace ws_2' ], 'another one is not there';
is $h->value('select name from auth.tenants where id = 2'), 'two', 'nor changed';

is +($h->godwit(qw(worker cron --once)))[0], 0, 'a host is seen';
$h->dbh->do(q{insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due,
    first_at, route) values (1, 1, 1, 1, '2026-01-01Z', '2026-01-01Z', 'x'),
    (2, 1, 1, 1, '2026-01-01Z', '2026-01-01Z', 'x'), (1, 1, 2, 1, '2099-01-01Z', '2026-01-01Z', 'x')});
my $is = $h->call('status_get', {});
is_deeply [ $is->{migration} >= 2 ? 1 : 0, @{ $is->{mail_queue} }{qw(waiting due)},
    $is->{hosts}[0]{alive} ? 1 : 0 ], [ 1, 2, 1, 1 ], 'the status, its own queue alone';

done_testing;
