-- The role cron, its files: what Postgres says and the disk does not, and the
-- other way round.

-- Files of this host whose time is over.
-- name: files_expired
select tenant_id, id, path from godwit.files
 where host_id = $1::int and state = 'ready' and expires_at <= $2::timestamptz
 order by tenant_id, id limit 1000;

-- Those that should be on this host, page by page.
-- name: files_ready
select tenant_id, id, path from godwit.files
 where host_id = $1::int and state = 'ready' and created_at < $2::timestamptz
   and (tenant_id, id) > ($3::int, $4::bigint)
 order by tenant_id, id limit 1000;

-- name: files_gone
update godwit.files set state = 'deleted' where tenant_id = $1::int and id = $2::bigint;

-- Is there a row for this path?
-- name: files_known
select from godwit.files
 where host_id = $1::int and path = $2 and state = 'ready' and tenant_id is not null limit 1;

-- Is this the reject file of an import that is kept, on whatever host?
-- name: files_rejects
select from godwit.imports
 where tenant_id = $1::int and id = $2::bigint and reject_file is not null
   and (finished_at is null or finished_at > $3::timestamptz - interval '90 days');
