-- `godwit doctor`: each statement has a row (level, message, cure) for each thing that is wrong.
-- As gw_backup, of all workspaces.

-- name: doctor_settings
select 'fault', format('Postgres is %s', current_setting('server_version')),
       'run version 15 or newer'
 where current_setting('server_version_num')::int < 150000
union all
select 'fault', format('the setting %s of Postgres is off', name),
       'switch it on: what was acknowledged may be lost'
  from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')
   and setting = 'off'
union all
select 'fault', format('the database has the encoding %s', pg_encoding_to_char(encoding)),
       'make it anew with UTF8, and restore a backup into it'
  from pg_database where datname = current_database() and pg_encoding_to_char(encoding) <> 'UTF8';

-- name: doctor_access
select 'fault', format('the role %s is missing', n),
       'the superuser of Postgres makes it by what "godwit migrate --roles" prints'
  from unnest('{gw_owner,gw_api,gw_search,gw_edge,gw_worker,gw_ro}'::text[]) n
 where not exists (select from pg_roles where rolname = n)
union all
select 'fault', format('the role %s is a superuser', rolname),
       format('"alter role %I nosuperuser": the wall between workspaces does not hold it', rolname)
  from pg_roles where rolname ~ '^gw_' and rolsuper
union all
select 'fault', format('the role %s passes row-level security', rolname),
       format('"alter role %I nobypassrls": the wall between workspaces does not hold it', rolname)
  from pg_roles where rolname in ('gw_owner', 'gw_api', 'gw_edge') and rolbypassrls
union all
select 'fault', format('the role %s may not connect to the database', rolname),
       format('"grant connect on database %I to %I"', current_database(), rolname)
  from pg_roles where rolname in ('gw_edge', 'gw_worker')
   and not has_database_privilege(oid, current_database(), 'connect');

-- name: doctor_migrations
select 'migrations/' || name, sha256 from godwit.schema_version
union all
select name, sha256 from godwit.schema_files;

-- name: doctor_connections
select case when n.n >= n.most then 'fault' else 'warning' end,
       format('%s of the %s connections that %s may have are taken', n.n, n.most, n.what),
       'raise ' || n.by || ', or lower database_pool and database_slow_pool of nginx'
  from (select count(*) as n, current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int as most,
               'Postgres' as what, 'max_connections' as by
          from pg_stat_activity where usesysid is not null
        union all
        select count(*), d.datconnlimit, 'the database', 'its connection limit'
          from pg_database d join pg_stat_activity a on a.datid = d.oid
         where d.datname = current_database() and d.datconnlimit >= 0 group by d.oid,
               d.datconnlimit) n
 where n.n >= n.most * 0.9;

-- name: doctor_clock
select 'fault', format('the clocks of this machine and of Postgres are %s s apart',
           round(abs(extract(epoch from clock_timestamp() - $1::timestamptz)))),
       'let both follow the same time servers (chrony)'
 where abs(extract(epoch from clock_timestamp() - $1::timestamptz)) > 2;

-- Who came in as this host from another boot, and later than this one could.
-- name: doctor_host
select seen_at from godwit.hosts where name = $1::uuid and boot_id <> $2::uuid;

-- name: doctor_vacuum
select 'fault', 'autovacuum is off', 'switch it on in postgresql.conf'
 where current_setting('autovacuum') = 'off'
union all
select 'fault', format('autovacuum of %I.%I is off', n.nspname, c.relname),
       format('"alter table %I.%I reset (autovacuum_enabled)"', n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relnamespace in ('godwit'::regnamespace, 'auth'::regnamespace)
   and c.reloptions && '{autovacuum_enabled=false,autovacuum_enabled=off}'
union all
select 'warning', format('%I.%I has %s dead rows beside %s', schemaname, relname, n_dead_tup,
           n_live_tup),
       'see whether a long transaction holds them; else let autovacuum run more often'
  from pg_stat_user_tables where n_dead_tup > greatest(200000, n_live_tup)
union all
select 'fault', format('the oldest transaction of the database is %s old', age(datfrozenxid)),
       'run "vacuum freeze" before Postgres refuses to write'
  from pg_database where datname = current_database() and age(datfrozenxid) > 1000000000;

-- name: doctor_transactions
select 'fault', format('process %s of %s (%s) has a transaction open since %s', pid, usename,
           coalesce(nullif(application_name, ''), 'no name'), to_char(xact_start at time zone 'UTC',
           'YYYY-MM-DD HH24:MI:SS "UTC"')),
       format('"select pg_terminate_backend(%s)" when nobody needs it: dead rows stay while it is '
           'open', pid)
  from pg_stat_activity
 where datname = current_database() and usename is distinct from 'gw_backup'
   and pid <> pg_backend_pid() and xact_start < $1::timestamptz - interval '5 minutes';

-- name: doctor_partitions
select 'fault', 'godwit.events has no partition for the next week',
       'the role cron makes it each day; see the log of the worker'
 where to_regclass('godwit.events_' || to_char(date_trunc('week', $1::timestamptz at time zone
       'UTC') + interval '7 days', 'YYYYMMDD')) is null;

-- name: doctor_rejected
select 'warning', format('Postgres has refused %s events', count(*)),
       'they are in godwit.event_rejects, each with its reason'
  from godwit.event_rejects having count(*) > 0;

-- name: doctor_queue
select 'fault', format('%s mails of workspace %s are due since %s', count(*), q.tenant_id,
           to_char(min(q.due) at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
       'see that the role mail runs and what /routes says of the routes'
  from godwit.mail_queue q
  left join godwit.campaigns c on c.tenant_id = q.tenant_id and c.id = abs(q.campaign_id)
 where q.qshard = 0 and q.host_id is null and q.due < $1::timestamptz - interval '15 minutes'
   and (q.campaign_id = 0 or c.state in ('running', 'finishing'))
 group by q.tenant_id order by q.tenant_id;

-- name: doctor_routes
select 'warning', format('the route %s of workspace %s is paused', name, tenant_id),
       'resume it when the reason is over: routes_update'
  from godwit.routes where paused order by tenant_id, id;

-- name: doctor_campaigns
select case when state = 'paused' then 'warning' else 'fault' end,
       format('campaign cmp_%s of workspace %s %s', id, tenant_id,
           case state when 'paused' then 'is paused: ' || (paused->>'reason')
                else 'waits: ' || problem end),
       case state when 'paused' then 'resume it or cancel it' else 'what it waits for is in the '
           'sentence' end
  from godwit.campaigns
 where state in ('running', 'finishing') and problem is not null
    or state = 'paused' and paused->>'by' in ('system', 'restore')
 order by tenant_id, id limit 20;

-- name: doctor_webhooks
select case when enabled then 'warning' else 'fault' end,
       format('webhook wh_%s of workspace %s %s', id, tenant_id, case when enabled
           then 'fails since ' || to_char(failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
           else 'was disabled: ' || disabled_reason end),
       'look at its attempts, put its server right, enable it and replay'
  from godwit.webhooks
 where enabled and failing_since < $1::timestamptz - interval '10 minutes'
    or not enabled and disabled_reason in ('failing', 'gone')
 order by tenant_id, id limit 20;

-- name: doctor_domains
select 'warning', format('%s of the domain %s (workspace %s): %s', upper(k->>'purpose'), d.domain,
           d.tenant_id, coalesce(k->>'message', k->>'state')),
       'put the record that domains_get names into the DNS, then verify the domain'
  from godwit.domains d cross join jsonb_array_elements(d.checks) k
 where k->>'state' in ('missing', 'wrong')
 order by d.tenant_id, d.id limit 20;
