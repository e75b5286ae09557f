-- Roll-ups of campaigns by domain, link and day: each is worked out of what is stored as a
-- whole, when its counters say that more has happened.

-- Who runs the mailboxes of a domain: those of a large provider are one, others by themselves.
create or replace function godwit.domain_group(p_domain text)
returns text language sql immutable parallel safe
as $$ select coalesce('{"gmail.com": "google", "googlemail.com": "google",
        "outlook.com": "microsoft", "hotmail.com": "microsoft", "hotmail.co.uk": "microsoft",
        "hotmail.fr": "microsoft", "hotmail.de": "microsoft", "live.com": "microsoft",
        "msn.com": "microsoft", "outlook.de": "microsoft", "outlook.fr": "microsoft",
        "yahoo.com": "yahoo", "yahoo.co.uk": "yahoo", "yahoo.de": "yahoo", "yahoo.fr": "yahoo",
        "ymail.com": "yahoo", "rocketmail.com": "yahoo", "aol.com": "yahoo",
        "icloud.com": "apple", "me.com": "apple", "mac.com": "apple",
        "gmx.de": "1and1", "gmx.net": "1and1", "gmx.at": "1and1", "gmx.com": "1and1",
        "web.de": "1and1", "mail.ru": "mail.ru", "bk.ru": "mail.ru", "inbox.ru": "mail.ru",
        "proton.me": "proton", "protonmail.com": "proton"}'::jsonb->>p_domain, p_domain) $$;

-- What of a campaign has been counted: roll-ups of the same are the same.
create or replace function godwit.rollup_seen(k godwit.campaign_cursors, t godwit.campaign_totals)
returns bigint[] language sql stable
as $$ select array[k.pos, k.in_flight, k.sent, k.failed, t.opens, t.unique_opens, t.clicks,
        t.unique_clicks, t.unsubscribes, t.human_opens, t.human_unique_opens, t.human_clicks,
        t.human_unique_clicks, k.returned, coalesce(t.rescored, 0)] $$;

-- The campaigns whose roll-ups are not what their counters say. A large one is not worked out
-- again before twenty times of what that takes are over (4 us a recipient), unless p_all. What
-- was worked out once stays when events or bounces of it may be gone: these are kept for as long
-- as the workspace says, and a year.
create or replace function godwit.rollups_due(p_tenant int, p_now timestamptz, p_all boolean)
returns table (tenant_id int, campaign_id bigint)
language sql stable
as $$
    select k.tenant_id, k.campaign_id
      from godwit.campaign_cursors k
      join godwit.campaigns c on c.tenant_id = k.tenant_id and c.id = k.campaign_id
      left join godwit.retention e on e.tenant_id = k.tenant_id
      left join godwit.campaign_totals t on t.tenant_id = k.tenant_id
           and t.campaign_id = k.campaign_id
      left join godwit.rollup_states r on r.tenant_id = k.tenant_id
           and r.campaign_id = k.campaign_id
     where (p_tenant is null or k.tenant_id = p_tenant)
       and (r.as_of is null or c.started_at
            > p_now - least(interval '1 year', make_interval(days => e.events)))
       and (p_all or r.as_of is null
            or r.as_of + greatest(interval '1 minute', greatest(k.audience, k.sent + k.failed)
                                  * interval '80 us') <= p_now)
       and r.seen is distinct from godwit.rollup_seen(k, t)
     order by k.tenant_id, k.campaign_id
$$;

-- What went out of a campaign, or had to: its ledger, or its messages. nth is 1 for all but the
-- later ones of a person.
create or replace function godwit.campaign_went(p_tenant int, p_campaign bigint)
returns table (contact_id bigint, state smallint, attempts smallint, at timestamptz, nth int)
language sql stable
as $$
    select s.contact_id, s.state, s.attempts, s.at, 1 from godwit.sends s
     where s.tenant_id = p_tenant and s.campaign_id = p_campaign
     union all
    select m.contact_id, m.state, m.attempts, m.at,
           least(2, row_number() over (partition by m.contact_id order by m.id))::int
      from godwit.messages m
     where m.tenant_id = p_tenant and m.campaign_id = p_campaign and m.contact_id is not null
$$;

-- By domain of recipients, as their addresses are now; one of less than a hundredth of them
-- is `other`, and `unknown` is whose contact is gone. Who was merged is the one he went into.
-- With the campaign as a whole.
create or replace function godwit.rollup_domains(p_tenant int, p_campaign bigint)
returns void language sql
as $$
    with p as materialized (
        select coalesce(s.contact_id, g.contact_id) as contact_id, s.state, s.attempts,
               g.opened_at, g.clicked_at, g.unsubscribed_at, g.human,
               coalesce(nullif(godwit.domain_group(split_part(lower(c.email), '@', 2)),
                               ''), 'unknown') as domain
          from godwit.campaign_went(p_tenant, p_campaign) s
          full join (select contact_id, opened_at, clicked_at, unsubscribed_at, human, 1 as nth
                       from godwit.engagement
                      where tenant_id = p_tenant and campaign_id = p_campaign) g
            on g.contact_id = s.contact_id and g.nth = s.nth
          left join godwit.contact_alias a on a.tenant_id = p_tenant
               and a.contact_id = coalesce(s.contact_id, g.contact_id)
          left join godwit.contacts c on c.tenant_id = p_tenant
               and c.id = coalesce(a.into_id, s.contact_id, g.contact_id)
    ), k as (
        select domain, case when count(*) * 100 >= sum(count(*)) over () then domain
                            else 'other' end as key
          from p group by domain
    ), b as materialized (
        select b.kind, b.class, coalesce(k.key, 'unknown') as key,
               coalesce(b.contact_id, -b.id) as who
          from godwit.bounces b
          left join p on p.contact_id = b.contact_id
          left join k on k.domain = coalesce(p.domain, 'unknown')
         where b.tenant_id = p_tenant and b.campaign_id = p_campaign
    ), n as (
        select coalesce(b.key, '') as key, b.kind = 'bounce' as bounce, b.class,
               grouping(b.class) = 1 as whole, count(distinct b.who) as n
          from b
         group by grouping sets ((b.key, b.kind, b.class), (b.key, b.kind), (b.kind, b.class),
                                 (b.kind))
    ), came as (
        select key, sum(n) filter (where whole and bounce) as bounced,
               sum(n) filter (where whole and not bounce) as complaints,
               jsonb_object_agg(class, n) filter (where not whole and bounce) as bounces
          from n group by key
    ), went as (
        select coalesce(k.key, '') as key, count(*) filter (where p.state = 2) as sent,
               count(*) filter (where p.state = 3) as failed,
               count(*) filter (where p.attempts > 1 or p.state in (0, 1)) as deferred,
               count(*) filter (where p.human & 1 > 0) as unique_opens,
               count(*) filter (where p.human & 2 > 0) as unique_clicks,
               count(p.unsubscribed_at) as unsubscribes, count(p.opened_at) as all_unique_opens,
               count(p.clicked_at) as all_unique_clicks
          from p join k on k.domain = p.domain
         group by grouping sets ((k.key), ())
    )
    insert into godwit.rollups (tenant_id, campaign_id, of, key, sent, failed, deferred, bounced,
        complaints, bounces, unique_opens, unique_clicks, unsubscribes, all_unique_opens,
        all_unique_clicks)
    select p_tenant, p_campaign, case key when '' then 'campaign' else 'domain' end, key,
           coalesce(w.sent, 0), coalesce(w.failed, 0), coalesce(w.deferred, 0),
           coalesce(c.bounced, 0), coalesce(c.complaints, 0), coalesce(c.bounces, '{}'),
           coalesce(w.unique_opens, 0), coalesce(w.unique_clicks, 0),
           coalesce(w.unsubscribes, 0), coalesce(w.all_unique_opens, 0),
           coalesce(w.all_unique_clicks, 0)
      -- whose mail came back may be known no more, and so no recipient
      from went w full join came c using (key)
$$;

-- An hour of UTC as rows of roll-ups name it; the session's zone is UTC.
create or replace function godwit.hour_key(p_at timestamptz)
returns text language sql stable parallel safe
as $$ select to_char(p_at, 'YYYY-MM-DD"T"HH24":00Z"') $$;

-- By link: those of one name are one, others by their URL; by index each by itself. By day of UTC:
-- people on the day on which they did it first. By hour: what was sent.
create or replace function godwit.rollup_links_days(p_tenant int, p_campaign bigint)
returns void language sql
set timezone = 'UTC'
as $$
    insert into godwit.rollups (tenant_id, campaign_id, of, key, clicks, unique_clicks,
        all_clicks, all_unique_clicks)
    select p_tenant, p_campaign, case when n.index is null then 'link' else 'index' end,
           coalesce(n.index::text, n.key), count(e.link) filter (where e.class = 1),
           count(distinct e.contact_id) filter (where e.class = 1), count(e.link),
           count(distinct e.contact_id)
      from godwit.campaigns c
      join godwit.template_versions v on v.tenant_id = p_tenant
           and v.template_id = c.template_id and v.version = c.template_version
     cross join jsonb_array_elements(v.links) l
     cross join lateral (select (l->>'index')::int, left(coalesce(l->>'name', l->>'url'), 500))
               n(index, key)
      left join godwit.events e on e.tenant_id = p_tenant and e.campaign_id = p_campaign
           and e.kind = 2 and e.link = n.index
     where c.tenant_id = p_tenant and c.id = p_campaign
     group by grouping sets ((n.index), (n.key));

    insert into godwit.rollups (tenant_id, campaign_id, of, key, sent, opens, unique_opens, clicks,
        unique_clicks, unsubscribes, all_opens, all_unique_opens, all_clicks, all_unique_clicks)
    select p_tenant, p_campaign, 'day', to_char(d.at, 'YYYY-MM-DD'), sum(d.sent), sum(d.opens),
           null, sum(d.clicks), null, sum(d.unsubscribes), sum(d.all_opens),
           sum(d.all_unique_opens), sum(d.all_clicks), sum(d.all_unique_clicks)
      from (
        select date_trunc('day', at) as at, count(*) as sent, 0::bigint as opens,
               0::bigint as clicks, 0::bigint as unsubscribes, 0::bigint as all_opens,
               0::bigint as all_unique_opens, 0::bigint as all_clicks,
               0::bigint as all_unique_clicks
          from godwit.campaign_went(p_tenant, p_campaign) where state = 2 group by 1
        union all
        select date_trunc('day', hour), 0,
               coalesce(sum(n) filter (where kind = 1 and class in (1, 2)), 0),
               coalesce(sum(n) filter (where kind = 2 and class = 1), 0), 0,
               coalesce(sum(n) filter (where kind = 1), 0), 0,
               coalesce(sum(n) filter (where kind = 2), 0), 0
          from godwit.campaign_hours
         where tenant_id = p_tenant and campaign_id = p_campaign and kind in (1, 2) group by 1
        union all
        select date_trunc('day', u.at), 0, 0, 0, count(*) filter (where u.what = 3), 0,
               count(*) filter (where u.what = 1), 0, count(*) filter (where u.what = 2)
          from godwit.engagement g
         cross join lateral (values (1, g.opened_at), (2, g.clicked_at), (3, g.unsubscribed_at))
               u(what, at)
         where g.tenant_id = p_tenant and g.campaign_id = p_campaign and u.at is not null
         group by 1) d
     group by 4;

    insert into godwit.rollups (tenant_id, campaign_id, of, key, sent)
    select p_tenant, p_campaign, 'hour', godwit.hour_key(h.at), h.n
      from (select date_trunc('hour', at) as at, count(*) as n
              from godwit.campaign_went(p_tenant, p_campaign) where state = 2 group by 1) h;
$$;

-- All roll-ups of a campaign anew. What happens meanwhile makes it due again.
create or replace function godwit.rollup_campaign(p_tenant int, p_campaign bigint,
    p_now timestamptz)
returns void language plpgsql
as $$
begin
    insert into godwit.rollup_states (tenant_id, campaign_id, seen, as_of)
    select p_tenant, p_campaign, godwit.rollup_seen(k, t), p_now
      from godwit.campaign_cursors k
      left join godwit.campaign_totals t on t.tenant_id = p_tenant and t.campaign_id = p_campaign
     where k.tenant_id = p_tenant and k.campaign_id = p_campaign
    on conflict (tenant_id, campaign_id) do update
       set seen = excluded.seen, as_of = p_now;
    delete from godwit.rollups where tenant_id = p_tenant and campaign_id = p_campaign;
    perform godwit.rollup_domains(p_tenant, p_campaign);
    perform godwit.rollup_links_days(p_tenant, p_campaign);
end $$;

revoke execute on function godwit.rollups_due(int, timestamptz, boolean),
    godwit.campaign_went(int, bigint),
    godwit.rollup_domains(int, bigint), godwit.rollup_links_days(int, bigint),
    godwit.rollup_campaign(int, bigint, timestamptz),
    godwit.rollup_seen(godwit.campaign_cursors, godwit.campaign_totals) from gw_api, gw_search;
