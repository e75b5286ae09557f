#!/usr/bin/perl
# Quotas: what would pass a hard limit is refused by name before it is begun,
# what passes a soft one is told once; each workspace has its own.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use POSIX ();

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; mail_window 3;");
$h->godwit(qw(worker jobs --once));
$h->nginx;
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
my $two = key($h, '*', 2);

sub quota { my @words = @_;
    my ($code, $out, $err) = $h->godwit('quota', @words);
    return $code ? "$code $err" : $out }
sub usage { my ($metric) = @_;
    my ($m) = grep { $_->{metric} eq $metric } @{ api($h, GET => '/usage')->{json}{metrics} };
    return join ' ', map { $_ // 'none' } @$m{qw(used soft hard state)} }
sub warnings_of { return $h->value(q{select count(*) from godwit.audit where tenant_id = 1
    and operation = 'quota_warning' and object = ?}, $_[0]) }
sub contact { my ($email, $key) = @_;
    return api($h, POST => '/contacts', json => { email => $email }, $key ? (key => $key) : ()) }

# ---- the command
like quota(qw(set --metric faxes --hard 1)), qr/^1 quota: a metric is api_calls, calls, contacts, messages, storage, tokens$/,
    'none such';
like quota(qw(set --metric contacts --period day --hard 1)), qr/^1 quota: the period of contacts is always$/, 'none that passes';
like quota(qw(set --metric messages --period week --hard 1)), qr/^1 quota: the period of messages is day or month$/, 'nor this one';
like quota(qw(set --metric contacts --soft 3 --hard 2)), qr/^1 quota: the soft limit is above/, 'out of order';
like quota(qw(set --metric contacts --hard x)), qr/^1 quota: --soft and --hard take a number/, 'no number';
like quota(qw(set --workspace 9 --metric contacts --hard 1)), qr/^1 quota: there is no workspace 9/, 'nor workspace';
is usage('contacts'), '0 none none free', 'no limit at first';
like quota(qw(set --metric contacts --soft 2 --hard 4)), qr/^\{.*"hard": 4,.*"operator_soft": 2.*\}\n\z/, 'limits, and what there is then';
like quota(qw(list --workspace 1)), qr/"api_calls".*\n.*"calls".*\n.*"contacts".*\n.*\n.*"storage".*\n.*"tokens"/,
    'are listed';

# ---- contacts
is contact("a$_\@example.com")->{status}, 201, "contact $_" for 1 .. 4;
is usage('contacts'), '4 2 4 used_up', 'used up';
is warnings_of('contacts'), 1, 'one was warned, once';
my $r = contact('a5@example.com');
is problem($r), '429 quota', 'one too many';
is $r->{headers}{'retry-after'}, 3600, 'not to be asked again soon';
like $r->{json}{detail}, qr/^the quota of contacts is used up: 4 of 4; delete some, or ask/, 'which, and the cure';
is contact('a5@example.com', $two)->{status}, 201, 'another workspace has none';
# ---- a soft limit of the workspace's own: the lower one counts
sub own { my ($metric, $n) = @_;
    my $r = api($h, POST => '/usage', json => { metric => $metric, own_soft => $n });
    return $r->{status} == 200 ? join ' ', map { $_ // 'none' } @{ $r->{json} }{qw(soft own_soft hard state)}
        : problem($r) }
is own(contacts => 1), '1 1 4 used_up', 'lower than the operator says';
is own(contacts => 3), '2 3 4 used_up', 'his is lower';
is own(contacts => 5), '422 invalid', 'not above the hard one';
is own(contacts => undef), '2 none 4 used_up', 'none of its own';
is own(storage => 7), '7 7 none free', 'without an operator\'s';
is own(storage => undef), 'none none none free', 'nothing is left of it';
is $h->value(q{select count(*) from godwit.entitlement where metric = 'storage'}), 0, 'no row either';
is own(faxes => 1), '422 invalid', 'of nothing that there is';
api($h, DELETE => '/contacts/ct_1');
my $import = import_upload($h, "email\na2\@example.com\nb1\@example.com\nb2\@example.com\n", name => 'a.csv');
$h->godwit(qw(worker jobs --once));
$r = $h->call('imports_get', { id => $import->{id} });
is "$r->{state} $r->{created}", 'failed 0', 'an import of two more than one';
like $r->{error}, qr/the quota of contacts is used up: 3 of 4/, 'says so';
$import = import_upload($h, "email\na2\@example.com\nb1\@example.com\n", name => 'b.csv');
$h->godwit(qw(worker jobs --once));
is $h->call('imports_get', { id => $import->{id} })->{created}, 1, 'one of one is right';
is usage('contacts'), '4 2 4 used_up', 'as many as may be';
# twelve at once, for three of whom there is room
quota(qw(set --metric contacts --hard 7));
my @pids = map { my $n = $_;
    my $pid = fork;
    POSIX::_exit(contact("d$n\@example.com")->{status} == 201 ? 1 : 0) if !$pid;
    $pid } 1 .. 12;
my $made = 0;
waitpid($_, 0), $made += $? >> 8 for @pids;
is "$made " . $h->value(q{select count(*) from godwit.contacts where tenant_id = 1}), '3 7', 'at once: never over';
# what is set is judged by what there is then, whatever was counted before
$h->dbh->do(q{update godwit.entitlement set level = 0 where metric = 'contacts'});
quota(qw(set --metric contacts --hard 7));
is problem(contact('e@example.com')), '429 quota', 'a limit that is set counts anew';
$h->dbh->do(q{update godwit.entitlement set level = 0, updated_at = now() - interval '2 minutes'
    where metric = 'contacts'});
$h->godwit(qw(worker cron --once));
is $h->value(q{select level from godwit.entitlement where metric = 'contacts'}), 7, 'and once more, a minute later';
quota(qw(set --metric contacts));
is contact("c$_\@example.com")->{status}, 201, 'without a limit' for 1 .. 6;

# ---- storage
my $bytes = $h->call('status_get', {})->{files}{bytes};
quota(qw(set --metric storage --soft 10 --hard), $bytes + 100);
my @csv = (headers => { 'Content-Type' => 'text/csv' });
is problem(api($h, POST => '/imports', body => "email\n" . 'x' x 100, @csv)), '429 quota', 'no room for a file';
is api($h, POST => '/imports', body => "email\n" . 'x' x 90, @csv)->{status}, 202, 'for a smaller one';
is warnings_of('storage'), 1, 'and a warning';

# ---- messages: ten recipients, three at a time, two campaigns at once
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { $_->{id} }
    @{ $h->call('contacts_list', {})->{items} } ] });
quota(qw(set --metric messages --period day --soft 2 --hard 7));
my @c = map { my $id = $h->call('campaigns_create', { name => "c$_", list_id => $list,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Hi</p>' })->{id};
    $h->call('campaigns_start', { id => $id });
    $id } 1, 2;
# two senders that take at once share what is left
my @dbh = map { $h->postgres->connect($h->{name}) } 1, 2;
sub take { my ($dbh, $id) = @_;
    return $dbh->selectrow_array(q{select window_to - window_from from godwit.campaign_take(1, ?, 1, 0,
        null, 5, '2031-01-01Z', '2031-01-01Z')}, undef, $id =~ s/cmp_//r) }
$_->begin_work, $_->do(q{set local lock_timeout = '300ms'}), $_->{PrintError} = 0 for @dbh;
is take($dbh[0], $c[0]), 5, 'one takes five of seven';
ok !eval { take($dbh[1], $c[1]); 1 }, 'another waits for him';
$dbh[1]->rollback;
$dbh[0]->commit;
is take($dbh[1], $c[1]), 2, 'and has two';
$h->dbh->do('update godwit.campaign_cursors set intent_end = pos, host_id = null');

my $mail = $h->spawn(qw(worker mail));
wait_for { 7 == $h->messages } 5, 'as many as may be';
wait_for { 2 == grep { ($h->call('campaigns_get', { id => $_ })->{problem} // '')
    =~ /^the quota of messages is used up: 7 of 7 of this day; wait until \d{4}-/ } @c } 5, 'both say why';
is usage('messages'), '7 2 7 used_up', 'used up';
is warnings_of('messages'), 1, 'one was warned';
quota(qw(set --metric messages --period day --hard 15));
wait_for { 15 == $h->messages } 5, 'a higher limit';
$h->call('campaigns_cancel', { id => $c[0] });
quota(qw(set --metric messages));
wait_for { 2 == grep { $h->call('campaigns_stats', { id => $_ })->{state} =~ /^(?:finished|cancelled)$/
    && !$h->call('campaigns_stats', { id => $_ })->{queued} } @c } 5, 'no limit: all are done';
is $h->value(q{select sum(quantity) from godwit.usage}), scalar $h->messages, 'the usage is what was sent';
is $h->value(q{select count(*) from godwit.campaigns where problem is not null}), 0, 'no problem is left';
is_deeply [ sort map { $_->{effect_key} } @{ $h->rows('select distinct effect_key from godwit.usage') } ],
    [ sort @c ], 'by campaign';
$h->stop($mail);

# ---- what is counted shows, whoever counts it
quota(qw(set --metric tokens --soft 5));
$h->dbh->do(q{insert into godwit.usage (tenant_id, metric, at, effect_key, quantity)
    values (1, 'tokens', now(), 'a', 4), (1, 'tokens', now(), 'b', 3), (1, 'pages', now(), 'a', 2)});
is join(', ', usage('tokens'), usage('pages'), usage('calls')),
    '7 5 none warning, 2 none none free, 0 none none free', 'tokens, pages, calls';

# ---- who closes a window waits for who asks for more before he holds anything else
quota(qw(set --metric messages --hard 100));
$_->{AutoCommit} || $_->rollback, $_->begin_work, $_->do(q{set local lock_timeout = '300ms'}) for @dbh;
$dbh[0]->do(q{select from godwit.entitlement where tenant_id = 1 and metric = 'messages' for update});
my $close = fork // die;
if (!$close) {
    my $dbh = $h->postgres->connect($h->{name});
    $dbh->do(q{select godwit.campaign_close(1, ?, k.epoch, 1, k.pos, k.pos, k.pos, now(), now(), '{0,0,0,0,0,0,0,0}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') from godwit.campaign_cursors k where k.campaign_id = ?},
        undef, ($c[0] =~ s/cmp_//r) x 2);
    POSIX::_exit(0);
}
wait_for { $h->value(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock'
    and query ~ 'campaign_close' and datname = current_database()}) } 5, 'it waits';
ok eval { $dbh[0]->do('update godwit.campaign_cursors set updated_at = now()'); 1 }, 'its cursor is free meanwhile';
$dbh[0]->rollback;
$dbh[1]->rollback;
waitpid $close, 0;
is $?, 0, 'then it is closed';

# ---- many workspaces that are not free: a few at a time, those of longest ago first
quota(qw(set --metric storage));
$h->dbh->do(q{insert into godwit.entitlement (tenant_id, metric, period, hard, state, updated_at, looked_at)
    select 1000 + i, m, case m when 'messages' then 'day' else 'always' end, 100, 'warning', now(),
        now() - i * interval '2 minutes' from generate_series(1, 30) i, unnest('{messages,contacts}'::text[]) m});
$h->dbh->do('select godwit.quota_look(now())');
is_deeply $h->rows(q{select metric, count(*)::int n, min(tenant_id) least from godwit.entitlement
    where tenant_id > 1000 and state = 'free' group by 1 order by 1}),
    [ { metric => 'contacts', n => 1, least => 1030 }, { metric => 'messages', n => 20, least => 1011 } ], 'a few a call';
my $cron = $h->spawn(qw(worker cron));
wait_for { !$h->value(q{select count(*) from godwit.entitlement where metric = 'messages' and state <> 'free'}) } 5,
    'all of them in a second';
$h->stop($cron);
done_testing;
