-- owner: gw_owner
-- Events that are judged again, and the roll-ups with them.

-- Give events of a campaign another class and reason, one for each place of the
-- arrays, unless an event has another class by now than p_was. Returns how many
-- were changed. What is counted once a person looks at the events that are kept;
-- when the first of them are gone it stays as it was judged.
--
-- A drain decides by rows of engagement that it has read and does not lock, and
-- events that nobody sees yet; so this waits for those who are between their
-- compare-and-set and their commit, and they for this.
create or replace function godwit.events_reclass(p_tenant int, p_campaign bigint, p_ids bigint[],
    p_at timestamptz[], p_was smallint[], p_class smallint[], p_reason smallint[])
returns bigint language plpgsql
set timezone = 'UTC'
as $$
declare
    v_contacts bigint[];
    v_n bigint;
    v_opens bigint;
    v_clicks bigint;
    v_unique_opens bigint;
    v_unique_clicks bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('godwit events', 0));

    with c as (
        select * from unnest(p_ids, p_at, p_was, p_class, p_reason) as c(id, at, was, class, reason)
    ), u as (
        update godwit.events e set class = c.class, reason = nullif(c.reason, 0)
          from c
         where e.tenant_id = p_tenant and e.campaign_id = p_campaign and e.at = c.at
           and e.id = c.id and e.class = c.was
        returning e.contact_id, e.kind, e.at, c.was, c.class
    ), moved as (
        select date_trunc('hour', m.at) as hour, m.kind, x.class, sum(x.n) as n
          from u m, lateral (values (m.class, 1), (m.was, -1)) x(class, n)
         group by 1, 2, 3 having sum(x.n) <> 0
    ), hours as (
        insert into godwit.campaign_hours (tenant_id, campaign_id, hour, kind, class, n)
        select p_tenant, p_campaign, m.hour, m.kind, m.class, m.n from moved m
         order by 1, 2, 3, 4, 5
        on conflict (tenant_id, campaign_id, hour, kind, class) do update
           set n = campaign_hours.n + excluded.n
    )
    select array_agg(distinct m.contact_id), count(*),
           coalesce(sum((m.class in (1, 2))::int - (m.was in (1, 2))::int)
                    filter (where m.kind = 1), 0),
           coalesce(sum((m.class = 1)::int - (m.was = 1)::int) filter (where m.kind = 2), 0)
      into v_contacts, v_n, v_opens, v_clicks from u m;

    delete from godwit.campaign_hours h
     where h.tenant_id = p_tenant and h.campaign_id = p_campaign and h.n = 0;

    with e as (
        select contact_id, min(at) filter (where kind = 1) as opened_at,
               min(at) filter (where kind = 2) as clicked_at,
               coalesce(min(class) filter (where class > 0), 0) as class,
               bit_or(case when kind = 1 and class in (1, 2) or kind = 2 and class = 1
                           then kind else 0 end) as human
          from godwit.events
         where tenant_id = p_tenant and campaign_id = p_campaign and contact_id = any (v_contacts)
         group by contact_id
    ), p as (
        select g.contact_id, g.human as was, k.whole,
               case when k.whole then e.class else least(nullif(g.class, 0), nullif(e.class, 0))
               end as class,
               case when k.whole then e.human else g.human | e.human end as human
          from e join godwit.engagement g on g.tenant_id = p_tenant
               and g.campaign_id = p_campaign and g.contact_id = e.contact_id
         cross join lateral (select coalesce(g.opened_at >= e.opened_at, g.opened_at is null)
               and coalesce(g.clicked_at >= e.clicked_at, g.clicked_at is null) as whole) k
    ), u as (
        update godwit.engagement g set class = coalesce(p.class, 0), human = p.human
          from p
         where g.tenant_id = p_tenant and g.campaign_id = p_campaign
           and g.contact_id = p.contact_id
           and (g.class, g.human) is distinct from (coalesce(p.class, 0::smallint), p.human)
        returning p.was, p.human
    )
    select coalesce(sum((human & 1) - (was & 1)), 0),
           coalesce(sum((human & 2) - (was & 2)) / 2, 0)
      into v_unique_opens, v_unique_clicks from u;

    update godwit.campaign_totals t
       set human_opens = t.human_opens + v_opens,
           human_clicks = t.human_clicks + v_clicks,
           human_unique_opens = t.human_unique_opens + v_unique_opens,
           human_unique_clicks = t.human_unique_clicks + v_unique_clicks,
           -- what one lost another may have won
           rescored = t.rescored + 1
     where t.tenant_id = p_tenant and t.campaign_id = p_campaign and v_n > 0;
    return v_n;
end $$;

revoke all on function godwit.events_reclass(int, bigint, bigint[], timestamptz[], smallint[],
    smallint[], smallint[]) from gw_api, gw_search;
