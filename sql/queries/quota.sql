-- `godwit quota`: limits of workspaces.

-- name: quota_set
select auth.quota_set($1::int, $2, $3, $4::bigint, $5::bigint, $6::jsonb);

-- A metric a row, as JSON, of one workspace or of all.
-- name: quota_list
select jsonb_build_object('workspace', t.id) || q
  from auth.tenants t, jsonb_array_elements(godwit.quota_list(t.id, $2::timestamptz)) q
 where $1::int is null or t.id = $1::int
 order by t.id;
