#!/usr/bin/perl
# Tenants do not see each other, and nobody can do what he must not.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

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
