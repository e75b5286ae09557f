-- `godwit backup`: what pg_dump sees, and for how long it may.

-- name: backup_begin
begin isolation level repeatable read read only;

-- name: backup_patience
select set_config('idle_in_transaction_session_timeout', '0', false);

-- name: backup_snapshot
select pg_export_snapshot(), (select max(n) from godwit.schema_version);

-- `godwit restore`. The database has a mark from its begin to its end; until that only its owner
-- comes in.

-- name: restore_look
select (select count(*) from pg_namespace where nspname in ('godwit', 'auth', 'api')) as schemas,
       coalesce((select shobj_description(oid, 'pg_database') from pg_database
                  where datname = current_database()), ''),
       (select count(*) from pg_stat_activity where datname = current_database()
         and usesysid is not null and pid <> pg_backend_pid()),
       (select datdba = current_user::regrole from pg_database
         where datname = current_database()),
       (select count(*) from pg_class where relnamespace = 'public'::regnamespace);

-- name: restore_patience
select set_config('statement_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '0', false),
       set_config('godwit.restore', $1, false);

-- Functions of other owners are made in schemas that are made first.
-- name: restore_close
do $$
begin
    execute format('revoke all on database %I from public, gw_edge, gw_worker, gw_ro, gw_backup',
        current_database());
    execute format('comment on database %I is %L', current_database(),
        'godwit restore ' || current_setting('godwit.restore'));
    alter default privileges for role gw_owner grant create on schemas to gw_api, gw_search;
end $$;

-- name: restore_finish
select godwit.restore_finish($1::uuid, $2::timestamptz, $3::timestamptz);

-- name: restore_open
do $$
begin
    alter default privileges for role gw_owner revoke create on schemas from gw_api, gw_search;
    revoke create on schema api, auth, godwit from gw_api, gw_search;
    execute format('grant connect on database %I to gw_edge, gw_worker, gw_ro, gw_backup',
        current_database());
    execute format('grant temporary on database %I to gw_worker', current_database());
    execute format('comment on database %I is null', current_database());
end $$;
