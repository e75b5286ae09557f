-- Opens and clicks judged by when they came: see worker/cron/verdicts.c.

-- The oldest note that has waited until $1, and with it those of its campaign that
-- begin within 10 minutes of the first of them.
-- name: verdict_next
with d as (
    select tenant_id, campaign_id from godwit.verdicts_due
     where qshard = 0 and noted_at <= $1::timestamptz order by id limit 1
), c as (
    select v.* from d join godwit.verdicts_due v using (tenant_id, campaign_id)
     where v.qshard = 0 and v.noted_at <= $1::timestamptz
), f as (
    select min(since) as since from c
)
select c.tenant_id, c.campaign_id, to_char(f.since, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(least(max(c.until), f.since + interval '10 minutes'),
               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), max(c.id)
  from c, f
 where c.since <= f.since + interval '10 minutes'
 group by c.tenant_id, c.campaign_id, f.since;

-- Its events of then and so many ms around. An address that is not of the internet
-- says nothing of a network: it is that of a proxy in front.
-- name: verdict_events
select e.id, (extract(epoch from e.at) * 1000000)::bigint, e.contact_id, e.kind, e.class,
       coalesce(e.reason, 0), coalesce(e.link, -1),
       case when e.ip is null or e.ip <<= any ('{0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,
                169.254.0.0/16,172.16.0.0/12,192.168.0.0/16,::/8,fc00::/7,fe80::/10}'::inet[])
            then 0
            else hashtextextended(network(set_masklen(e.ip,
                case family(e.ip) when 4 then 24 else 48 end))::text, 0) end,
       coalesce((extract(epoch from s.at) * 1000000)::bigint, 0), e.ip is null
  from godwit.events e
  left join godwit.sends s on e.kind = 2 and s.tenant_id = $1::int
       and s.campaign_id = $2::bigint and s.contact_id = e.contact_id and s.state = 2
 where e.tenant_id = $1::int and e.campaign_id = $2::bigint
   and e.at >= $3::timestamptz - $5::int * interval '1 ms'
   and e.at <= $4::timestamptz + $5::int * interval '1 ms'
   and (e.kind = 2 or e.kind = 1 and e.class in (1, 4))
 order by e.at, e.id
 limit $6::int;

-- Those of one campaign: what each shall be.
-- name: verdict_change
select godwit.events_reclass(($1::int[])[1], ($2::bigint[])[1], $3::bigint[], $4::timestamptz[],
                             $5::smallint[], $6::smallint[], $7::smallint[]);

-- What was noted is judged until $4, in the same transaction; segments look again at
-- who it was.
-- name: verdict_done
with told as (
    insert into godwit.change_log (tenant_id, kind, key, at)
    select v.tenant_id, 'events', godwit.span_key(v.campaign_id, $3::timestamptz,
               $4::timestamptz), max(v.noted_at)
      from godwit.verdicts_due v
     where v.qshard = 0 and v.tenant_id = $1::int and v.campaign_id = $2::bigint
       and v.id <= $5::bigint
       and exists (select from godwit.segments s where s.tenant_id = v.tenant_id)
     group by v.tenant_id, v.campaign_id
), gone as (
    delete from godwit.verdicts_due
     where qshard = 0 and tenant_id = $1::int and campaign_id = $2::bigint and id <= $5::bigint
       and since >= $3::timestamptz and until <= $4::timestamptz
)
update godwit.verdicts_due set since = $4::timestamptz
 where qshard = 0 and tenant_id = $1::int and campaign_id = $2::bigint and id <= $5::bigint
   and since between $3::timestamptz and $4::timestamptz and until > $4::timestamptz;
