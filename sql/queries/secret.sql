-- Secrets, for whoever opens them or seals them anew.

-- name: secret_get
select s.sealed, k.wrapped
  from godwit.secret s
  left join godwit.secret_keys k on k.tenant_id = s.tenant_id and k.version = s.key_version
 where s.tenant_id = $1::int and s.id = $2::uuid;

-- Some that an edge has sealed, with the key in version $1 of their workspace if
-- there is one.
-- name: secret_edge
select s.tenant_id, s.id, s.sealed, null, n.wrapped
  from godwit.secret s
  left join godwit.secret_keys n on n.tenant_id = s.tenant_id and n.version = $1::int
 where s.key_version is null and coalesce(s.retry_at <= $2::timestamptz, true)
 order by s.tenant_id, s.id limit $3::int;

-- Some of another version than $1, with their key and that of this version.
-- name: secret_stale
select s.tenant_id, s.id, s.sealed, k.wrapped, n.wrapped
  from godwit.secret s
  left join godwit.secret_keys k on k.tenant_id = s.tenant_id and k.version = s.key_version
  left join godwit.secret_keys n on n.tenant_id = s.tenant_id and n.version = $1::int
 where s.version <> $1::int and coalesce(s.retry_at <= $2::timestamptz, true)
 order by s.tenant_id, s.id limit $3::int;

-- A key of a workspace: the new one, or that which another has made just now.
-- name: secret_key_add
with new as (
    insert into godwit.secret_keys (tenant_id, version, wrapped, created_at)
    values ($1::int, $2::int, $3::bytea, $4::timestamptz)
    on conflict do nothing returning wrapped
)
select wrapped from new
 union all
select wrapped from godwit.secret_keys where tenant_id = $1::int and version = $2::int;

-- Unless it has changed meanwhile.
-- name: secret_bind
update godwit.secret set sealed = $3::bytea, retry_at = null
 where tenant_id = $1::int and id = $2::uuid and sealed = $4::bytea;

-- name: secret_wrong
update godwit.secret set retry_at = $3::timestamptz
 where tenant_id = $1::int and id = $2::uuid;

-- Keys of workspaces that are older than $1 and have nothing sealed.
-- name: secret_keys_drop
delete from godwit.secret_keys k
 where k.version < $1::int
   and not exists (select from godwit.secret s
                    where s.tenant_id = k.tenant_id and s.key_version = k.version);

-- The versions that each workspace uses.
-- name: secret_versions
select tenant_id, version from godwit.secret
 union
select tenant_id, version from godwit.secret_keys;

-- One rotation at a time.
-- name: secret_lock
select pg_try_advisory_lock(hashtextextended('godwit key rotate', 0));

-- Is there one of an older version than $1 that has not failed to open? Then a
-- rotation was cut short.
-- name: secret_open
select count(distinct tenant_id) > 0 from godwit.secret
 where version < $1::int and retry_at is null;
