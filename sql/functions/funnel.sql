-- Funnels and retention over what people did.

-- What people of a workspace did in [p_since, p_until), of these names (null: of all): open,
-- click and unsubscribe; of one campaign when it is named, and then also sent. Whoever was
-- merged is the one he went into.
create or replace function godwit.moments(p_tenant int, p_names text[], p_campaign bigint,
    p_since timestamptz, p_until timestamptz)
returns table (contact_id bigint, at timestamptz, no bigint, name text)
language sql stable
as $$
    select coalesce(a.into_id, e.contact_id), e.at, e.id, k.name
      from godwit.events e
      left join godwit.contact_alias a on a.tenant_id = p_tenant and a.contact_id = e.contact_id
     cross join lateral (select
        (array['open', 'click', 'unsubscribe', 'unsubscribe'])[e.kind]) k(name)
     where e.tenant_id = p_tenant and e.contact_id is not null
       and e.at >= p_since and e.at < p_until
       and (p_campaign is null or e.campaign_id = p_campaign)
       and (e.kind = 1 and e.class in (1, 2) or e.kind = 2 and e.class = 1
            or godwit.is_unsubscribe(e.kind, e.flags))
       and (p_names is null or k.name = any (p_names))
    union all
    select coalesce(a.into_id, s.contact_id), s.at, 0, 'sent' from godwit.sends s
      left join godwit.contact_alias a on a.tenant_id = p_tenant and a.contact_id = s.contact_id
     where s.tenant_id = p_tenant and s.campaign_id = p_campaign and s.state = 2
       and s.at >= p_since and s.at < p_until and (p_names is null or 'sent' = any (p_names))
$$;

-- The statement that walks: a pass over the events for each step, since what led to an event
-- of step k is the way to step k - 1 that began last before it. $1 tenant, $2 steps, $3 window,
-- $4 exclusions, $5 campaign, $6 and $7 the time, $8 the names to read. r<k> of an event: how
-- long it took to have come so far. worker/stats/funnel.c does the same by one event at a time.
create or replace function godwit.funnel_statement(p_steps int, p_mode text)
returns text language plpgsql immutable
as $$
declare
    v_sql text := 'with e0 as (select *, coalesce(name = any ($4), false) as ends,
        count(*) filter (where name = any ($4)) over (partition by contact_id order by at, no)
            as epoch from godwit.moments($1, $8, $5, $6, $7))';
    v_way text := ' over (partition by contact_id, epoch order by at, no';
    k int;
begin
    if p_mode = 'any_order' then
        v_sql := v_sql || ', l as (select *, array[' || (select string_agg(format(
            'max(at) filter (where name = $2[%s] and not ends)', i) || v_way || ')', ', ')
            from generate_series(1, p_steps) i) || '] as last from e0), n as (select *,
            (select count(*) from unnest(last) t where at - t <= $3) as n,
            (select min(t) from unnest(last) t where at - t <= $3) as since from l)';
        return v_sql || ', e as (select *' || (select string_agg(format(
            ', case when n >= %s then at - since end as r%s', i, i), '')
            from generate_series(1, p_steps) i) || ' from n)';
    end if;
    v_sql := v_sql || ', e1 as (select *, case when name = $2[1] and not ends then at end as s1
        from e0)';
    for k in 2 .. p_steps loop
        v_sql := v_sql || format(', e%s as (select *, case when name = $2[%s] and not ends
            and at - way%s <= $3 then way%s end as s%s from (select *, %s as way%s from e%s) q)',
            k, k, k, k, k, case when p_mode = 'strict'
                then format('lag(s%s)', k - 1) || v_way || ')'
                else format('max(s%s)', k - 1) || v_way
                    || ' rows between unbounded preceding and 1 preceding)' end, k, k - 1);
    end loop;
    return v_sql || ', e as (select *' || (select string_agg(format(', at - s%s as r%s', i, i), '')
        from generate_series(1, p_steps) i) || format(' from e%s)', p_steps);
end $$;

-- {"people","steps":[{"name","people","share","interval","median"}]}: how many came so far,
-- the share of those of the first step, and in how many seconds at the median.
create or replace function godwit.funnel(p_tenant int, p_steps text[], p_mode text,
    p_window interval, p_exclude text[], p_campaign bigint, p_since timestamptz,
    p_until timestamptz)
returns jsonb language plpgsql stable
as $$
declare
    v_result jsonb;
begin
    execute godwit.funnel_statement(cardinality(p_steps), p_mode)
        || ', r as (' || (select string_agg(format('select %s as k, contact_id,
            (array_agg(r%s order by at, no))[1] as took from e where r%s is not null
            group by contact_id', i, i, i), ' union all ')
            from generate_series(1, cardinality(p_steps)) i)
        || '), c as (select k, count(*) as n, percentile_cont(0.5) within group
            (order by extract(epoch from took)::float8) as median from r group by k)
        select jsonb_build_object(''people'', (select count(distinct contact_id) from e0),
            ''steps'', jsonb_agg(jsonb_build_object(''name'', $2[i], ''people'', coalesce(c.n, 0),
                ''share'', coalesce(c.n, 0) / nullif(f.n, 0)::float8,
                ''interval'', godwit.wilson(coalesce(c.n, 0), coalesce(f.n, 0)),
                ''median'', c.median) order by i))
          from generate_subscripts($2, 1) i left join c on c.k = i left join c f on f.k = 1'
       into v_result
      using p_tenant, p_steps, p_window, p_exclude, p_campaign, p_since, p_until,
            case when p_mode <> 'strict' then p_steps || p_exclude end;
    return v_result;
end $$;

-- Contacts by the period (day, week, month of UTC) in which they came, and how many of each did
-- this in that period and in each one after it: [{"since","people","did":[...]}].
create or replace function godwit.retention(p_tenant int, p_name text, p_period text,
    p_since timestamptz, p_until timestamptz)
returns jsonb language sql stable
set timezone = 'UTC'
as $$
    with p as (
        select id, date_trunc(p_period, created_at) as cohort from godwit.contacts
         where tenant_id = p_tenant and created_at >= p_since and created_at < p_until
    ), c as (
        select cohort, count(*) as people from p group by cohort
    ), m as (
        select contact_id, at from godwit.moments(p_tenant, array[p_name], null, p_since, p_until)
         where p_name in ('open', 'click', 'unsubscribe')
        union all
        select coalesce(a.into_id, e.contact_id), e.at
          from godwit.tracked e
          left join godwit.contact_alias a on a.tenant_id = p_tenant
           and a.contact_id = e.contact_id
         where e.tenant_id = p_tenant and e.name = p_name and e.at >= p_since and e.at < p_until
           and p_name not in ('open', 'click', 'unsubscribe')
    ), did as (
        select p.cohort, date_trunc(p_period, m.at) as since, count(distinct p.id) as n
          from m join p on p.id = m.contact_id
         group by 1, 2
    )
    select coalesce(jsonb_agg(jsonb_build_object('since', c.cohort, 'people', c.people, 'did', (
                select jsonb_agg(coalesce(d.n, 0) order by s)
                  from generate_series(c.cohort, p_until - interval '1 us',
                       ('1 ' || p_period)::interval) s
                  left join did d on d.cohort = c.cohort and d.since = s)) order by c.cohort), '[]')
      from c
$$;
