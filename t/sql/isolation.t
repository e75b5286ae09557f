#!/usr/bin/perl
# Tenants do not see each other, and nobody can do what he must not.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Objects;
use JSON::PP ();

my $h = Godwit->new;
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
$h->call('contacts_create', { email => 'a@example.com' });

my ($code, $doc) = $h->try('contacts_get', { id => 'ct_1' },
    '--workspace', 2);
is $doc->{error}{code}, 'not_found', 'a foreign contact does not exist';
is scalar @{ $h->call('contacts_list', {}, '--workspace', 2)->{items} }, 0,
    'nor is it listed';
$h->call('contacts_create', { email => 'a@example.com' }, '--workspace', 2);
($code, $doc) = $h->try('lists_list', {}, '--workspace', 3);
is $doc->{error}{message}, 'there is no workspace 3', 'a missing workspace';

# ---- without a workspace: an error or nothing, on a connection that is fresh or
# that has served another request
sub as { my ($role, $sql, @bind) = @_;
    my $dbh = $h->postgres->connect($h->{name});
    $dbh->{PrintError} = 0;
    $dbh->do("set role $role");
    return map { my $used = $_;
        if ($used) {
            $dbh->begin_work;
            $dbh->do(q{select set_config('app.tenant', '1', true), set_config('app.now', '2026-01-01Z', true)});
            $dbh->commit;
        }
        my $rows = eval { $dbh->selectall_arrayref($sql, undef, @bind) };
        grep { defined } map { @$_ } @{ $rows // [] } } 0, 1 }

my $contract = Godwit::Contract->new;
prepare($h);
is_deeply [ map { my ($op, $in) = ($_, input($h, $_));
    my %all = (%{ ref $in->{body} ? $in->{body} : {} }, %{ $in->{query} }, %{ $in->{path} });
    as(gw_edge => "select api.$op->{id}(?)", JSON::PP->new->encode(\%all)) ? $op->{id} : () }
    grep { $_->{scope} } $contract->operations ], [], 'no operation answers without a workspace';
my $readable = $h->dbh->selectcol_arrayref(q{select c.oid::regclass::text from pg_class c
    join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p', 'v')
     and nspname in ('godwit', 'auth') and has_table_privilege('gw_api', c.oid, 'select')
     and exists (select from pg_attribute a where a.attrelid = c.oid and attname = 'tenant_id')});
cmp_ok scalar @$readable, '>', 20, 'tables that operations read';
is_deeply [ grep { as(gw_api => "select 1 from $_") } @$readable ], [], 'none has a row for nobody';

# the others, with nothing or with numbers: they may compute, but tell nothing
my $functions = $h->rows(q{select p.oid::regproc::text as name, r.rolname as role,
        array(select format('%s::%s', case when t in ('int'::regtype, 'bigint'::regtype) then '1'
            else 'null' end, t::regtype) from unnest(proargtypes::oid[]) with ordinality u(t, n) order by n) as args
      from pg_proc p join pg_namespace n on n.oid = pronamespace
     cross join (values ('gw_edge'), ('gw_api')) r(rolname)
     where nspname in ('api', 'auth', 'godwit') and prorettype <> 'trigger'::regtype
       and has_function_privilege(r.rolname, p.oid, 'execute')
       and has_schema_privilege(r.rolname, n.oid, 'usage')});
cmp_ok scalar @$functions, '>', 150, 'functions that they call';
my %tells = map { /^(\S+)/ => 1 } grep { /\@example|Hello/ } map { my $f = $_;
    map { "$f->{name} for $f->{role}: $_" } as($f->{role},
        "select $f->{name}(" . join(', ', @{ $f->{args} }) . ")::text") } @$functions;
# the letters of the demo are the same in every house
is_deeply [ grep { !/^godwit\.demo_/ } sort keys %tells ], [qw(auth.track_preferences auth.track_view)],
    'none tells what a workspace has, but to who has the link of a mail';

my $tables = $h->dbh->selectcol_arrayref(q{
    select c.oid::regclass::text from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where n.nspname = 'godwit' and c.relkind in ('r', 'p')
       and not c.relispartition});
my @open = grep {
    !$h->value('select relrowsecurity and relforcerowsecurity from pg_class
        where oid = ?::regclass', $_) } @$tables;
is "@open", '', 'every table of a tenant has its policy, forced';

my $edge = $h->dbh('gw_edge');
$edge->{PrintError} = 0;
for my $sql ('select * from godwit.contacts', 'select * from auth.tenants',
    q{select api.contacts_list('{}')},
    q{select auth.tenant_create('x', '2026-01-01Z')}) {
    ok !eval { $edge->do($sql); 1 }, "the edge cannot: $sql";
}

my $public = $h->value(q{select string_agg(p.oid::regprocedure::text, ' ')
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname = 'api' and has_function_privilege('gw_ro', p.oid,
   'execute')});
is $public, undef, 'operations are for edge and worker only';
my $loose = $h->value(q{select string_agg(p.oid::regprocedure::text, ' ')
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('api', 'auth', 'godwit') and p.prosecdef
     and not coalesce(p.proconfig::text like '%search_path=pg_catalog, godwit, pg_temp%', false)});
is $loose, undef, 'every definer function has its search path';

done_testing;
