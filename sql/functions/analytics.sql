-- Conversions, costs and what reports are made of.

-- The decimal that a text is; null when it is none.
create or replace function godwit.amount(p_text text)
returns numeric language sql immutable parallel safe
as $$ select case when p_text ~ '^-?[0-9]{1,12}(\.[0-9]{1,20})?$'
                  then round(p_text::numeric, 6) end $$;

-- The same as a client gives it.
create or replace function godwit.read_amount(p_body jsonb, p_field text, p_required boolean)
returns numeric language plpgsql stable
as $$
declare
    v text := godwit.read_line(p_body, p_field, 1, 20, p_required);
begin
    if v !~ '^-?[0-9]{1,12}(\.[0-9]{1,6})?$' then
        perform godwit.invalid(p_field, format('"%s" is not a decimal like "12.50"', p_field));
    end if;
    return v::numeric;
end $$;

create or replace function godwit.read_currency(p_body jsonb, p_default text)
returns text language plpgsql stable
as $$
declare
    v text := godwit.read_line(p_body, 'currency', 3, 3);
begin
    if v !~ '^[A-Z]{3}$' then
        perform godwit.invalid('currency', '"currency" is not three letters like EUR');
    end if;
    return coalesce(v, p_default);
end $$;

-- What counts as a conversion in a time: posted ones, and events that the settings name. Of
-- those under one key the posted one, else the first: one that is told again within
-- 31 days counts when it was told first. value: null in another currency;
-- contact_id: null when it is not known whose it is.
create or replace function godwit.conversions_in(p_tenant int, p_settings jsonb,
    p_since timestamptz, p_until timestamptz)
returns table (contact_id bigint, at timestamptz, value numeric)
language sql stable
as $$
    with all_of as (
        select * from (
            select distinct on (coalesce('k' || (e.properties->>r.key), 'i' || e.id))
                   e.contact_id, e.at, coalesce(godwit.amount(e.properties->>r.value), 0) as value,
                   coalesce(upper(e.properties->>r.currency), p_settings->>'currency') as currency,
                   e.properties->>r.key as key
              from jsonb_to_recordset(p_settings->'conversions')
                   as r(event text, value text, currency text, key text)
              join godwit.tracked e on e.tenant_id = p_tenant and e.name = r.event and e.kind = 1
                   and e.at >= p_since - interval '31 days' and e.at < p_until
             order by coalesce('k' || (e.properties->>r.key), 'i' || e.id), e.at, e.id) t
         where t.at >= p_since
           and not exists (select from godwit.conversions o
                            where o.tenant_id = p_tenant and o.key = t.key)
        union all
        select o.contact_id, o.at, o.value, o.currency, o.key from godwit.conversions o
         where o.tenant_id = p_tenant and o.at >= p_since and o.at < p_until and not o.void
    )
    select coalesce(a.into_id, c.contact_id), c.at,
           case when c.currency = p_settings->>'currency' then c.value end
      from all_of c
      left join godwit.contact_alias a on a.tenant_id = p_tenant and a.contact_id = c.contact_id
$$;

-- The campaigns that count: those that were begun in a time, whenever it was when that is null;
-- tests only in a sandbox.
create or replace function godwit.campaigns_begun(p_tenant int, p_since timestamptz,
    p_until timestamptz)
returns setof godwit.campaigns language sql stable
as $$ select c.* from godwit.campaigns c join auth.tenants t on t.id = p_tenant
       where c.tenant_id = p_tenant and c.started_at >= coalesce(p_since, '-infinity')
         and c.started_at < coalesce(p_until, 'infinity')
         and (t.kind = 'sandbox' or not c.test) $$;

-- What was spent in a time, in the workspace's currency: rows of the ledger by their time, and
-- what has gone out of campaigns that were begun then, by the rate that was good at the
-- beginning. campaign_id null: of no campaign.
create or replace function godwit.costs_in(p_tenant int, p_settings jsonb, p_since timestamptz,
    p_until timestamptz)
returns table (campaign_id bigint, posted numeric, by_rate numeric)
language sql stable
as $$
    select campaign_id, coalesce(sum(posted), 0), coalesce(sum(by_rate), 0)
      from (
        select o.campaign_id, o.amount as posted, null::numeric as by_rate from godwit.costs o
         where o.tenant_id = p_tenant and o.at >= p_since and o.at < p_until
           and o.currency = p_settings->>'currency'
        union all
        select c.id, null, k.sent * (
            select r.amount::numeric
              from jsonb_to_recordset(p_settings->'rates')
                   as r(channel text, amount text, since timestamptz)
             where r.channel = t.channel and coalesce(r.since, '-infinity') <= c.started_at
             order by r.since desc nulls last limit 1)
          from godwit.campaigns_begun(p_tenant, p_since, p_until) c
          join godwit.campaign_cursors k on k.tenant_id = p_tenant and k.campaign_id = c.id
          join godwit.templates t on t.tenant_id = p_tenant and t.id = c.template_id) s
     group by campaign_id
$$;

-- {"n","share","interval"} of x among n; null when nothing is known of it.
create or replace function godwit.share_json(x numeric, n numeric)
returns jsonb language sql immutable
as $$ select case when n > 0 and x is not null
                  then jsonb_build_object('n', n, 'share', x::float8 / n::float8,
                      'interval', godwit.wilson(least(x, n)::bigint, n::bigint)) end $$;

-- The template that a campaign's content was taken from, else its own.
create or replace function godwit.campaign_origin(c godwit.campaigns)
returns bigint language sql stable
as $$ select coalesce((select v.origin from godwit.template_versions v
        where v.tenant_id = c.tenant_id and v.template_id = c.template_id
          and v.version = c.template_version), c.template_id) $$;

-- What a campaign is counted under: its key and its name.
create or replace function godwit.campaign_group(c godwit.campaigns, p_by text)
returns table (key text, name text) language sql stable
as $$
    select case p_by when 'campaign' then godwit.id_text('cmp', c.id)
                when 'template' then godwit.id_text('tpl', godwit.campaign_origin(c))
                when 'list' then godwit.id_text('lst', c.list_id)
                when 'segment' then coalesce(godwit.id_text('seg', c.segment_id), 'none')
                when 'channel' then (select t.channel from godwit.templates t
                    where t.tenant_id = c.tenant_id and t.id = c.template_id) end,
           case when p_by = 'campaign' then c.name
                when p_by = 'template' then coalesce((select t.name from godwit.templates t
                    where t.tenant_id = c.tenant_id and t.id = godwit.campaign_origin(c)), c.name)
                when p_by = 'list' then (select l.name from godwit.lists l
                    where l.tenant_id = c.tenant_id and l.id = c.list_id)
                when p_by = 'segment' then (select s.name from godwit.segments s
                    where s.tenant_id = c.tenant_id and s.id = c.segment_id) end
$$;

-- ---------------------------------------------------------------- reports

-- What a report reads: {"tenant","since","until",...} of an operation's input, where the time
-- that is not said is the last 30 days. What is read may take its time.
create or replace function godwit.report_begin(p_tenant int, p_input jsonb, p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    v_until timestamptz := coalesce((p_input->>'until')::timestamptz, p_now);
    v_since timestamptz := coalesce((p_input->>'since')::timestamptz,
        v_until - interval '30 days');
    v_settings jsonb := (select analytics from auth.tenants where id = p_tenant);
    v jsonb := p_input || jsonb_build_object('tenant', p_tenant, 'since', v_since,
        'until', v_until, 'settings', v_settings, 'as_of', p_now,
        -- as rows have their times
        'since_us', (extract(epoch from v_since - '2000-01-01Z'::timestamptz) * 1000000)::bigint);
begin
    perform set_config('statement_timeout', '10min', false),
            set_config('max_parallel_workers_per_gather', '0', false);
    return v;
end $$;

-- The keys of campaigns and what was spent: [{"campaign","key","name","cost"}].
create or replace function godwit.report_keys(p jsonb)
returns jsonb language sql stable
as $$
    with k as (
        select c.id, g.key, g.name
          from godwit.campaigns_begun((p->>'tenant')::int, null, null) c
         cross join lateral godwit.campaign_group(c, p->>'by') g
    )
    select coalesce(jsonb_agg(jsonb_build_object('campaign', coalesce(k.id, 0), 'key', k.key,
               'name', k.name, 'cost', coalesce(o.posted + o.by_rate, 0)::float8)
               order by k.id nulls first), '[]')
      from k
      full join godwit.costs_in((p->>'tenant')::int, p->'settings', (p->>'since')::timestamptz,
               (p->>'until')::timestamptz) o on o.campaign_id = k.id
$$;

-- Touches (campaign_id) and conversions (campaign_id 0; value in millionths, null in another
-- currency) of people, one after the other, each in the order of time.
create or replace function godwit.report_paths(p jsonb)
returns table (contact_id bigint, at timestamptz, campaign_id bigint, value bigint)
language sql stable
as $$
    select coalesce(a.into_id, e.contact_id), e.at, e.campaign_id, null::bigint
      from godwit.events e
      left join godwit.contact_alias a on a.tenant_id = (p->>'tenant')::int
           and a.contact_id = e.contact_id
     where e.tenant_id = (p->>'tenant')::int and e.campaign_id is not null
       and e.contact_id is not null and e.at < (p->>'until')::timestamptz
       and e.at >= (p->>'since')::timestamptz - (p->>'lookback')::int * interval '1 day'
       and (e.kind = 2 and e.class = 1
            or p->>'touches' = 'opens' and e.kind = 1 and e.class in (1, 2))
    union all
    select c.contact_id, c.at, 0, (c.value * 1000000)::bigint
      from godwit.conversions_in((p->>'tenant')::int, p->'settings',
               (p->>'since')::timestamptz, (p->>'until')::timestamptz) c
     order by 1 nulls first, 2, 3 desc
$$;

-- The statements that read what a funnel walks over: one for each week of its time, in order,
-- so that each reads its own partition. Rows are contact, time and what it was: the kind of
-- an event, 16 sent, 32 and more an event of a site, by its place in {"names"}. Their texts
-- hold what they ask for: a plan that knows it reads a partition once and none in vain.
create or replace function godwit.moments_statements(p jsonb)
returns setof text language plpgsql stable
set timezone = 'UTC'
as $$
declare
    v_tenant constant int := p->>'tenant';
    v_campaign constant text := coalesce(' and e.campaign_id = ' || (p->>'campaign')::bigint, '');
    v_join constant text := case when exists (select from godwit.contact_alias
                                                  where tenant_id = v_tenant)
        then format('select coalesce(a.into_id, e.contact_id), e.at, e.what from %%s e '
            'left join godwit.contact_alias a on a.tenant_id = %s '
            'and a.contact_id = e.contact_id', v_tenant)
        else 'select e.contact_id, e.at, e.what from %s e' end;
    v_kinds constant text := (select string_agg(k.test, ' or ')
        from (values ('open', 'e.kind = 1 and e.class in (1, 2)'),
                     ('click', 'e.kind = 2 and e.class = 1'),
                     ('unsubscribe', 'godwit.is_unsubscribe(e.kind, e.flags)')) k(word, test)
       where p->'reads' ? k.word);
    v_at text;
    v_from timestamptz := p->>'since';
    v_to timestamptz;
    v text;
    v_all text[];
begin
    while v_from < (p->>'until')::timestamptz loop
        v_to := least(date_trunc('week', v_from) + interval '1 week', (p->>'until')::timestamptz);
        v_at := format('where e.tenant_id = %s and e.contact_id is not null and e.at >= %L '
            'and e.at < %L', v_tenant, v_from, v_to);
        v_all := '{}';
        if v_kinds is not null then
            v_all := v_all || replace(v_join, '%s', '(select e.contact_id, e.at, e.kind as what '
                'from godwit.events e ' || v_at || v_campaign || ' and (' || v_kinds || '))');
        end if;
        if p->'reads' ? 'sent' then
            v_all := v_all || replace(v_join, '%s', '(select e.contact_id, e.at, '
                '16::smallint as what from godwit.sends e ' || v_at || v_campaign
                || ' and e.state = 2)');
        end if;
        for v in select format('(select e.contact_id, e.at, %s::smallint as what '
                        'from godwit.tracked e %s and e.name = %L)', 31 + n, v_at, w)
                   from jsonb_array_elements_text(p->'names') with ordinality u(w, n)
        loop
            v_all := v_all || replace(v_join, '%s', v);
        end loop;
        return next 'copy (' || array_to_string(v_all, ' union all ')
            || ') to stdout (format binary)';
        v_from := v_to;
    end loop;
end $$;

-- The one that reads the paths of an attribution.
create or replace function godwit.paths_statement(p jsonb)
returns text language sql immutable
as $$ select format('copy (select * from godwit.report_paths(%L)) to stdout (format binary)', p) $$;

revoke execute on function godwit.report_begin(int, jsonb, timestamptz),
    godwit.report_keys(jsonb), godwit.report_paths(jsonb), godwit.moments_statements(jsonb),
    godwit.paths_statement(jsonb) from gw_api, gw_search;
