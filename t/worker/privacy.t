#!/usr/bin/perl
# What a workspace keeps of those who open and click: addresses cut to their
# network, nothing of a browser that asks not to be tracked; each as it chose.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    select t, 7, 0, 'https://shop.example/', true from unnest('{1,2}'::int[]) t});
$h->call('contacts_create', { email => "p$_\@example.com" }) for 1 .. 9;
$h->nginx(more => 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; ');
my $ingest = $h->spawn(qw(worker ingest));

sub act {
    my ($what, $contact, $ip, %more) = @_;
    my $path = '/' . substr($what, 0, 1) . '/' . token($h, what => $what, campaign => 7, contact => $contact,
        $more{tenant} ? (tenant => delete $more{tenant}) : ());
    return http($h, $what eq 'unsubscribe' ? 'POST' : 'GET', $path, headers => { 'X-Real-IP' => $ip, %more },
        $what eq 'unsubscribe' ? (body => '') : ())->{status};
}
sub ips { return $h->value(q{select string_agg(host(ip), ' ' order by contact_id) from godwit.events
    where contact_id = any (?)}, \@_) }
sub drained { my ($n) = @_;
    wait_for { $h->value('select count(*) from godwit.events') == $n } 5, "$n events are kept" }
sub dumped { my $info = $h->info;
    return scalar qx{pg_dump -U postgres '$info' 2>/dev/null} }

is_deeply [ @{ $h->call('workspaces_get', { id => 'ws_1' }) }{qw(truncate_addresses respect_do_not_track)} ],
    [ JSON::PP::false(), JSON::PP::true() ], 'at first';
act(open => 1, '203.0.113.71');
drained(1);
is ips(1), '203.0.113.71', 'an address as it is';

# ---- cut, within seconds, here alone
$h->call('workspaces_update', { id => 'ws_1', truncate_addresses => JSON::PP::true() });
is $h->call('workspaces_get', { id => 'ws_1' })->{name}, 'Test', 'what is not named stays';
my $n = 1;
wait_for { act(open => 2, '203.0.113.72');
    drained(++$n);
    $h->value(q{select count(*) from godwit.events where ip = '203.0.113.0'}) } 10, 'it is heeded';
act(click => 3, '203.0.113.73');
act(open => 4, '2001:db8:aaaa:bbbb:cccc::74');
act(unsubscribe => 5, '203.0.113.75');
act(open => 6, '203.0.113.76', tenant => 2);
drained($n += 4);
is ips(3 .. 6), '203.0.113.0 2001:db8:aaaa:: 203.0.113.0 203.0.113.76', 'networks, and the address of another workspace';
my $dump = dumped();
like $dump, qr/203\.0\.113\.76/, 'what is there would be found';
unlike $dump, qr/203\.0\.113\.7[345]|:cccc:/, 'no address is in Postgres';

# ---- not tracked
is act(click => 7, '198.51.100.7', DNT => 1), 302, 'a link leads where it should';
is act(open => 7, '198.51.100.7', 'Sec-GPC' => 1), 200, 'a picture is one';
is act(unsubscribe => 7, '198.51.100.7', DNT => 1, 'User-Agent' => 'seven'), 200, 'who wants no mail is heard';
act(click => 8, '198.51.100.8', DNT => 0, 'Sec-GPC' => 'x');
drained($n += 2);
is ips(7, 8), '198.51.100.0 198.51.100.0', 'what asks for nothing is kept';
is_deeply $h->rows('select kind, contact_id from godwit.events where contact_id in (7, 8) order by 2'),
    [ { kind => 3, contact_id => 7 }, { kind => 2, contact_id => 8 } ], 'the wish, and no click of his';
is $h->value(q{select count(*) from godwit.engagement where contact_id = 7
    and coalesce(opened_at, clicked_at) is not null}), 0, 'nor what he did';
is_deeply [ $h->dbh->selectrow_array(q{select opens, clicks from godwit.campaign_totals where tenant_id = 1}) ],
    [ $n - 5, 2 ], 'nor is he counted';
is $h->value('select sum(n) from godwit.campaign_hours'), $n, 'anywhere';

# ---- a workspace that keeps all
$h->call('workspaces_update', { id => 'ws_1', respect_do_not_track => JSON::PP::false() });
wait_for { act(open => 9, '198.51.100.9', DNT => 1);
    $h->value('select count(*) from godwit.events where contact_id = 9') } 10, 'chooses so';
is $h->value(q{select count(*) from godwit.audit a join godwit.audit_values v on v.audit_id = a.id
    where operation = 'workspaces_update' and before <> after}), 2, 'which the audit tells';
$h->stop($ingest);
done_testing;
