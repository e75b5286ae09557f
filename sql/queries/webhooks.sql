-- Webhooks out: the role http holds endpoints under a lease, fenced by epoch.

-- What an earlier process of this host held is free at once.
-- name: hooks_enter
update godwit.webhook_lanes
   set holder = null, epoch = epoch + 1, lease_until = $2::timestamptz
 where qshard = 0 and holder = $1::int;

-- Endpoints with something due, the one first that waits longest: one probe of
-- the index for each that has anything open.
-- name: hooks_claim
with recursive open as (
    (select d.tenant_id, d.webhook_id, d.due_at from godwit.webhook_deliveries d
      where d.qshard = 0 and d.state = 'pending'
      order by d.tenant_id, d.webhook_id, d.due_at limit 1)
    union all
    select n.tenant_id, n.webhook_id, n.due_at
      from open o cross join lateral (
        select d.tenant_id, d.webhook_id, d.due_at from godwit.webhook_deliveries d
         where d.qshard = 0 and d.state = 'pending'
           and (d.tenant_id, d.webhook_id) > (o.tenant_id, o.webhook_id)
         order by d.tenant_id, d.webhook_id, d.due_at limit 1) n
), due as materialized (
    select l.tenant_id, l.webhook_id
      from open o
      join godwit.webhook_lanes l on l.qshard = 0 and l.tenant_id = o.tenant_id
           and l.webhook_id = o.webhook_id
     where o.due_at <= $2::timestamptz and l.lease_until <= $2::timestamptz
     order by o.due_at limit 64 for update of l skip locked
), mine as (
    update godwit.webhook_lanes l
       set holder = $1::int, epoch = l.epoch + 1, lease_until = $3::timestamptz
      from due where l.qshard = 0 and l.tenant_id = due.tenant_id
       and l.webhook_id = due.webhook_id
    returning l.tenant_id, l.webhook_id, l.epoch
)
select m.tenant_id, m.webhook_id, m.epoch, w.ordered, coalesce(w.rate, 0), e.*
  from mine m
  join godwit.webhooks w on w.tenant_id = m.tenant_id and w.id = m.webhook_id
 cross join lateral godwit.webhook_endpoint(w, $2::timestamptz) e;

-- The one of a campaign, or of a template's content: what else signs and leads there.
-- name: hooks_endpoint
select e.*
  from godwit.webhooks w
 cross join lateral godwit.webhook_endpoint(w, $3::timestamptz) e
 where w.tenant_id = $1::int and w.id = substr($2, 4)::bigint and w.enabled;

-- Up to so many ($6) that are due now and not among those ($5) that the holder has:
-- no row when the endpoint is not his any more, one of nulls when there is none.
-- name: hooks_load
select d.id, d.event_id, d.attempts, d.tries, d.body
  from godwit.webhook_lanes l
  left join lateral (
    select d.id, d.event_id, d.attempts, d.tries, d.due_at,
           godwit.webhook_body(d.type, d.created_at, d.data) as body
      from godwit.webhook_deliveries d
     where d.qshard = 0 and d.tenant_id = l.tenant_id and d.webhook_id = l.webhook_id
       and d.state = 'pending' and d.due_at <= $4::timestamptz and d.id <> all ($5::bigint[])
     order by d.due_at, d.id limit $6::int) d on true
 where l.qshard = 0 and l.tenant_id = $1::int and l.webhook_id = $2::bigint
   and l.epoch = $3::bigint
 order by d.due_at, d.id;

-- The same of one that gets its deliveries by id: none behind one that is not
-- due yet.
-- name: hooks_load_ordered
select d.id, d.event_id, d.attempts, d.tries, d.body
  from godwit.webhook_lanes l
  left join lateral (
    select d.id, d.event_id, d.attempts, d.tries,
           godwit.webhook_body(d.type, d.created_at, d.data) as body
      from (select d.*, bool_and(d.due_at <= $4::timestamptz) over (order by d.id) as now
              from (select * from godwit.webhook_deliveries d
                     where d.qshard = 0 and d.tenant_id = l.tenant_id
                       and d.webhook_id = l.webhook_id and d.state = 'pending'
                     order by d.id limit $6::int) d) d
     where d.now and d.id <> all ($5::bigint[])) d on true
 where l.qshard = 0 and l.tenant_id = $1::int and l.webhook_id = $2::bigint
   and l.epoch = $3::bigint
 order by d.id;

-- Those of these (tenant, webhook, epoch) that are still held.
-- name: hooks_renew
update godwit.webhook_lanes l set lease_until = $1::timestamptz
  from unnest($2::int[], $3::bigint[], $4::bigint[]) u(tenant, webhook, epoch)
 where l.qshard = 0 and l.tenant_id = u.tenant and l.webhook_id = u.webhook
   and l.epoch = u.epoch
returning l.tenant_id, l.webhook_id, l.epoch;

-- Given back; nobody takes it before $4, nor before the first is due of one
-- that is ordered.
-- name: hooks_release
update godwit.webhook_lanes l
   set holder = null, lease_until = greatest($4::timestamptz, (
        select d.due_at from godwit.webhook_deliveries d
          join godwit.webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
               and w.ordered
         where d.qshard = 0 and d.tenant_id = l.tenant_id and d.webhook_id = l.webhook_id
           and d.state = 'pending' order by d.id limit 1))
 where l.qshard = 0 and l.tenant_id = $1::int and l.webhook_id = $2::bigint
   and l.epoch = $3::bigint;

-- name: hooks_tell
select godwit.webhook_results($1::timestamptz, $2::jsonb);
