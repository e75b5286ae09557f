#!/usr/bin/perl
# Who owns what and who may do what: the whole of it against a list that is
# read at review (privileges.txt), and the rules that no list may break.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new(empty => 1);
my ($code, undef, $err) = $h->godwit('migrate');
is $code, 0, 'the schema is made' or diag $err;
my ($took) = $h->godwit({ env => { GODWIT_CLOCK => '2031-03-05T10:00:00Z' } },
    qw(worker cron --once));
is $took, 0, 'and its partitions';

# an acl as `role=letters`, sorted, without the grantor; 'PUBLIC' by name
my $acl = q{array_to_string(array(select distinct coalesce(nullif(
        case when grantee = 0 then 'PUBLIC' else grantee::regrole::text end, ''))
        || '=' || string_agg(lower(privilege_type), ',' order by privilege_type)
    from aclexplode(%s) where grantee <> %s group by grantee order by 1), ' ')};
sub acl { return sprintf $acl, @_ }

my @parts = (
    # roles and who is a member of what
    q{select format('role %s %s%s%s%s member of: %s', rolname,
        case when rolcanlogin then 'login' else 'nologin' end,
        case when rolbypassrls then ' bypassrls' else '' end,
        case when rolsuper or rolcreatedb or rolcreaterole or rolreplication
             then ' POWERFUL' else '' end,
        case when rolinherit then '' else ' noinherit' end,
        coalesce((select string_agg(roleid::regrole::text, ' ' order by 1)
            from pg_auth_members where member = r.oid), '-'))
      from pg_roles r where rolname ~ '^gw_' order by 1},
    q{select format('database owner %s: %s', datdba::regrole, } . acl(qw(datacl datdba)) . q{)
      from pg_database where datname = current_database()},
    q{select format('schema %s owner %s: %s', nspname, nspowner::regrole, }
        . acl(qw(nspacl nspowner)) . q{)
      from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1},
    q{select format('default %s of %s in %s: %s', defaclobjtype, defaclrole::regrole,
        coalesce(nspname, 'all'), } . acl(qw(defaclacl 0)) . q{)
      from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace order by 1},
    q{select format('%s %s.%s owner %s%s: %s', case relkind when 'r' then 'table'
            when 'p' then 'table' when 'v' then 'view' when 'S' then 'sequence' else relkind::text end,
        nspname, relname, relowner::regrole,
        case when relkind in ('r', 'p') then case when relrowsecurity and relforcerowsecurity
            then ' force-rls' when relrowsecurity then ' rls' else ' no-rls' end else '' end, }
        . acl(qw(relacl relowner)) . q{)
      from pg_class c join pg_namespace n on n.oid = relnamespace
     where nspname in ('api', 'auth', 'godwit', 'public') and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     order by nspname, relname},
    q{select format('column %s.%s: %s', attrelid::regclass, attname, } . acl(qw(attacl 0)) . q{)
      from pg_attribute a join pg_class c on c.oid = attrelid
      join pg_namespace n on n.oid = relnamespace
     where attacl is not null and nspname in ('api', 'auth', 'godwit', 'public') order by 1},
    q{select format('policy %s on %s for %s to %s using %s%s', polname, polrelid::regclass,
        polcmd, array_to_string(array(select case when o = 0 then 'PUBLIC'
            else o::regrole::text end from unnest(polroles) o), ' '),
        pg_get_expr(polqual, polrelid), case when pg_get_expr(polqual, polrelid)
            is distinct from pg_get_expr(polwithcheck, polrelid)
            then ' check ' || coalesce(pg_get_expr(polwithcheck, polrelid), '-') else '' end)
      from pg_policy order by polrelid::regclass::text, polname},
    q{select format('function %s owner %s %s%s: %s', p.oid::regprocedure, proowner::regrole,
        case when prosecdef then 'definer' else 'invoker' end,
        coalesce(' set ' || array_to_string(proconfig, '; '), ''), }
        . acl('coalesce(proacl, acldefault($$f$$, proowner))', 'proowner') . q{)
      from pg_proc p join pg_namespace n on n.oid = pronamespace
     where nspname in ('api', 'auth', 'godwit', 'public') order by 1},
);
my $is = join '', map { "$_\n" } map { s/: $/: -/r }
    map { @{ $h->dbh->selectcol_arrayref($_) } } @parts;
my $file = 't/sql/privileges.txt';
my $kept = 'build/privileges.txt';
if ($is eq slurp($file)) {
    pass 'owners and privileges are those of privileges.txt';
}
else {
    spew($kept, $is);
    fail 'owners and privileges are those of privileges.txt';
    diag qx{diff -U0 $file $kept}, "when this is meant: cp $kept $file";
}

# ------------------------------------------------------------------- the rules

sub none { my ($name, $sql) = @_;
    is join(' ', @{ $h->dbh->selectcol_arrayref($sql) }), '', $name }
my $procs = q{from pg_proc p join pg_namespace n on n.oid = pronamespace
    where nspname in ('api', 'auth', 'godwit', 'public')};
my $tables = q{from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname in ('api', 'auth', 'godwit', 'public')};

none 'the edge executes operations and auth only', "select p.oid::regprocedure $procs
    and nspname not in ('api', 'auth') and has_function_privilege('gw_edge', p.oid, 'execute')";
none 'and all operations', "select p.oid::regprocedure $procs
    and nspname = 'api' and not has_function_privilege('gw_edge', p.oid, 'execute')";
none 'the edge touches no table', "select c.oid::regclass $tables and relkind in ('r', 'p', 'v', 'm')
    and (has_table_privilege('gw_edge', c.oid, 'select, insert, update, delete, truncate,
        references, trigger')
        or has_any_column_privilege('gw_edge', c.oid, 'select, insert, update, references'))";
none 'nor a sequence', "select c.oid::regclass $tables and case when relkind = 'S'
    then has_sequence_privilege('gw_edge', c.oid, 'usage, select, update') else false end";
none 'gw_api owns every operation, and each acts as it', "select p.oid::regprocedure $procs
    and nspname = 'api' and (proowner <> 'gw_api'::regrole or not prosecdef)";
none 'gw_search owns functions of auth alone', "select p.oid::regprocedure $procs
    and proowner = 'gw_search'::regrole and nspname <> 'auth'";
none 'gw_owner owns every table', "select c.oid::regclass $tables
    and relowner <> 'gw_owner'::regrole";
none 'definer functions set their search path', "select p.oid::regprocedure $procs and prosecdef
    and not coalesce('search_path=pg_catalog, godwit, pg_temp' = any (proconfig), false)";
none 'nobody else may execute anything', "select p.oid::regprocedure $procs
    and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner)))
        where grantee = 0)";
none 'only the owner makes things', "select r.rolname || ' in ' || nspname
    from pg_namespace, pg_roles r where nspname in ('api', 'auth', 'godwit', 'public')
     and r.rolname ~ '^gw_' and r.rolname <> 'gw_owner'
     and has_schema_privilege(r.oid, pg_namespace.oid, 'create')";
none 'temporary ones the worker too', "select rolname from pg_roles where rolname ~ '^gw_'
    and rolname not in ('gw_owner', 'gw_worker')
    and has_database_privilege(oid, current_database(), 'create, temp')";
# the directory (auth) is asked before a tenant is known, by its functions alone
my $tenant = q{and relkind in ('r', 'p') and nspname <> 'auth' and exists (select from pg_attribute a
    where a.attrelid = c.oid and attname = 'tenant_id' and not attisdropped)};
none 'tables of a tenant force row-level security, partitions too',
    "select c.oid::regclass $tables $tenant and not (relrowsecurity and relforcerowsecurity)";
none 'by one policy that names the tenant', "select c.oid::regclass $tables $tenant
    and (select count(*) filter (where polcmd = '*' and polpermissive
        and pg_get_expr(polqual, polrelid) = k and pg_get_expr(polwithcheck, polrelid) = k)
          is distinct from 1 or count(*) <> 1 from pg_policy,
        (values ('(tenant_id = (current_setting(''app.tenant''::text))::integer)')) v(k)
        where polrelid = c.oid)";

# no tenant, or one of a request that is over: an error, never a row
my $dbh = $h->dbh;
$dbh->do(q{insert into godwit.lists (tenant_id, name, created_at) values (1, 'a', '2026-01-01Z')});
$dbh->do('set role gw_api');
ok !eval { $dbh->do('select from godwit.lists'); 1 }, 'a fresh connection sees no tenant';
$dbh->do(q{select set_config('app.tenant', '1', true)});
ok !eval { $dbh->do('select from godwit.lists'); 1 }, 'nor does a used one';
$dbh->do('reset role');

done_testing;
