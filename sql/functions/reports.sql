-- Reports that Postgres makes by itself, in a job: see worker/analytics/job.c.

-- {"kind","period","cohorts"}: contacts by when they came, and how many of each did this then and
-- later.
create or replace function godwit.report_retention(p jsonb)
returns jsonb language sql stable
as $$ select jsonb_build_object('kind', p->'kind', 'period', p->'period', 'cohorts',
        godwit.retention((p->>'tenant')::int, p->>'kind', p->>'period',
            (p->>'since')::timestamptz, (p->>'until')::timestamptz)) $$;

-- The roll-ups of a campaign as they are: {"domain gmail.com": {"sent": 5}}, without what is null.
create or replace function godwit.rollups_of(p_tenant int, p_campaign bigint)
returns jsonb language sql stable
as $$ select coalesce(jsonb_object_agg(r.of || ' ' || r.key, jsonb_strip_nulls(to_jsonb(r)
            - '{tenant_id,campaign_id,of,key}'::text[])), '{}')
        from godwit.rollups r where r.tenant_id = p_tenant and r.campaign_id = p_campaign $$;

-- What the roll-ups of a campaign are when they are worked out now, which changes nothing.
create or replace function godwit.rollups_anew(p_tenant int, p_campaign bigint,
    p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    v jsonb;
begin
    begin
        perform godwit.rollup_campaign(p_tenant, p_campaign, p_now);
        v := godwit.rollups_of(p_tenant, p_campaign);
        raise exception 'enough' using errcode = 'GW999';
    exception
        when sqlstate 'GW999' then
            return v;
    end;
end $$;

-- Has something happened to a campaign since its roll-ups were made?
create or replace function godwit.rollups_behind(p_tenant int, p_campaign bigint,
    p_now timestamptz)
returns boolean language sql stable
as $$ select exists (select from godwit.rollups_due(p_tenant, p_now, true) d
                      where d.campaign_id = p_campaign) $$;

-- {"campaign_id","state","events","differs"}: all that was counted as it happened against the
-- events that are stored, and each roll-up against one that is made now. state: equal, differs,
-- behind when something has happened since the roll-up, gone when events of it may be.
create or replace function godwit.report_recount(p jsonb)
returns jsonb language plpgsql
as $$
declare
    v_tenant constant int := p->>'tenant';
    v_campaign constant bigint := p->>'campaign';
    v_now constant timestamptz := p->>'as_of';
    v_was constant jsonb := godwit.rollups_of(v_tenant, v_campaign);
    v_differs jsonb;
    v_state text;
begin
    select case when bool_or(c.started_at <= v_now - least(interval '1 year',
                     make_interval(days => e.events))) then 'gone'
                when godwit.rollups_behind(v_tenant, v_campaign, v_now) then 'behind' end
      into v_state
      from godwit.campaigns c left join godwit.retention e on e.tenant_id = v_tenant
     where c.tenant_id = v_tenant and c.id = v_campaign;
    if v_state is null then
        select coalesce(jsonb_agg(jsonb_build_object('what', d.what, 'rolled_up', d.was,
                   'counted', d.counted) order by d.what), '[]')
          into v_differs
          from (select r.what, to_jsonb(r.rolled_up), to_jsonb(r.counted)
                  from godwit.campaign_recount(v_tenant, v_campaign) r
                union all
                select coalesce(a.key, b.key), a.value, b.value
                  from jsonb_each(v_was) a
                  full join jsonb_each(godwit.rollups_anew(v_tenant, v_campaign, v_now)) b
                    on b.key = a.key
                 where a.value is distinct from b.value) d(what, was, counted);
        -- what happened meanwhile is in one of them alone
        v_state := case when v_differs = '[]' then 'equal'
            when godwit.rollups_behind(v_tenant, v_campaign, v_now)
                or v_was is distinct from godwit.rollups_of(v_tenant, v_campaign) then 'behind'
            else 'differs' end;
    end if;
    return jsonb_build_object('campaign_id', godwit.id_text('cmp', v_campaign),
        'state', v_state, 'differs', case v_state when 'differs' then v_differs else '[]' end,
        'rollups',
        (select count(*) from jsonb_object_keys(v_was)), 'events', (select count(*)
            from godwit.events e where e.tenant_id = v_tenant and e.campaign_id = v_campaign));
end $$;

-- What a campaign has caused: conversions of those who could get it against those who were held
-- out, by chance, in so many days from its start; a person who did not convert is 0. Intervals are
-- those of Welch, 95 %, by the normal distribution: where each side has 100 people at least.
create or replace function godwit.report_lift(p jsonb)
returns jsonb language sql stable
as $$
    with c as (
        select c.*, least(c.started_at + make_interval(days => (p->>'days')::int),
                   (p->>'as_of')::timestamptz) as until
          from godwit.campaigns c
         where c.tenant_id = (p->>'tenant')::int and c.id = (p->>'campaign')::bigint
    ), won as (
        select v.contact_id, count(*) as n, coalesce(sum(v.value), 0) as value
          from c cross join lateral godwit.conversions_in((p->>'tenant')::int, p->'settings',
               c.started_at, c.until) v
         group by 1
    ), s as (
        select g.held, count(*) as n, count(w.n) as people, coalesce(sum(w.n), 0) as conversions,
               coalesce(sum(w.value), 0)::float8 as revenue,
               coalesce(avg(coalesce(w.value, 0)), 0)::float8 as mean,
               coalesce(var_samp(coalesce(w.value, 0)), 0)::float8 as spread
          from c
          left join godwit.experiments x on x.tenant_id = c.tenant_id and x.campaign_id = c.id
          join godwit.sends r on r.tenant_id = c.tenant_id and r.campaign_id = c.id
          left join godwit.contact_alias a on a.tenant_id = c.tenant_id
           and a.contact_id = r.contact_id
         cross join lateral (select coalesce(godwit.experiment_part(x, r.contact_id) = -2,
               false)) g(held)
          left join won w on w.contact_id = coalesce(a.into_id, r.contact_id)
         group by g.held
    ), d as (
        select t.n, t.mean - h.mean as more, 1.959963984540054
                   * sqrt(t.spread / t.n + h.spread / h.n) as half,
               least(t.n, h.n) >= 100 as enough
          from s t join s h on h.held and not t.held
    ), o as (
        select coalesce(sum(o.posted + o.by_rate), 0)::float8 as cost
          from c cross join lateral godwit.costs_in((p->>'tenant')::int, p->'settings',
               c.started_at, c.until) o
         where o.campaign_id = c.id
    )
    select jsonb_build_object('campaign_id', godwit.id_text('cmp', c.id), 'days', p->'days',
        'sides', (select jsonb_object_agg(case when s.held then 'held_out' else 'treated' end,
            jsonb_build_object('n', s.n, 'people', s.people, 'conversions', s.conversions,
                'revenue', s.revenue, 'share', s.people / s.n::float8,
                'interval', godwit.wilson(s.people, s.n))) from s),
        'enough', coalesce(d.enough, false), 'cost', o.cost)
        || case when d.enough then
        jsonb_build_object('incremental', d.more * d.n,
            'interval', jsonb_build_array((d.more - d.half) * d.n, (d.more + d.half) * d.n),
            'roi', case when o.cost > 0 then (d.more * d.n - o.cost) / o.cost end,
            'roi_interval', case when o.cost > 0 then jsonb_build_array(
                ((d.more - d.half) * d.n - o.cost) / o.cost,
                ((d.more + d.half) * d.n - o.cost) / o.cost) end)
        else jsonb_build_object('why', case
            when d.n is null then 'nobody was held out, or nobody else'
            else 'a side has less than 100 people' end) end
        || jsonb_build_object('since', c.started_at, 'until', c.until)
      from c cross join o left join d on true
$$;

-- A report of these, with the time it is of.
create or replace function godwit.report_plain(p jsonb)
returns jsonb language plpgsql
as $$
declare
    v_time constant jsonb := jsonb_build_object('since', p->'since', 'until', p->'until',
        'as_of', p->'as_of');
begin
    return case p->>'report' when 'retention' then v_time || godwit.report_retention(p)
        when 'recount' then (v_time - '{since,until}'::text[]) || godwit.report_recount(p)
        when 'lift' then v_time || godwit.report_lift(p) end;
end $$;

revoke execute on function godwit.report_retention(jsonb), godwit.report_recount(jsonb),
    godwit.report_lift(jsonb), godwit.report_plain(jsonb), godwit.rollups_of(int, bigint),
    godwit.rollups_anew(int, bigint, timestamptz),
    godwit.rollups_behind(int, bigint, timestamptz) from gw_api, gw_search;
