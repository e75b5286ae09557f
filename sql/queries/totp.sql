-- The second factor, for the job that checks a code.

-- Its secret, which is of the directory.
-- name: totp_get
select t.last_step, s.id, s.sealed, k.wrapped
  from auth.totp t
  join godwit.secret s on s.tenant_id = 0 and s.id = t.secret
  left join godwit.secret_keys k on k.tenant_id = s.tenant_id and k.version = s.key_version
 where t.user_id = $1::bigint;

-- name: totp_settle
select auth.totp_settle($1::bigint, $2::bigint, $3::bigint, $4::timestamptz);
