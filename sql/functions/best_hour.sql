-- The hour of the day at which somebody reads his mail.

-- Of the recipients of a campaign their hour, 0 to 23 in their own zone (p_zone: of who has none):
-- that in which they, and who was merged into them, have opened or clicked most of the campaigns
-- that were begun within 90 days, once a campaign, by the click where there is one. Who has fewer
-- than three of these has the hour of all together, where that is of a hundred or more; else -1.
create or replace function godwit.best_hours(p_tenant int, p_campaign bigint, p_zone text,
    p_now timestamptz)
returns table (contact_id bigint, hour int) language sql stable
set work_mem = '64MB'
as $$
    with a as materialized (
        select b.base + o.off as id, coalesce(p.zone, '') as zone
          from godwit.audience_blocks b
         cross join unnest(b.offsets) o(off)
          left join godwit.contacts p on p.tenant_id = p_tenant and p.id = b.base + o.off
         where b.tenant_id = p_tenant and b.campaign_id = p_campaign
    ), who as materialized (
        -- whether it is one takes its time: asked of each once
        select a.id, z.local as zone
          from a join (select d.zone, case when godwit.is_zone(d.zone) then d.zone
                                           else p_zone end as local
                         from (select distinct zone from a) d) z using (zone)
    ), acts as materialized (
        select w.id, date_part('hour', case when g.human & 2 > 0 then g.clicked_at
                   else g.opened_at end at time zone w.zone)::int as hour
          from godwit.campaigns_begun(p_tenant, p_now - interval '90 days', p_now) c
          join godwit.engagement g on g.tenant_id = p_tenant and g.campaign_id = c.id
           and g.human > 0
          left join godwit.contact_alias a on a.tenant_id = p_tenant
           and a.contact_id = g.contact_id
          join who w on w.id = coalesce(a.into_id, g.contact_id)
         where c.id <> p_campaign
    ), usual as materialized (
        select u.hour from (select t.hour, count(*) as n from acts t group by 1) u
         where (select count(*) from acts) >= 100 order by u.n desc, u.hour limit 1
    ), best as (
        -- of two the earlier one
        select t.id, mode() within group (order by t.hour) as hour
          from acts t group by t.id having count(*) >= 3
    )
    select w.id, coalesce(b.hour, (select u.hour from usual u), -1)
      from who w left join best b on b.id = w.id
$$;

-- The first instant from p_at on at which it is that hour in a zone; p_at itself within it, and
-- when it is -1.
create or replace function godwit.hour_next(p_at timestamptz, p_hour int, p_zone text)
returns timestamptz language sql stable
as $$ select case when p_hour in (-1, extract(hour from l.at)) then p_at
                  else godwit.local_instant(l.at::date + (extract(hour from l.at) > p_hour)::int
                           + make_time(p_hour, 0, 0), p_zone) end
        from (select p_at at time zone p_zone) l(at) $$;
