-- Stored events judged anew when the rules have another version: see
-- worker/cron/rescore.c.

-- How far it is; the first of all has nothing to do.
-- name: rescore_state
with n as (
    insert into godwit.class_version (version, wanted, begin_at)
    values ($1::int, $1::int, $2::timestamptz)
    on conflict do nothing
    returning *
)
select version, wanted, begin_at <= $2::timestamptz, tenant, campaign, at::text, event from (
    select * from n union all select * from godwit.class_version) v limit 1;

-- From the beginning, by version $1, not before $2.
-- name: rescore_begin
update godwit.class_version
   set wanted = $1::int, begin_at = $2::timestamptz, tenant = 0, campaign = 0, at = '-infinity',
       event = 0;

-- The campaign after that one.
-- name: rescore_campaign
select tenant_id, campaign_id from godwit.campaign_totals
 where (tenant_id, campaign_id) > ($1::int, $2::bigint)
 order by tenant_id, campaign_id limit 1;

-- Its next opens and clicks. An erased one has no evidence left and stays what
-- it was.
-- name: rescore_events
select e.id, (extract(epoch from e.at) * 1000000)::bigint, e.at::text, e.kind, e.class,
       coalesce(e.reason, 0), e.flags, host(e.ip), coalesce(e.user_agent, ''),
       coalesce(e.referer, '')
  from godwit.events e
 where e.tenant_id = $1::int and e.campaign_id = $2::bigint and e.at >= $3::timestamptz
   and (e.at, e.id) > ($3::timestamptz, $4::bigint) and e.kind in (1, 2) and e.ip is not null
 order by e.at, e.id limit $5::int;

-- What came from $3 to $4 is to be judged by timing again, and what came so
-- shortly before (timing reaches a minute at most) that it was judged beside
-- events that now have another class.
-- name: rescore_notes
insert into godwit.verdicts_due (tenant_id, campaign_id, since, until, noted_at)
select $1::int, $2::bigint, min(e.at) - interval '1 minute', max(e.at),
       $5::timestamptz
  from godwit.events e
 where e.tenant_id = $1::int and e.campaign_id = $2::bigint
   and e.at between $3::timestamptz and $4::timestamptz and e.kind in (1, 2)
 group by date_bin('10 minutes', e.at, '2000-01-01Z');

-- name: rescore_reached
update godwit.class_version
   set tenant = $1::int, campaign = $2::bigint, at = $3::timestamptz, event = $4::bigint;

-- name: rescore_done
update godwit.class_version set version = wanted;
