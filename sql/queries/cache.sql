-- The role cache: what the edge and the sender may look up without Postgres.
-- It holds every tenant, so the keys run over (tenant_id, ...).

-- name: cache_begin
begin isolation level repeatable read read only;

-- name: cache_end
commit;

-- Fixed links after a key, a page of them.
-- name: cache_links
select tenant_id, campaign_id, index, url
  from godwit.links
 where fixed and campaign_id <= 4294967295 and index between 0 and 65535
   and (tenant_id, campaign_id, index) > ($1::int, $2::bigint, $3::int)
 order by tenant_id, campaign_id, index limit $4::int;

-- name: cache_suppressions
select tenant_id, encode(address_hash, 'hex'), reason
  from godwit.suppressions
 where (tenant_id, address_hash) > ($1::int, decode($2, 'hex'))
 order by tenant_id, address_hash limit $3::int;

-- Changed keys with what they hold now; null = nothing any more.
-- name: cache_links_now
select c.tenant_id, c.campaign_id, c.index, l.url
  from unnest($1::int[], $2::bigint[], $3::int[])
       as c(tenant_id, campaign_id, index)
  left join godwit.links l on l.tenant_id = c.tenant_id
       and l.campaign_id = c.campaign_id and l.index = c.index and l.fixed;

-- name: cache_suppressions_now
select c.tenant_id, c.hash, s.reason
  from unnest($1::int[], $2::text[]) as c(tenant_id, hash)
  left join godwit.suppressions s on s.tenant_id = c.tenant_id
       and s.address_hash = decode(c.hash, 'hex');

-- Quotas that are not free, as the edge is told of them.
-- name: cache_quotas
select t.id, godwit.quota_text(t.id)
  from (select distinct tenant_id as id from godwit.entitlement
         where state <> 'free' and tenant_id > $1::int order by 1 limit $2::int) t;

-- name: cache_quotas_now
select c.tenant_id, godwit.quota_text(c.tenant_id) from unnest($1::int[]) as c(tenant_id);

-- Keys of the API, revoked and expired ones too: the edge refuses what it
-- knows to be wrong. Times in microseconds, 0 = never; networks apart by blanks.
-- name: cache_keys
select k.id, k.tenant_id, encode(k.hash, 'hex'), array_to_string(k.scopes, ' '),
       coalesce((extract(epoch from k.expires_at) * 1000000)::bigint, 0),
       (k.revoked_at is not null)::int, (k.addresses is not null)::int,
       array_to_string(k.addresses, ' ')
  from auth.keys k
 where k.id > $1::bigint order by k.id limit $2::int;

-- name: cache_keys_now
select c.id, k.tenant_id, encode(k.hash, 'hex'), array_to_string(k.scopes, ' '),
       coalesce((extract(epoch from k.expires_at) * 1000000)::bigint, 0),
       (k.revoked_at is not null)::int, (k.addresses is not null)::int,
       array_to_string(k.addresses, ' ')
  from unnest($1::bigint[]) as c(id)
  left join auth.keys k on k.id = c.id;

-- Sources with their write keys, those that are deleted as well: the edge
-- refuses what it knows to be wrong. Origins apart by blanks.
-- name: cache_sources
select tenant_id, id, key, array_to_string(origins, ' '),
       (deleted_at is not null or not enabled)::int
  from godwit.sources
 where (tenant_id, id) > ($1::int, $2::bigint) and key is not null
 order by tenant_id, id limit $3::int;

-- name: cache_sources_now
select c.tenant_id, c.id, s.key, array_to_string(s.origins, ' '),
       (s.deleted_at is not null or not s.enabled)::int
  from unnest($1::int[], $2::bigint[]) as c(tenant_id, id)
  left join godwit.sources s on s.tenant_id = c.tenant_id and s.id = c.id;

-- All flags of a workspace, as the edge decides by them.
-- name: cache_flags
select t.id, godwit.flags_text(t.id)
  from (select distinct tenant_id as id from godwit.flags
         where archived_at is null and tenant_id > $1::int order by 1 limit $2::int) t;

-- name: cache_flags_now
select c.tenant_id, godwit.flags_text(c.tenant_id)
  from (select distinct unnest($1::int[])) as c(tenant_id);
