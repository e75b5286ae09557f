-- Experiments of campaigns: see worker/cron/experiments.c.

-- The tests that have gone out and are not decided; one that just has gets its time. While
-- quiet hours keep it from somebody it has not; a cap may do so for longer than a test lasts.
-- name: experiments_open
with gone as (
    update godwit.experiments x set decide_at = $1::timestamptz + x.hours * interval '1 hour'
           / case x.rule when 'bandit' then 10 else 1 end
      from godwit.campaign_cursors k
     where k.tenant_id = x.tenant_id and k.campaign_id = x.campaign_id and k.pos >= k.gate
       and x.decide_at is null and x.decided_at is null
       and not exists (select from godwit.mail_queue q
             cross join lateral (select s.reason from godwit.sends s
                     where s.tenant_id = q.tenant_id and s.campaign_id = q.campaign_id
                       and s.contact_id = q.contact_id and s.state = 0 offset 0) s
             where q.qshard = 0 and q.tenant_id = x.tenant_id
               and q.campaign_id = x.campaign_id and s.reason = 'quiet hours')
)
select x.tenant_id, x.campaign_id
  from godwit.experiments x
  join godwit.campaigns c on c.tenant_id = x.tenant_id and c.id = x.campaign_id
 where x.decide_at is not null and x.decided_at is null and c.state <> 'cancelled'
 order by x.tenant_id, x.campaign_id;

-- What is to be judged of one.
-- name: experiment_input
select godwit.experiment_input(x, k.gate, $3::timestamptz)
  from godwit.experiments x
  join godwit.campaign_cursors k on k.tenant_id = x.tenant_id and k.campaign_id = x.campaign_id
 where x.tenant_id = $1::int and x.campaign_id = $2::bigint;

-- name: experiment_look
select godwit.experiment_look($1::int, $2::bigint, $3::jsonb, $4::jsonb, $5::timestamptz);
