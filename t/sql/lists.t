#!/usr/bin/perl
# Lists: renamed, searched, their members, deleted when nothing needs them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my @ct = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 3;
my @id = map { $h->call('lists_create', { name => $_ })->{id} } 'News', 'Old news', 'Shop';
sub error { my (undef, $doc) = $h->try(@_); return @{ $doc->{error} }{qw(code field message)} }
sub names { return join ',', map { $_->{name} } @{ $h->call('lists_list', $_[0])->{items} } }

is names({}), 'News,Old news,Shop', 'by id';
is names({ sort => '-name' }), 'Shop,Old news,News', 'by name, downwards';
is names({ q => 'NEWS' }), 'News,Old news', 'a search';
is $h->call('lists_update', { id => $id[0], name => 'Weekly' })->{name}, 'Weekly', 'renamed';
is_deeply [ error('lists_update', { id => $id[0], name => 'Shop' }) ],
    [ 'conflict', 'name', 'a list named "Shop" is there already' ], 'to a name that is taken';

$h->call('lists_add', { id => $id[0], contact_ids => \@ct });
my $page = $h->call('lists_members', { id => $id[0], limit => 2, total => \1 });
is_deeply [ $page->{total}, map { @$_{qw(contact_id email)} } @{ $page->{items} } ],
    [ 3, 'ct_1', 'p1@example.com', 'ct_2', 'p2@example.com' ], 'its members';
is_deeply [ map { $_->{contact_id} } @{ $h->call('lists_members', { id => $id[0], limit => 2,
    cursor => $page->{next} })->{items} } ], ['ct_3'], 'page by page';
is_deeply [ error('lists_members', { id => $id[1], limit => 2, cursor => $page->{next} }) ],
    [ 'invalid', 'cursor', '"cursor" is not one that this list gave with the same filters and sort' ], 'of the same list';
$h->dbh->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at, confirmed_at) values
    (1, 1, 2, false, '2026-02-01Z', null), (1, 1, 3, true, '2026-02-02Z', '2026-02-03Z')});
sub states { my ($list, @state) = @_;
    return join ', ', map { "$_->{contact_id} $_->{state} " . substr $_->{state_at}, 0, 10 }
        @{ $h->call('lists_members', { id => $list, map { (state => $_) } @state })->{items} } }
my $today = substr $page->{items}[0]{added_at}, 0, 10;
is states($id[0]), "ct_1 subscribed $today, ct_2 left 2026-02-01, ct_3 subscribed 2026-02-03", 'who is what, and since when';
$h->call('lists_update', { id => $id[0], double_opt_in => \1 });
is states($id[0], 'unconfirmed'), "ct_1 unconfirmed $today", 'who has not confirmed a list that asks';
is states($id[0], 'left'), 'ct_2 left 2026-02-01', 'who has left it';
$h->call('lists_update', { id => $id[0], double_opt_in => \0 });
is_deeply $h->call('lists_remove', { id => $id[0], contact_ids => [ 'ct_2', 'ct_9' ] }),
    { removed => 1, members => 2 }, 'one is taken away';
is $h->call('contacts_list', { list_id => $id[0], total => \1 })->{total}, 2, 'two are left';

my $draft = $h->call('campaigns_create', { name => 'c', list_id => $id[0],
    from => 'a@example.com', subject => 's', html => 'h' })->{id};
is_deeply [ error('lists_delete', { id => $id[0] }) ],
    [ 'conflict', 'id', "list $id[0] is needed by campaign $draft" ], 'a draft needs it';
$h->dbh->do(q{insert into godwit.imports (tenant_id, list_id, state, source, fingerprint, mapping,
    started_at) values (1, 2, 'running', 'x', 'x', '[]', '2026-01-01Z')});
is_deeply [ error('lists_delete', { id => $id[1] }) ],
    [ 'conflict', 'id', "list $id[1] is needed by import imp_1" ], 'so does an import that runs';
$h->call('campaigns_start', { id => $draft });
is $h->call('lists_delete', { id => $id[0] }), undef, 'a campaign that was started does not';
is $h->call('campaigns_stats', { id => $draft })->{audience}, 2, 'its audience stays';
is $h->value('select count(*) from godwit.list_members'), 0, 'no membership is left';
is_deeply [ error('lists_get', { id => $id[0] }) ],
    [ 'not_found', 'id', "there is no list $id[0]" ], 'it is gone';

# one list with everybody in it does not make the others slow
$h->dbh->do(q{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select 1, 1, g, now() from generate_series(1000, 31000) g});
$h->dbh->do('vacuum analyze godwit.list_members');
my $scans = q{select coalesce(seq_scan, 0) from pg_stat_xact_user_tables where relname = 'list_members'};
$h->dbh->begin_work;
$h->dbh->do(q{select auth.enter('{"tenant":1,"role":"owner","scopes":["*"],"now":"2026-01-01T00:00:00Z"}')});
my $before = $h->value($scans);
is $h->value(q{select jsonb_array_length(api.lists_list('{}')->'items') > 1}), 1, 'lists with their members';
is $h->value($scans) - $before, 0, 'counted by key';
$h->dbh->commit;

done_testing;
