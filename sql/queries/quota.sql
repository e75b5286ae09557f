-- `godwit quota`: limits of workspaces.

-- name: quota_set
select auth.quota_set($1::int, $2, $3, $4::bigint, $5::bigint, $6::jsonb);

-- A metric a row, as JSON, of one workspace or of all; of one metric or of all.
-- soft is the limit that counts, operator_soft what was set here.
-- name: quota_list
select jsonb_build_object('workspace', t.id, 'operator_soft', e.soft) || q
  from auth.tenants t
 cross join jsonb_array_elements(godwit.quota_list(t.id, $2::timestamptz)) q
  left join godwit.entitlement e on e.tenant_id = t.id and e.metric = q->>'metric'
 where ($1::int is null or t.id = $1::int) and ($3::text is null or q->>'metric' = $3)
 order by t.id, q->>'metric';
