#!/usr/bin/perl
# The audit is a chain: whoever edits, removes, adds or reorders rows behind its
# back is found, by workspace and number; erased values leave it whole.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP qw(decode_json);

my $h = Godwit->new;
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
sub make { $h->call('lists_create', { name => "list $_[0]" }, @_[1 .. $#_]) }
make($_) for 1 .. 5;
make(1, '--workspace', 2);

my $cron = $h->spawn('worker', 'cron');
wait_for { $h->value('select count(*) from godwit.audit where seq is null') == 0 } 5, 'chained';
make(6);
wait_for { $h->value('select max(seq) from godwit.audit where tenant_id = 1') == 6 } 5,
    'what comes is chained within a second';
is_deeply $h->dbh->selectcol_arrayref('select seq from godwit.audit where tenant_id = 1
    order by id'), [ 1 .. 6 ], 'by number, in each workspace';
$h->stop($cron);

sub verify { my ($code, $out) = $h->godwit('audit', 'verify', @_);
    return ($code, $out =~ /^\{/ ? decode_json($out) : $out) }
my $whole = { tenants => 2, rows => 7, erased => 0, heads => 0, waiting => 0 };
is_deeply [ verify() ], [ 0, $whole ], 'it is whole';
my (undef, $heads) = $h->godwit('audit', 'heads');
Godwit::spew($h->state . '/heads', $heads);

# who owns the table may not, nor may the worker
for (['gw_owner', "update godwit.audit set actor = 'x'"], ['gw_owner', 'truncate godwit.audit'],
    ['gw_owner', 'delete from godwit.audit'], ['gw_owner', "update godwit.audit_values
    set after = '1'"], ['gw_worker', 'delete from godwit.audit']) {
    my $dbh = $h->dbh($_->[0]);
    ok !eval { $dbh->do("set app.tenant = 1; $_->[1]"); 1 }, "$_->[0]: $_->[1]";
}

# who can do everything is found
sub tampered {
    my ($what, $tenant, $seq, @sql) = @_;
    my $dbh = $h->dbh;
    $dbh->do('create schema kept') if !$h->value(q{select to_regnamespace('kept')});
    $dbh->do("create table kept.$_ as table godwit.$_") for my @t = qw(audit audit_values audit_heads);
    $dbh->do("set session_replication_role = replica; $_") for @sql;
    is_deeply [ verify() ], [ 1, { tenant => $tenant, seq => $seq } ], $what;
    my $columns = 'tenant_id, id, at, operation, object, actor, request_id, address, value_hash, '
        . 'seq, hash';
    $dbh->do("delete from godwit.$_") for @t;
    $dbh->do("insert into godwit.audit ($columns) overriding system value select $columns
        from kept.audit");
    $dbh->do("insert into godwit.$_ select * from kept.$_") for @t[1, 2];
    $dbh->do("drop table kept.$_") for @t;
    $dbh->do('set session_replication_role = origin');
}
my $one = 'tenant_id = 1 and seq';
tampered('an actor', 1, 3, "update godwit.audit set actor = 'x' where $one = 3");
tampered('a time', 1, 4, "update godwit.audit set at = at + interval '1us' where $one = 4");
tampered('a value', 1, 2, "update godwit.audit_values v set after = '{}' from godwit.audit a
    where a.tenant_id = 1 and a.seq = 2 and v.tenant_id = 1 and v.audit_id = a.id");
tampered('a row that is gone', 1, 5, "delete from godwit.audit where $one = 5");
tampered('the last one', 1, 6, "delete from godwit.audit where $one = 6");
tampered('all of a workspace', 2, 1, 'delete from godwit.audit where tenant_id = 2');
tampered('two that changed places', 1, 2, "update godwit.audit set seq = -2 where $one = 2",
    "update godwit.audit set seq = 2 where $one = 3",
    "update godwit.audit set seq = 3 where $one = -2");
tampered('the end of the chain', 2, 1, 'delete from godwit.audit_heads where tenant_id = 2');
is_deeply [ verify() ], [ 0, $whole ], 'all is as it was';

# an erased value leaves the chain whole
$h->dbh->do("delete from godwit.audit_values v using godwit.audit a where a.tenant_id = 1
    and a.seq = 4 and v.tenant_id = 1 and v.audit_id = a.id");
is_deeply [ verify() ], [ 0, { %$whole, erased => 1 } ], 'a value is erased';
is_deeply [ @{ $h->call('audit_list', { object => 'lst_4' })->{items}[0] }{qw(erased after)} ],
    [ JSON::PP::true, undef ], 'and says so';

# a chain made anew, by one who knows how: heads that were kept elsewhere show it
is_deeply [ verify('--heads', $h->state . '/heads') ], [ 0, { %$whole, erased => 1, heads => 2 } ],
    'heads';
$h->dbh->do(q{set session_replication_role = replica;
    delete from godwit.audit_heads where tenant_id = 1;
    delete from godwit.audit where tenant_id = 1 and seq = 6;
    update godwit.audit set seq = null, hash = null, actor = 'x' where tenant_id = 1;
    set session_replication_role = origin});
$h->godwit('worker', 'cron', '--once');
is +(verify())[0], 0, 'a new chain is whole';
is_deeply [ verify('--heads', $h->state . '/heads') ], [ 1, { tenant => 1, seq => 6 } ],
    'but not the one that it was';
for ("{}\n", '') {
    Godwit::spew($h->state . '/heads', $_);
    is +(verify('--heads', $h->state . '/heads'))[0], 2, 'no heads are said to be none';
}

# what the last release writes is chained; a chain that is broken holds up no other
$h->dbh->do(q{insert into godwit.audit (tenant_id, at, operation, actor) values
    (1, '2026-01-01Z', 'old', 'x'), (2, '2026-01-01Z', 'old', 'x'), (3, '2026-01-01Z', 'old', 'x')});
is_deeply [ @{ (verify())[1] }{qw(waiting)}, (verify())[0] ], [ 3, 1 ], 'some wait for too long';
$h->dbh->do('delete from godwit.audit_heads where tenant_id = 2');
my (undef, undef, $err) = $h->godwit('worker', 'cron', '--once');
is_deeply $h->dbh->selectcol_arrayref('select tenant_id from godwit.audit where seq is null'), [2],
    'the others are chained';
like $err . slurp($h->log_file), qr/workspace 2 has lost its end/, 'and it is said';
done_testing;
