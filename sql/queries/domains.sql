-- Domains to send from: what the operation domains_verify asks and says, and
-- what the role mail signs with.

-- name: domain_get
select domain, coalesce(bounce_domain, '') from godwit.domains
 where tenant_id = $1::int and id = $2::bigint;

-- Its keys that sign, or wait for that.
-- name: domain_keys
select id, algorithm, selector, public, godwit.dkim_record(k)
  from godwit.dkim_keys k
 where tenant_id = $1::int and domain_id = $2::bigint and state <> 'retired'
 order by id;

-- Unless the operation $5 is another's by now; so below.
-- name: domain_keys_add
select h.held, case when h.held then
       godwit.dkim_keys_add($1::int, $2::bigint, $3::jsonb, $4::timestamptz) end
  from (select godwit.operation_held($1::int, $5::bigint, $6::bigint) as held offset 0) h;

-- name: domain_checked
select h.held, case when h.held then
       godwit.domain_checked($1::int, $2::bigint, $3::jsonb, $4::timestamptz) end
  from (select godwit.operation_held($1::int, $5::bigint, $6::bigint) as held offset 0) h;

-- The keys that sign for these (tenant, domain), as (number of the pair, key).
-- name: domain_signing
select u.n, k.id, k.selector, k.secret_id
  from unnest($1::int[], $2::text[]) with ordinality u(tenant, domain, n)
  join godwit.domains d on d.tenant_id = u.tenant and d.domain = u.domain
  join godwit.dkim_keys k on k.tenant_id = d.tenant_id and k.domain_id = d.id
 where k.state = 'active'
 order by u.n, k.algorithm desc;
