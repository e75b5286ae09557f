#!/usr/bin/perl
# Calls of the API: counted by the edge without a write of theirs, added up once,
# warned of in a header, refused when they are used up.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::People;

my $h = Godwit->new(conf => 'spool_segment 1m;');
person($h, 'ann@example.com', 'owner');
my $cookie = session($h, 'ann@example.com');
my ($key, $other) = (key($h, '*'), key($h, '*', $h->value(q{select auth.tenant_create('two', '2026-01-01Z')})));
$h->godwit(qw(worker cache --once));        # it knows the keys before nginx begins
$h->nginx;
my ($cache, $ingest) = map { $h->spawn('worker', $_) } qw(cache ingest);

sub used { my ($workspace) = @_;
    return $h->value(q{select coalesce(sum(quantity), 0) from godwit.usage where metric = 'api_calls'
        and tenant_id = ?}, $workspace // 1) }
sub calls { my ($n, $k) = @_; return map { api($h, GET => '/lists', key => $k // $key) } 1 .. $n }
sub quota { my ($code, undef, $err) = $h->godwit(qw(quota set --metric api_calls), @_);
    return $code ? $err : '' }
sub state_of { return (calls(1))[0]{headers}{'godwit-quota'} // '' }

my @r = calls(7);
is scalar(grep { $_->{status} == 200 && !$_->{headers}{'godwit-quota'} } @r), 7, 'seven calls';
calls(2, $other);
api($h, POST => '/lists', key => $key, json => {}) for 1 .. 2;
api($h, GET => '/lists', by($cookie, 'ws_1')) for 1 .. 3;
api($h, GET => '/lists', key => substr($key, 0, -1) . 'x');
wait_for { used() + used(2) >= 11 } 10, 'are added up';
is used() . ' ' . used(2), '9 2', 'those of keys, by workspace, also what is wrong';
calls(3);
$h->stop($h->{nginx}, 'QUIT');
wait_for { used() == 12 } 10, 'a process that ends tells what it has counted';
$h->nginx;
is_deeply [ @{ (grep { $_->{metric} eq 'api_calls' } @{ api($h, GET => '/usage', by($cookie, 'ws_1'))->{json}{metrics} })[0] }{
    qw(used period state)} ], [ 12, 'month', 'free' ], 'the workspace sees it';

$h->call('webhooks_create', { url => 'https://hooks.example.com/', events => ['quota.warning'] });
is quota(qw(--soft 10 --hard 1000)), '', 'a soft limit';
wait_for { state_of() eq 'api_calls=warning' } 10, 'a header warns of it';
is $h->value(q{select count(*) || ' ' || min(data->>'metric') from godwit.webhook_deliveries
    where type = 'quota.warning'}), '1 api_calls', 'and a webhook, once';
is $h->value(q{select count(*) from godwit.audit where operation = 'quota_warning'}), 1, 'and the audit';
quota(qw(--hard 10));
wait_for { (calls(1))[0]{status} == 429 } 10, 'a hard limit';
my ($r) = calls(1);
is problem($r), '429 quota', 'is one of a quota';
like $r->{json}{detail}, qr/^The quota of api_calls is used up; wait/, 'which says the cure';
cmp_ok $r->{headers}{'retry-after'}, '>', 0, 'and when';
$r = api($h, GET => '/usage', by($cookie, 'ws_1'));
is "$r->{status} $r->{headers}{'godwit-quota'}", '200 api_calls=used_up', 'people are not shut out';
is((calls(1, $other))[0]{status}, 200, 'nor is another workspace');
quota(qw(--hard 1000));
wait_for { (calls(1))[0]{status} == 200 } 10, 'more is given';
is state_of(), '', 'and no header is left';

# a question for flags is a call of its key
my $n = (wait_for { my $n = used(); $n == used() ? $n : 0 } 5, 'all are counted');
$h->call('flags_create', { key => 'new', enabled => $JSON::PP::true });
sub flags { return http($h, 'POST', '/api/v1/flags/decide', headers => { Authorization => "Bearer $key" },
    body => '{"unit":"u"}') }
wait_for { flags()->{status} == 200 } 5, 'flags are asked for';
flags() for 1 .. 4;
wait_for { used() >= $n + 5 } 10, 'which counts';
quota('--hard', 1);
wait_for { ($r = flags())->{status} == 429 } 10, 'and has an end';
like "$r->{headers}{'retry-after'} $r->{headers}{'godwit-quota'} $r->{body}", qr/^\d{3,} api_calls=used_up .*#quota.*used up; wait/,
    'that is told as elsewhere';
quota(qw(--hard 1000));
wait_for { (calls(1))[0]{status} == 200 } 10, 'more is given again';

# a period that ends: what was used up is free then, though nobody has looked; that of messages says nothing of it
$h->dbh->do(q{insert into godwit.entitlement (tenant_id, metric, period, hard, soft, state, state_until, updated_at)
    values (1, 'messages', 'day', 100, 1, 'warning', now() - interval '1 s', now())});
sub ends_in { $h->dbh->do(q{update godwit.entitlement set state = 'used_up', state_until = now() + ?::interval
        where metric = 'api_calls'}, undef, $_[0]);
    $h->dbh->do(q{select godwit.changed(1, 'quota', 'api_calls', now())}) }
$h->stop($ingest);
ends_in('1 h');
wait_for { (calls(1))[0]{status} == 429 } 10, 'used up';
cmp_ok +(calls(1))[0]{headers}{'retry-after'}, '>', 3000, 'until the end of its own period';
ends_in('2 s');
wait_for { (calls(1))[0]{status} == 200 } 10, 'which ends';
is $h->value(q{select state from godwit.entitlement where metric = 'api_calls'}), 'used_up', 'though nobody has looked';
$h->godwit(qw(worker cron --once));
is $h->value(q{select state from godwit.entitlement where metric = 'api_calls'}), 'free', 'as is seen once a minute';
done_testing;
