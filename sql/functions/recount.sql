-- owner: gw_owner
-- Roll-ups against the events they were rolled up from.

-- What does not add up for a campaign: no row when all does. `hours` and
-- `engagement` tell how many cells and persons are not what the events say.
create or replace function godwit.campaign_recount(p_tenant int, p_campaign bigint)
returns table (what text, rolled_up bigint, counted bigint)
language sql stable
set search_path = pg_catalog, godwit, pg_temp
set timezone = 'UTC'
as $$
    with e as materialized (
        select contact_id, at, kind, class, godwit.is_unsubscribe(kind, flags) as leaves,
               kind = 1 and class in (1, 2) or kind = 2 and class = 1 as human
          from godwit.events where tenant_id = p_tenant and campaign_id = p_campaign
    ), persons as (
        select contact_id, min(at) filter (where kind = 1) as opened_at,
               min(at) filter (where kind = 2) as clicked_at,
               min(at) filter (where leaves) as unsubscribed_at,
               coalesce(min(class) filter (where class > 0), 0) as class,
               bit_or(case when not human then 0 else kind end) as human
          from e group by contact_id
        having bool_or(kind in (1, 2) or leaves)
    ), cells as (
        select date_trunc('hour', at) as hour, kind, class, count(*) as n
          from e group by 1, 2, 3
    ), t as (
        select * from godwit.campaign_totals
         where tenant_id = p_tenant and campaign_id = p_campaign
    ), found as (
        select 'opens' as what, (select opens from t) as rolled_up,
               (select count(*) from e where kind = 1) as counted
        union all
        select 'clicks', (select clicks from t), (select count(*) from e where kind = 2)
        union all
        select 'unique_opens', (select unique_opens from t), count(opened_at) from persons
        union all
        select 'unique_clicks', (select unique_clicks from t), count(clicked_at) from persons
        union all
        select 'unsubscribes', (select unsubscribes from t), count(unsubscribed_at) from persons
        union all
        select 'human_opens', (select human_opens from t),
               (select count(*) from e where human and kind = 1)
        union all
        select 'human_clicks', (select human_clicks from t),
               (select count(*) from e where human and kind = 2)
        union all
        select 'human_unique_opens', (select human_unique_opens from t),
               count(*) filter (where human & 1 > 0) from persons
        union all
        select 'human_unique_clicks', (select human_unique_clicks from t),
               count(*) filter (where human & 2 > 0) from persons
        union all
        select 'hours', count(*), 0
          from cells c full join (
                select * from godwit.campaign_hours
                 where tenant_id = p_tenant and campaign_id = p_campaign) h
            using (hour, kind, class)
         where c.n is distinct from h.n
        union all
        select 'engagement', count(*), 0
          from persons p full join (
                select * from godwit.engagement
                 where tenant_id = p_tenant and campaign_id = p_campaign) g
            using (contact_id)
         where (p.opened_at, p.clicked_at, p.unsubscribed_at, p.class, p.human) is distinct
               from (g.opened_at, g.clicked_at, g.unsubscribed_at, g.class, g.human)
    )
    select what, coalesce(rolled_up, 0), counted from found
     where coalesce(rolled_up, 0) <> counted;
$$;

revoke all on function godwit.campaign_recount(int, bigint) from gw_api, gw_search;
