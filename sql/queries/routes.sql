-- The ways to mail exchangers: what the role mail keeps of them.

-- Policies that hold at $1, as {domain: {"id","mode","mx","until"}}.
-- name: sts_known
select coalesce(jsonb_object_agg(p.domain, jsonb_build_object('id', p.id, 'mode', p.mode,
           'mx', p.mx, 'until', extract(epoch from p.until)::bigint)), '{}')
  from (select * from godwit.mta_sts where until > $1::timestamptz
         order by until desc limit 100000) p;

-- Keep these, in the same form; those that hold no more go.
-- name: sts_keep
with gone as (
    delete from godwit.mta_sts where until <= $1::timestamptz and not $2::jsonb ? domain
)
insert into godwit.mta_sts as p (domain, id, mode, mx, until)
select k, v->>'id', v->>'mode', v->>'mx', to_timestamp((v->>'until')::bigint)
  from jsonb_each($2::jsonb) as e(k, v)
on conflict (domain) do update
   set id = excluded.id, mode = excluded.mode, mx = excluded.mx, until = excluded.until;

-- Parts of today's ceilings for (tenant, domain, so many wanted): the number of
-- the pair and how many it gets, null for any; pairs that warm up only.
-- name: warmup_take
select n, granted from godwit.warmup_take($2::int[], $3::text[], $4::int[], $1::timestamptz);

-- What is set for routes, of those where anything is.
-- name: route_settings
select name, paused, coalesce(rate, 0), coalesce(connections, 0) from godwit.routes
 where tenant_id = 1 and (paused or rate is not null or connections is not null)
 order by name;

-- A host tells of its routes: [{"name", ...}] as RouteHost of the contract.
-- name: route_states
with told as materialized (
    select distinct on (s->>'name') s->>'name' as name, s - 'name' as state
      from jsonb_array_elements($3::jsonb) s order by s->>'name'
), new as (
    insert into godwit.routes (tenant_id, name, updated_at)
    select 1, t.name, $2::timestamptz from told t on conflict (tenant_id, name) do nothing
    returning tenant_id, id, name
), all_of as (
    select r.id, t.state from told t
      join (select id, name from new union all
            select id, name from godwit.routes where tenant_id = 1) r on r.name = t.name
)
insert into godwit.route_states as s (tenant_id, route_id, host_id, state, at)
select 1, a.id, $1::int, a.state, $2::timestamptz from all_of a
on conflict (tenant_id, route_id, host_id) do update set state = excluded.state, at = excluded.at;

-- Nobody has told of a route for a month, and nothing is set for it.
-- name: cron_routes
delete from godwit.routes r
 where r.tenant_id = 1 and not r.paused and r.rate is null and r.connections is null
   and r.updated_at < $1::timestamptz - interval '30 days'
   and not exists (select from godwit.route_states s where s.tenant_id = 1
                      and s.route_id = r.id and s.at > $1::timestamptz - interval '30 days');
