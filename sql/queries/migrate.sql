-- `godwit migrate`: what has been applied, and by which text.

-- name: migrate_lock
select pg_advisory_lock(hashtextextended('godwit migrate', 0));

-- name: migrate_schema
create schema if not exists godwit;

-- name: migrate_version_table
create table if not exists godwit.schema_version (
    n           int primary key,
    name        text not null,
    sha256      text not null,
    applied_at  timestamptz not null
);

-- name: migrate_files_table
create table if not exists godwit.schema_files (
    name        text primary key,       -- functions/x.sql, api/x.sql
    sha256      text not null,
    applied_at  timestamptz not null
);

-- name: migrate_versions
select n, name, sha256 from godwit.schema_version order by n;

-- name: migrate_version_add
insert into godwit.schema_version (n, name, sha256, applied_at)
values ($1::int, $2, $3, $4::timestamptz);

-- name: migrate_files
select name, sha256 from godwit.schema_files;

-- name: migrate_file_set
insert into godwit.schema_files (name, sha256, applied_at)
values ($1, $2, $3::timestamptz)
on conflict (name) do update
   set sha256 = excluded.sha256, applied_at = excluded.applied_at;

-- Only inside the transaction of a file: nobody else ever sees these two with
-- the right to make anything.
-- name: migrate_allow
grant create on schema api, auth, godwit to gw_api, gw_search;

-- name: migrate_forbid
revoke create on schema api, auth, godwit from gw_api, gw_search;
