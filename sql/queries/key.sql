-- `godwit key`: the keys of the API.

-- name: key_create
select auth.key_create($1::int, $2::jsonb, $3::jsonb);

-- A key a row, as JSON; of one workspace or of all.
-- name: key_list
select json_build_object('id', 'key_' || id, 'workspace', tenant_id, 'name', name,
       'scopes', scopes, 'created_at', created_at, 'expires_at', expires_at,
       'revoked_at', revoked_at, 'test', test,
       'last_used_at', (select u.at from auth.key_uses u where u.key_id = k.id),
       'state', case when revoked_at is not null then 'revoked'
                     when expires_at <= $2::timestamptz then 'expired' else 'active' end)
  from auth.keys k
 where $1::int is null or tenant_id = $1::int
 order by id;

-- name: key_revoke
select auth.key_revoke($1::bigint, $2::jsonb);
