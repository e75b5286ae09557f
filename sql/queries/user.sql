-- `godwit user` and `godwit roles`: the directory, for who keeps the house.

-- name: user_create
select auth.user_create($1::int, $2, $3, $4, $5::jsonb);

-- A user a row, as JSON.
-- name: user_list
select json_build_object('id', 'user_' || u.id, 'email', u.email, 'name', u.name,
       'state', case when u.disabled_at is null then 'active' else 'disabled' end,
       'workspaces', coalesce((select json_object_agg('ws_' || m.tenant_id, r.name
                                                      order by m.tenant_id)
           from auth.memberships m join auth.roles r on r.id = m.role_id
          where m.user_id = u.id), '{}'), 'created_at', u.created_at)
  from auth.users u order by u.id;

-- name: user_disable
select auth.user_disable($1, $2::boolean, $3::jsonb);

-- name: user_totp_forget
select auth.user_totp_forget($1, $2::jsonb);

-- name: user_link
select auth.user_link($1, $2::jsonb);

-- name: user_owner_link
select auth.owner_link($1::int, $2::boolean, $3::jsonb);

-- name: user_forgotten
select auth.forgotten_tell($1::timestamptz);

-- name: user_attempts
select auth.attempts_tell($1::timestamptz);

-- The roles of a workspace, its own by their ids, with scopes apart by blanks.
-- name: role_list
select case when tenant_id is null then name else 'role_' || id end,
       array_to_string(scopes, ' ')
  from auth.roles
 where tenant_id is null or tenant_id = $1::int order by id;
