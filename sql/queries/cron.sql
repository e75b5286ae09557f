-- The role cron, and the heart-beat of a host.

-- name: host_enter
insert into godwit.hosts (name, boot_id, seen_at)
values ($1::uuid, $2::uuid, $3::timestamptz)
on conflict (name) do update
   set boot_id = excluded.boot_id, seen_at = excluded.seen_at
returning id;

-- name: cron_lead
select pg_try_advisory_lock(hashtextextended('godwit cron', 0));

-- name: cron_partitions
select godwit.partitions_ensure($1::timestamptz);

-- name: cron_change_log
delete from godwit.change_log
 where qshard = 0 and at < $1::timestamptz - interval '1 hour';

-- Segments that were done with long ago. The drain takes none that it does not
-- know and that is older than 60 days, so one that comes back is not drained
-- twice; what is open is somebody's.
-- name: cron_spool_pos
delete from godwit.spool_pos
 where state <> 'open' and updated_at < $1::timestamptz - interval '90 days';

-- Records that no table could hold: as long as somebody may ask for them.
-- name: cron_event_rejects
delete from godwit.event_rejects
 where at < $1::timestamptz - interval '90 days';

-- Rows whose recipient is settled: nothing is left to send.
-- name: cron_mail_queue
delete from godwit.mail_queue q
 using godwit.sends s
 where q.qshard = 0 and q.host_id is null
   and s.tenant_id = q.tenant_id
   and s.campaign_id = q.campaign_id
   and s.contact_id = q.contact_id
   and s.state not in (0, 1);

-- What nobody sends: its files are where nobody has been for a while. Who is
-- there again takes it back.
-- name: cron_campaigns
update godwit.campaigns c set problem = h.problem
  from auth.tenants t, (select id, case when lost_at is not null
               or seen_at <= $1::timestamptz - interval '3 minutes'
               then format('its files are on %s, which was seen last at %s UTC',
                   godwit.id_text('host', id),
                   to_char(seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) end as problem
          from godwit.hosts) h
 where c.tenant_id = t.id and c.host_id = h.id and c.started_at is not null
   and c.finished_at is null and c.state <> 'cancelled'
   and case when h.problem is null then c.problem like 'its files are on host\_%'
            else c.problem is null end;

-- Replies kept for an Idempotency-Key: a day is promised.
-- name: cron_idempotency
delete from godwit.idempotency i
 using auth.tenants t
 where i.tenant_id = t.id and i.created_at < $1::timestamptz - interval '25 hours';

-- Who was erased is seen again: of an event that was still in the spool, or of a
-- mail that he has kept.
-- name: cron_erasures
update godwit.events e set ip = null, user_agent = null, referer = null
  from godwit.erasures x
 where x.at > $1::timestamptz - interval '90 days'
   and e.tenant_id = x.tenant_id and e.contact_id = x.contact_id
   and (e.ip is not null or e.user_agent is not null or e.referer is not null);

-- Roll-ups that are behind are worked out by the role jobs.
-- name: cron_rollups
insert into godwit.operations (tenant_id, kind, input, lease_until, created_at)
select distinct d.tenant_id, 'analytics_roll', '{}'::jsonb, $1::timestamptz, $1::timestamptz
  from godwit.rollups_due(null, $1::timestamptz, false) d
 where not exists (select from godwit.operations o
                    where o.qshard = 0 and o.tenant_id = d.tenant_id
                      and o.kind = 'analytics_roll' and o.state in ('queued', 'running'));

-- name: cron_quotas
select godwit.quota_look($1::timestamptz);

-- name: cron_retention
select godwit.retention_apply($1::timestamptz);

-- What came back is known for a year.
-- name: cron_bounces
delete from godwit.bounces b
 using auth.tenants t, lateral (select tenant_id, id from godwit.bounces
         where tenant_id = t.id and at < $1::timestamptz - interval '1 year'
         order by at limit 1000) o
 where b.tenant_id = o.tenant_id and b.id = o.id;

-- Operations that were over long ago.
-- name: cron_operations
delete from godwit.operations
 where qshard = 0
   and (finished_at < $1::timestamptz - interval '30 days'
        -- what anybody may begin, or begins by itself
        or kind in ('sso_login', 'sso_logout', 'analytics_roll')
           and finished_at < $1::timestamptz - interval '1 day');

-- Sessions and one-time links that were over long ago, attempts to log in that
-- count no more.
-- name: cron_sessions
delete from auth.sessions where expires_at < $1::timestamptz - interval '30 days';

-- name: cron_tickets
delete from auth.tickets where expires_at < $1::timestamptz - interval '30 days';

-- name: cron_logins
delete from auth.provider_logins where created_at < $1::timestamptz - interval '1 day';

-- name: cron_attempts
delete from auth.attempts
 where started_at < $1::timestamptz - interval '15 minutes'
   and (user_id is null or failures <= told);

-- Deliveries of webhooks that were over long ago, and the log of attempts.
-- name: cron_hook_deliveries
delete from godwit.webhook_deliveries
 where qshard = 0 and finished_at < $1::timestamptz - interval '30 days';

-- name: cron_hook_attempts
delete from godwit.webhook_attempts
 where qshard = 0 and at < $1::timestamptz - interval '30 days';

-- What waits, for the metrics: of each queue 100,000 rows are looked at and no
-- more, and how late the one is that is due longest.
-- name: cron_queues
select 'mail', count(*), coalesce(extract(epoch from $1::timestamptz - min(q.due)), 0)::bigint
  from (select due from godwit.mail_queue where qshard = 0 limit 100000) q
union all
select 'operations', count(*),
       coalesce(extract(epoch from $1::timestamptz - min(q.lease_until)), 0)::bigint
  from (select lease_until from godwit.operations
         where qshard = 0 and state in ('queued', 'running') limit 100000) q;
