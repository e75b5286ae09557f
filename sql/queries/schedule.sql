-- Campaigns that are due: see worker/cron/schedule.c.

-- By the clock, and those that must pause.
-- name: schedule_due
select c.tenant_id, c.id from godwit.campaigns c where c.due_at <= $1::timestamptz
union all
select c.tenant_id, c.id
  from godwit.campaigns c
  join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
 where c.started_at is not null and c.finished_at is null
   and c.state in ('running', 'finishing') and godwit.campaign_limit(c, k) is not null
 order by 1, 2;

-- name: schedule_step
select godwit.campaign_due($1::int, $2::bigint, $3::timestamptz);
