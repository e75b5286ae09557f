-- Single sign-on: what the role jobs asks and says of providers.

-- name: sso_provider
select p.issuer, p.client_id, p.metadata, p.keys,
       coalesce(p.checked_at < $3::timestamptz - interval '1 day', true)
           and coalesce(p.tried_at < $3::timestamptz - interval '1 minute', true),
       coalesce(p.tried_at > $3::timestamptz - interval '1 minute', false),
       s.id, s.sealed, k.wrapped
  from auth.providers p
  left join godwit.secret s on s.tenant_id = p.tenant_id and s.id = p.secret_id
  left join godwit.secret_keys k on k.tenant_id = s.tenant_id and k.version = s.key_version
 where p.tenant_id = $1::int and p.id = $2::bigint;

-- name: sso_checked
update auth.providers
   set metadata = coalesce($3::jsonb, metadata), keys = coalesce($4::jsonb, keys),
       problem = $5::text, tried_at = $6::timestamptz,
       checked_at = case when $5 is null then $6::timestamptz else checked_at end
 where tenant_id = $1::int and id = $2::bigint and issuer = $7::text;

-- name: sso_login
select l.provider, l.verifier, l.nonce, l.done from auth.sso_login($1::int, $2::bigint) l
 where l.provider is not null;

-- name: sso_enter
select auth.sso_enter($1::int, $2::bigint, $3::jsonb, $4::timestamptz);

-- name: sso_logged_out
select auth.sso_logged_out($1::bigint, $2::text, $3::text, to_timestamp($4::float8),
    $5::timestamptz);
