-- The hour of the day at which somebody reads his mail.

-- Of the recipients of a campaign their hour, 0 to 23 in their own zone (p_zone: of who has none):
-- that in which they, and who was merged into them, have opened or clicked most of the campaigns
-- that were begun within 90 days, once a campaign, by the click where there is one. Who has fewer
-- than three of these has the hour of all together, where that is of a hundred or more; else -1.
create or replace function godwit.best_hours(p_tenant int, p_campaign bigint, p_zone text,
    p_now timestamptz)
returns table (contact_id bigint, hour int) language sql stable
as $$
    with who as materialized (
        select b.base + o.off as id, case when godwit.is_zone(p.zone) then p.zone else p_zone end
                   as zone
          from godwit.audience_blocks b
         cross join unnest(b.offsets) o(off)
          left join godwit.contacts p on p.tenant_id = p_tenant and p.id = b.base + o.off
         where b.tenant_id = p_tenant and b.campaign_id = p_campaign
    ), acts as (
        select coalesce(a.into_id, g.contact_id) as id,
               case when g.human & 2 > 0 then g.clicked_at else g.opened_at end as at
          from godwit.campaigns_begun(p_tenant, p_now - interval '90 days', p_now) c
          join godwit.engagement g on g.tenant_id = p_tenant and g.campaign_id = c.id
           and g.human > 0
          left join godwit.contact_alias a on a.tenant_id = p_tenant
           and a.contact_id = g.contact_id
         where c.id <> p_campaign
    ), n as materialized (
        select w.id, extract(hour from t.at at time zone w.zone)::int as hour, count(*) as n
          from acts t join who w using (id) group by 1, 2
    ), usual as (
        select n.hour, sum(n.n) as n from n group by 1
    ), best as (
        select distinct on (n.id) n.id, n.hour, sum(n.n) over (partition by n.id) as n
          from n join usual u using (hour) order by n.id, n.n desc, u.n desc, n.hour
    )
    select w.id, coalesce(case when b.n >= 3 then b.hour end,
               (select u.hour from usual u where (select sum(n) from usual) >= 100
                 order by u.n desc, u.hour limit 1), -1)
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
