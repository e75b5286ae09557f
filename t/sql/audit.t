#!/usr/bin/perl
# Every operation that changes something writes one row of audit with its own
# name; those that read write none; nothing else writes any but an import.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Objects;
use Godwit::Jobs;
use Godwit::People;
use YAML::XS ();

my $h = Godwit->new;
my %method = map { my $path = $_; map { ($path->{$_}{operationId} => $_) }
        grep { ($path->{$_}{'x-handler'} // 'template') =~ /^(?:address|template|webhook|predicate|flag)$/ } keys %$path }
    map { values %{ YAML::XS::LoadFile($_)->{paths} } } glob 'sql/api/*.yaml';

person($h, 'ann@example.com', 'admin');
my @ann = ('--user', 'ann@example.com');
my ($old, $fresh) = ('seven grey herons fly', 'forty two white geese');

sub delivery { return $h->call('deliveries_list', {})->{items}[0]{id} }

# in this order each finds what it needs; actor and words when they are others
my @run = (
    [ 'contacts_create', { email => 'a@example.com' }, 'ct_1' ],
    [ 'lists_create', { name => 'a' }, 'lst_1' ],
    [ 'lists_add', { id => 'lst_1', contact_ids => ['ct_1'] }, 'lst_1' ],
    [ 'lists_update', { id => 'lst_1', double_opt_in => \1 }, 'lst_1' ],
    [ 'lists_subscribe', { id => 'lst_1', contact_id => 'ct_1' }, 'lst_1' ],
    [ 'lists_update', { id => 'lst_1', double_opt_in => \0 }, 'lst_1' ],
    [ 'suppressions_create', { email => 'b@example.com' }, 'sup_1' ],
    [ 'templates_create', { name => 'a', subject => 's', html => 'h' }, 'tpl_1' ],
    [ 'contacts_update', { id => 'ct_1', first_name => 'A' }, 'ct_1' ],
    [ 'lists_update', { id => 'lst_1', name => 'b' }, 'lst_1' ],
    [ 'templates_update', { id => 'tpl_1', subject => 't' }, 'tpl_1' ],
    [ 'templates_restore', { id => 'tpl_1', version => 1 }, 'tpl_1' ],
    [ 'templates_publish', { id => 'tpl_1', version => 2 }, 'tpl_1' ],
    [ 'templates_extremes', { id => 'tpl_1' }, 'tpl_1' ],
    [ 'templates_test', { id => 'tpl_1', to => ['a@example.com'] }, 'tpl_1' ],
    [ 'snippets_create', { name => 'a', html => 'h' }, 'snp_1' ],
    [ 'snippets_update', { id => 'snp_1', html => 'i' }, 'snp_1' ],
    [ 'segments_create', { name => 'a', predicate => { tag => 'a' } }, 'seg_1' ],
    [ 'segments_update', { id => 'seg_1', predicate => { tag => 'b' } }, 'seg_1' ],
    [ 'segments_create', { name => 'b', predicate => { tag => 'a' } }, 'seg_2' ],
    [ 'segments_delete', { id => 'seg_2' }, 'seg_2' ],
    [ 'workspaces_update', { id => 'ws_1', name => 'b' }, 'ws_1' ],
    [ 'policy_update', { caps => [ { channel => 'email', count => 50, days => 7 } ] }, 'ws_1' ],
    [ 'campaigns_create', { name => 'a', list_id => 'lst_1', from => 'a@example.com',
        subject => 's', html => 'h' }, 'cmp_1' ],
    [ 'campaigns_update', { id => 'cmp_1', rate => 5 }, 'cmp_1' ],
    [ 'campaigns_start', { id => 'cmp_1' }, 'cmp_1' ],
    [ 'campaigns_pause', { id => 'cmp_1' }, 'cmp_1' ],
    [ 'campaigns_resume', { id => 'cmp_1' }, 'cmp_1' ],
    [ 'campaigns_cancel', { id => 'cmp_1' }, 'cmp_1' ],
    [ 'operations_cancel', { id => 'op_1' }, 'op_1' ],
    [ 'imports_cancel', { id => 'imp_2' }, 'imp_2' ],
    [ 'campaigns_create', { name => 'b', list_id => 'lst_1', from => 'a@example.com',
        subject => 's', html => 'h' }, 'cmp_2' ],
    [ 'campaigns_delete', { id => 'cmp_2' }, 'cmp_2' ],
    [ 'campaigns_create', { name => 'c', list_id => 'lst_1', from => 'a@example.com', subject => 's', html => 'h',
        experiment => { test => 100, variants => [ { name => 'A' }, { name => 'B', subject => 't' } ] } }, 'cmp_3' ],
    [ 'campaigns_start', { id => 'cmp_3' }, 'cmp_3' ],
    [ 'campaigns_decide', sub { $h->dbh->do('update godwit.campaign_cursors set pos = gate where campaign_id = 3');
        { id => 'cmp_3', variant => 'B' } }, 'cmp_3' ],
    [ 'campaigns_clone', { id => 'cmp_3' }, 'cmp_4' ],
    [ 'campaigns_update', { id => 'cmp_4', schedule => { at => '2099-01-31T09:00' } }, 'cmp_4' ],
    map({ [ "campaigns_$_", { id => 'cmp_4' }, 'cmp_4' ] } qw(schedule unschedule archive unarchive)),
    [ 'campaigns_publish', { id => 'cmp_4', title => 'a' }, 'cmp_4' ],
    [ 'campaigns_unpublish', { id => 'cmp_4' }, 'cmp_4' ],
    [ 'campaigns_create', { name => 'd', kind => 'transactional', from => 'a@example.com', subject => 's',
        html => 'h' }, 'cmp_5' ],
    [ 'campaigns_start', { id => 'cmp_5' }, 'cmp_5' ],
    [ 'campaigns_send', { id => 'cmp_5', contact_id => 'ct_1' }, 'msg_2' ],
    [ 'lists_remove', { id => 'lst_1', contact_ids => ['ct_1'] }, 'lst_1' ],
    [ 'templates_create', { name => 'b', subject => 's', html => 'h' }, 'tpl_7' ],
    [ 'templates_delete', { id => 'tpl_7' }, 'tpl_7' ],
    [ 'snippets_create', { name => 'b', html => 'h' }, 'snp_2' ],
    [ 'snippets_delete', { id => 'snp_2' }, 'snp_2' ],
    [ 'lists_create', { name => 'c' }, 'lst_2' ],
    [ 'lists_delete', { id => 'lst_2' }, 'lst_2' ],
    [ 'segments_snapshot', { id => 'seg_1', name => 'frozen' }, 'seg_1' ],
    [ 'fields_create', { key => 'plan', type => 'enum', options => ['gold'] }, 'fld_1' ],
    [ 'fields_update', { id => 'fld_1', label => 'Plan' }, 'fld_1' ],
    [ 'fields_delete', { id => 'fld_1' }, 'fld_1' ],
    [ 'fields_create', { key => 'size', type => 'number' }, 'fld_2' ],
    [ 'tags_add', { tag => 'VIP', contact_ids => ['ct_1'] }, 'tag:vip' ],
    [ 'tags_remove', { tag => 'vip', contact_ids => ['ct_1'] }, 'tag:vip' ],
    [ 'contacts_bulk', { contact_ids => ['ct_1'], add_tags => ['a'] }, 'op_5' ],
    [ 'notes_create', { contact_id => 'ct_1', text => 'a' }, 'ct_1' ],
    [ 'notes_update', { id => 'note_1', text => 'b' }, 'ct_1' ],
    [ 'notes_delete', { id => 'note_1' }, 'ct_1' ],
    [ 'notes_create', { contact_id => 'ct_1', text => 'c' }, 'ct_1' ],
    [ 'companies_create', { name => 'A' }, 'com_1' ],
    [ 'companies_update', { id => 'com_1', name => 'B' }, 'com_1' ],
    [ 'companies_delete', { id => 'com_1' }, 'com_1' ],
    [ 'companies_create', { name => 'C' }, 'com_2' ],
    [ 'views_create', { name => 'a', shared => JSON::PP::true }, 'vw_1' ],
    [ 'views_update', { id => 'vw_1', name => 'b' }, 'vw_1' ],
    [ 'views_delete', { id => 'vw_1' }, 'vw_1' ],
    [ 'views_create', { name => 'c', shared => JSON::PP::true }, 'vw_2' ],
    [ 'identities_add', { id => 'ct_1', kind => 'anonymous_id', value => 'v' }, 'ct_1' ],
    [ 'identities_remove', { id => 'ct_1', kind => 'anonymous_id', value => 'v' }, 'ct_1' ],
    [ 'contacts_create', { email => 'c@example.com' }, 'ct_2' ],
    [ 'merges_create', { into => 'ct_1', contact_id => 'ct_2' }, 'ct_1' ],
    [ 'merges_undo', { id => 'mrg_1' }, 'ct_1' ],
    [ 'contacts_delete', { id => 'ct_2' }, 'ct_2' ],
    [ 'contacts_erase', { id => 'ct_2' }, 'ct_2' ],
    [ 'conversations_update', sub { answered($h, 1, 1); { id => 'cnv_1', state => 'closed' } }, 'cnv_1' ],
    [ 'retention_update', { events => 30 }, 'ws_1' ],
    [ 'suppressions_create', { email => 'd@example.com' }, 'sup_3' ],
    [ 'suppressions_delete', { id => 'sup_3' }, 'sup_3' ],
    [ 'webhooks_create', { url => 'https://hooks.example.com/a', events => ['webhook.disabled'] }, 'wh_1' ],
    [ 'webhooks_update', { id => 'wh_1', rate => 9 }, 'wh_1' ],
    [ 'webhooks_rotate', { id => 'wh_1' }, 'wh_1' ],
    [ 'webhooks_test', { id => 'wh_1' }, 'wh_1' ],
    [ 'deliveries_replay', sub { { id => delivery() } }, 'dlv_1' ],
    [ 'webhooks_replay', { id => 'wh_1', since => '2026-01-01T00:00:00Z' }, 'wh_1' ],
    [ 'webhooks_delete', { id => 'wh_1' }, 'wh_1' ],
    [ 'webhooks_create', { url => 'https://hooks.example.com/b', events => ['webhook.disabled'] }, 'wh_2' ],
    [ 'keys_create', { scopes => ['*'] }, 'key_1' ],
    [ 'keys_update', { id => 'key_1', name => 'a' }, 'key_1' ],
    [ 'keys_rotate', { id => 'key_1' }, 'key_1' ],
    [ 'keys_revoke', { id => 'key_1' }, 'key_1' ],
    [ 'roles_create', { name => 'Ed', scopes => ['lists:read'] }, 'role_100' ],
    [ 'roles_update', { id => 'role_100', name => 'Ned' }, 'role_100' ],
    [ 'roles_delete', { id => 'role_100' }, 'role_100' ],
    [ 'invitations_create', { email => 'zoe@example.com', role => 'viewer' }, 'inv_1' ],
    [ 'invitations_delete', { id => 'inv_1' }, 'inv_1' ],
    [ 'invitations_accept', sub { { new_password => $fresh,
        token => ticket($h, 'invitation', 'zoe@example.com', 1, 5) } }, 'inv_2', 'user_2' ],
    [ 'members_update', { id => 'user_2', role => 'agent' }, 'user_2' ],
    [ 'members_delete', { id => 'user_2' }, 'user_2' ],
    [ 'sessions_create', { email => 'ann@example.com', password => $old }, 'ses_1', 'user_1' ],
    [ 'sessions_end', { id => 'ses_1' }, 'ses_1', 'cli', @ann ],
    [ 'me_update', { name => 'Anna' }, 'user_1', 'cli', @ann ],
    [ 'me_password', { password => $old, new_password => $fresh }, 'user_1', 'cli', @ann ],
    [ 'password_resets_create', { email => 'ann@example.com' }, 'user_1' ],
    [ 'password_resets_complete', sub { { new_password => $old,
        token => link_of($h, 'ann@example.com') } }, 'user_1', 'user_1' ],
    [ 'me_totp_create', { password => $old }, 'user_1', 'cli', @ann ],
    [ 'me_totp_confirm', { code => '287082' }, 'user_1', 'cli', @ann ],
    [ 'sessions_verify', sub { $h->dbh->do('update auth.totp set confirmed_at = created_at');
        return { code => '287082' } }, 'user_1', 'cli', @ann ],
    [ 'me_totp_delete', { password => $old }, 'user_1', 'cli', @ann ],
    [ 'files_delete', { id => 'file_3' }, 'file_3' ],
    [ 'domains_create', { domain => 'a.example.com' }, 'dom_1' ],
    [ 'domains_update', { id => 'dom_1', warmup => [50] }, 'dom_1' ],
    [ 'domains_verify', { id => 'dom_1' }, 'dom_1' ],
    [ 'domains_rotate', { id => 'dom_1' }, 'dom_1' ],
    [ 'domains_delete', { id => 'dom_1' }, 'dom_1' ],
    [ 'routes_update', sub { $h->dbh->do(q{insert into godwit.routes (tenant_id, name, updated_at)
        values (1, 'mx.example.com', '2026-01-01Z')}); return { id => 'rt_1', paused => JSON::PP::true } }, 'rt_1' ],
    [ 'sources_create', { name => 'a' }, 'src_1' ],
    [ 'sources_update', { id => 'src_1', enabled => JSON::PP::false }, 'src_1' ],
    [ 'sources_delete', { id => 'src_1' }, 'src_1' ],
    [ 'flags_create', { key => 'a' }, 'flag_1' ],
    [ 'flags_update', { id => 'flag_1', enabled => JSON::PP::true }, 'flag_1' ],
    [ 'flags_archive', { id => 'flag_1' }, 'flag_1' ],
    [ 'sso_create', { name => 'a', issuer => 'https://id.example.com', client_id => 'a' }, 'sso_1' ],
    [ 'sso_update', { id => 'sso_1', name => 'b' }, 'sso_1' ],
    [ 'sso_check', { id => 'sso_1' }, 'sso_1' ],
    [ 'sso_delete', { id => 'sso_1' }, 'sso_1' ],
    [ 'analytics_configure', { currency => 'USD' }, 'ws_1' ],
    [ 'analytics_convert', { contact_id => 'ct_1', value => '5' }, 'ct_1' ],
    [ 'analytics_spend', { amount => '5' }, 'cost_1' ],
    [ 'setup_update', { step => 'brand', state => 'skipped' }, 'ws_1' ],
    [ 'demo_load', {}, 'op_12' ],
    [ 'operations_cancel', { id => 'op_12' }, 'op_12' ],
    [ 'demo_remove', {}, 'op_13' ],
    [ 'usage_update', { metric => 'messages', own_soft => 3 }, 'messages' ],
    [ 'workspaces_create', { name => 'b' }, 'ws_2', 'cli', @ann ],
    [ 'me_leave', { workspace => 'ws_1' }, 'user_1', 'cli', @ann ],
);
$h->godwit(qw(worker jobs --once));
import_upload($h, 'email') for 1 .. 2;
upload($h, 'files_create', 'x');
my %done = map { $_->[0] => 1 } @run;
# what they ask is too long for a URL, or takes time
my $looks = qr/^(?:segments_(?:count|estimate|overlap)|analytics_(?:attribute|funnel|refresh)|reports_\w+|templates_lint_draft)$/;
is_deeply [ sort keys %done ], [ sort grep { $method{$_} ne 'get' && !/$looks/ } keys %method ],
    'every operation that changes something is here';

my $new = q{select operation, object, actor, request_id like 'cli-%' as asked,
    v.audit_id is not null as told from godwit.audit a left join godwit.audit_values v
    on v.tenant_id = a.tenant_id and v.audit_id = a.id where a.id > ? order by a.id};
for (@run) {
    my ($name, $body, $object, $actor, @words) = @$_;
    my $last = $h->value('select coalesce(max(id), 0) from godwit.audit');
    $h->call($name, ref $body eq 'CODE' ? $body->() : $body, @words);
    # whether there is such a user is found out behind the answer
    $h->godwit(qw(worker cron --once)) if $name eq 'password_resets_create';
    is_deeply $h->rows($new, $last), [ { operation => $name, object => $object,
        actor => $actor // 'cli', asked => 1, told => 1 } ], "$name writes one row";
}

person($h, 'bob@example.com', 'viewer');
my $inv = $h->call('invitations_create', { email => 'zoe@example.com', role => 'viewer' })->{id};
my $sso = $h->call('sso_create', { name => 'c', issuer => 'https://id.example.com', client_id => 'a' })->{id};
my $dom = $h->call('domains_create', { domain => 'b.example.com' })->{id};
my $src = $h->call('sources_create', { name => 'b' })->{id};
my $last = $h->value('select max(id) from godwit.audit');
my %id = (domains => $dom, contacts => 'ct_1', conversations => 'cnv_1', lists => 'lst_1', templates => 'tpl_1', snippets => 'snp_1', segments => 'seg_1', campaigns => 'cmp_1',
    suppressions => 'sup_1', workspaces => 'ws_1', imports => 'imp_1', operations => 'op_1',
    files => 'file_1', fields => 'fld_2', notes => 'note_2', identities => 'ct_1', merges => 'mrg_1', companies => 'com_2', views => 'vw_2', keys => 'key_1', webhooks => 'wh_2', deliveries => delivery(), roles => 'role_1', invitations => $inv,
    members => $h->call('members_list', {})->{items}[0]{id}, messages => 'msg_1', sso => $sso, routes => 'rt_1', sources => $src,
    flags => 'flag_1');
$h->dbh->do(q{select set_config('app.tenant', '1', false), godwit.message_add(1, 'invitation',
    'a@example.com', 'Hi', 'Hello', '2026-01-01Z')});
$h->call($_, { /^(?:events|sends)_list/ ? (campaign_id => 'cmp_1')
        : /_(?:list|listed|find|choices)$|^(?:status|usage|setup|demo|audit|retention|events|analytics|policy)/ ? () : (id => $id{ s/_.*//r }),
        /^identities_find/ ? (kind => 'email', value => 'a@example.com') : (), /segments_why|simulate/ ? (contact_id => 'ct_1') : /why/ ? (email => 'a@example.com') : (), /funnel/ ? (steps => 'open') : (), /version$|_diff$/ ? (version => 1) : () })
    for grep { $method{$_} eq 'get' && !/^(?:me|sessions)_/ } sort keys %method;
$h->call($_, {}, @ann) for qw(me_get sessions_list);
is_deeply $h->rows($new, $last), [], 'who only looks writes none';

# audit is kept for ever, so nothing writes it for a recipient or an event
my @writers;
for my $file (glob 'sql/*/*.sql') {
    my @part = split /^(?:-- name: |create or replace function )([\w.]+)/m, slurp($file);
    push @writers, map { "$file: $part[$_ - 1]" } grep { $_ % 2 == 0
        && $part[$_] =~ /insert into godwit\.audit\b/ } 1 .. $#part;
}
is_deeply \@writers, ['sql/functions/audit.sql: godwit.audit_add'], 'one place writes';
my @callers = @{ $h->dbh->selectcol_arrayref(q{select p.oid::regproc::text from pg_proc p
    where prosrc ~ 'godwit\.audit(_add)?\(' and pronamespace <> 'api'::regnamespace order by 1}) };
is "@callers", 'auth.attempts_tell auth.audit_user auth.key_astray auth.owner_link auth.sso_admit auth.sso_enter godwit.audit godwit.campaign_archive godwit.campaign_occur godwit.campaign_publish godwit.campaign_step godwit.demo_begin godwit.domain_checked godwit.experiment_look godwit.experiment_next godwit.import_settle '
    . 'godwit.import_start godwit.operation_cancel godwit.quota_change godwit.quota_judge godwit.webhook_disable', 'and nobody calls it in a loop';
is_deeply [ sort map { slurp($_) =~ /-- name: (\w+)\n(?:(?!-- name:).)*?godwit\.audit_add/sg }
    glob 'sql/queries/*.sql' ], ['import_changed', 'import_new'], 'of the worker, an import';

done_testing;
