-- The role jobs: operations are claimed under a lease, fenced by their epoch.

-- What this host held before beyond these (tenant, id): a process of the role
-- has died, or the answer to its claim was lost.
-- name: jobs_release
update godwit.operations o set lease_until = $2::timestamptz
 where o.qshard = 0 and o.state = 'running' and o.holder = $1::int
   and o.lease_until > $2::timestamptz
   and not exists (select from unnest($3::int[], $4::bigint[]) u(tenant, id)
                    where u.tenant = o.tenant_id and u.id = o.id);

-- The one that waits longest and can run here, of these kinds and of a workspace
-- that has not two of them running already; the directory (0) is everybody's.
-- name: jobs_claim
with busy as materialized (
    select r.tenant_id from godwit.operations r
     where r.qshard = 0 and r.state = 'running' and r.lease_until > $2::timestamptz
       and r.kind = any ($4::text[]) and r.tenant_id > 0
     group by r.tenant_id having count(*) >= 2
), due as materialized (
    select o.tenant_id, o.id from godwit.operations o
     where o.qshard = 0 and o.state in ('queued', 'running')
       and o.lease_until <= $2::timestamptz and o.kind = any ($4::text[])
       and (o.host_id is null or o.host_id = $1::int)
       and not exists (select from busy b where b.tenant_id = o.tenant_id)
     order by o.lease_until, o.id limit 1 for update of o skip locked
)
update godwit.operations o
   set state = 'running', holder = $1::int, epoch = o.epoch + 1, attempts = o.attempts + 1,
       lease_until = $3::timestamptz, started_at = coalesce(o.started_at, $2::timestamptz)
  from due where o.qshard = 0 and o.tenant_id = due.tenant_id and o.id = due.id
returning o.tenant_id, o.id, o.epoch, o.kind, o.attempts, o.cancelling, o.input,
          coalesce(o.request_id, '');

-- Hold these (tenant, id, epoch) until $1; those that are somebody else's by
-- now, or over, come back. One whose row is locked is just making a step.
-- name: jobs_renew
with mine as materialized (
    select * from unnest($2::int[], $3::bigint[], $4::bigint[]) u(tenant, id, epoch)
), free as materialized (
    select o.tenant_id, o.id from godwit.operations o
      join mine m on m.tenant = o.tenant_id and m.id = o.id and m.epoch = o.epoch
     where o.qshard = 0 and o.state = 'running' for update of o skip locked
), held as (
    update godwit.operations o set lease_until = $1::timestamptz
      from free f where o.qshard = 0 and o.tenant_id = f.tenant_id and o.id = f.id
)
select m.tenant, m.id from mine m
 where not exists (select from godwit.operations o
                    where o.qshard = 0 and o.tenant_id = m.tenant and o.id = m.id
                      and o.epoch = m.epoch and o.state = 'running');

-- A step is done: in the transaction of what it did, so that nobody who was
-- fenced off commits one. No row: it is somebody else's by now.
-- name: jobs_step
update godwit.operations
   set lease_until = greatest(lease_until, $4::timestamptz),
       progress = jsonb_build_object('done', $5::bigint, 'total', $6::bigint)
 where qshard = 0 and tenant_id = $1::int and id = $2::bigint and epoch = $3::bigint
   and state = 'running'
returning cancelling;

-- Give it back until $4; $5: how many attempts do not count.
-- name: jobs_yield
update godwit.operations
   set state = 'queued', holder = null, lease_until = $4::timestamptz,
       attempts = attempts - $5::int, error = coalesce($6::jsonb, error)
 where qshard = 0 and tenant_id = $1::int and id = $2::bigint and epoch = $3::bigint
   and state = 'running';

-- name: jobs_end
select godwit.operation_end($1::int, $2::bigint, $3::bigint, $4, $5::jsonb, $6::jsonb,
    $7::timestamptz);
