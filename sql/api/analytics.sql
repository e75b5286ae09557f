-- Analytics: conversions, costs, roll-ups, reports.

create or replace function godwit.conversion_json(o godwit.conversions)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cnvr', o.id), 'key', o.key, 'at', o.at,
        'contact_id', godwit.id_text('ct', o.contact_id), 'name', o.name,
        'value', trim_scale(o.value)::text, 'currency', o.currency, 'void', o.void,
        'created_at', o.created_at) $$;

create or replace function godwit.cost_json(o godwit.costs)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cost', o.id), 'at', o.at,
        'campaign_id', godwit.id_text('cmp', o.campaign_id), 'provider', o.provider,
        'units', o.units, 'amount', trim_scale(o.amount)::text, 'currency', o.currency,
        'note', o.note, 'created_at', o.created_at) $$;

-- The campaign of {"campaign_id"}, or null; GW002.
create or replace function godwit.read_campaign(p_body jsonb)
returns bigint language plpgsql stable
as $$
declare
    v_campaign bigint := godwit.read_id(p_body, 'campaign_id', 'cmp', false);
begin
    perform from godwit.campaigns c where c.tenant_id = auth.tenant() and c.id = v_campaign;
    if not found and v_campaign is not null then
        raise exception 'there is no campaign %', p_body->>'campaign_id'
            using errcode = 'GW002', column = 'campaign_id';
    end if;
    return v_campaign;
end $$;

create or replace function godwit.analytics_json(p jsonb)
returns jsonb language sql immutable
as $$ select jsonb_build_object('currency', p->'currency', 'conversions', p->'conversions',
        'rates', p->'rates') $$;

create or replace function api.analytics_settings(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return (select godwit.analytics_json(t.analytics) from auth.tenants t
             where t.id = auth.tenant());
end $$;

-- The members of a list of the body, each judged by p_fields and required to have the first.
create or replace function godwit.read_rows(p_body jsonb, p_field text, p_fields text[],
    p_required text[])
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := p_body->p_field;
    r jsonb;
    f text;
begin
    if jsonb_typeof(v) is distinct from 'array' or jsonb_array_length(v) > 50 then
        perform godwit.invalid(p_field, format('"%s" is not a list of at most 50', p_field));
    end if;
    for r in select * from jsonb_array_elements(v) loop
        if jsonb_typeof(r) <> 'object' then
            perform godwit.invalid(p_field, format('"%s" holds what is no object', p_field));
        end if;
        perform godwit.read_body(r, p_fields);
        foreach f in array p_fields loop
            perform godwit.read_line(r, f, 1, 200, f = any (p_required));
        end loop;
    end loop;
    return v;
end $$;

-- {"currency"?,"conversions"?,"rates"?}: what is there changes.
create or replace function api.analytics_configure(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t auth.tenants;
    v jsonb;
    r jsonb;
begin
    perform godwit.read_body(p_body, array['currency', 'conversions', 'rates', '_if_match']);
    select * into t from auth.tenants where id = auth.tenant() for update;
    perform godwit.match(p_body, godwit.analytics_json(t.analytics));
    v := t.analytics || jsonb_build_object('currency',
        godwit.read_currency(p_body, t.analytics->>'currency'));
    if p_body ? 'conversions' then
        v := v || jsonb_build_object('conversions', godwit.read_rows(p_body, 'conversions',
            array['event', 'value', 'currency', 'key'], array['event']));
    end if;
    if p_body ? 'rates' then
        for r in select * from jsonb_array_elements(godwit.read_rows(p_body, 'rates',
                 array['channel', 'amount', 'since'], array['channel', 'amount']))
        loop
            perform godwit.read_word(r, 'channel', array['email', 'sms', 'whatsapp', 'voice']),
                    godwit.read_amount(r, 'amount', true), godwit.read_time(r, 'since');
        end loop;
        v := v || jsonb_build_object('rates', p_body->'rates');
    end if;
    update auth.tenants set analytics = v where id = t.id;
    perform godwit.audit('analytics_configure', godwit.id_text('ws', t.id),
        godwit.analytics_json(t.analytics), godwit.analytics_json(v));
    return godwit.analytics_json(v);
end $$;

-- {"contact_id"?,"key"?,"name"?,"at"?,"value"?,"currency"?,"void"?}: one under a key that was
-- posted before takes its place.
create or replace function api.analytics_convert(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct', false);
    v_key text := godwit.read_line(p_body, 'key', 1, 200);
    o godwit.conversions;
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['contact_id', 'key', 'name', 'at', 'value',
        'currency', 'void']);
    if v_contact is not null then
        v_contact := godwit.contact_now(auth.tenant(), v_contact);
        perform from godwit.contacts c where c.tenant_id = auth.tenant() and c.id = v_contact
            for key share;
        if not found then
            raise exception 'there is no contact %', p_body->>'contact_id'
                using errcode = 'GW002', column = 'contact_id';
        end if;
    end if;
    select * into o from godwit.conversions c
     where c.tenant_id = auth.tenant() and c.key = v_key for update;
    v_was := case when found then godwit.conversion_json(o) end;
    insert into godwit.conversions (tenant_id, key, at, contact_id, name, value, currency, void,
        created_at)
    values (auth.tenant(), v_key, coalesce(godwit.read_time(p_body, 'at')::timestamptz,
        o.at, auth.now()), v_contact, coalesce(godwit.read_line(p_body, 'name', 1, 200),
        'conversion'), coalesce(godwit.read_amount(p_body, 'value', false), 0),
        godwit.read_currency(p_body, (select t.analytics->>'currency' from auth.tenants t
            where t.id = auth.tenant())),
        coalesce(godwit.read_filter(p_body, 'void', 'flag')::boolean, false), auth.now())
    on conflict (tenant_id, key) do update
       set at = excluded.at, contact_id = excluded.contact_id, name = excluded.name,
           value = excluded.value, currency = excluded.currency, void = excluded.void
    returning * into o;
    -- of a person: with him it goes
    perform godwit.audit('analytics_convert', coalesce(godwit.id_text('ct', o.contact_id),
        godwit.id_text('cnvr', o.id)), v_was, godwit.conversion_json(o));
    return godwit.conversion_json(o);
end $$;

-- {"contact_id"?,"since"?,"until"?}, newest first.
create or replace function api.analytics_conversions(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'analytics_conversions', 'godwit.conversions t', 't.id',
        'godwit.conversion_json(t)', array[['-at', 't.at', 'timestamptz']], array[
            ['contact_id', 'id ct', 't.contact_id = %s'],
            ['since', 'time', 't.at >= %s'],
            ['until', 'time', 't.at < %s']]) $$;

-- {"amount","currency"?,"at"?,"campaign_id"?,"provider"?,"units"?,"note"?}
create or replace function api.analytics_spend(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_campaign bigint := godwit.read_campaign(p_body);
    o godwit.costs;
begin
    perform godwit.read_body(p_body, array['amount', 'currency', 'at', 'campaign_id', 'provider',
        'units', 'note']);
    insert into godwit.costs (tenant_id, at, campaign_id, provider, units, amount, currency, note,
        created_at)
    values (auth.tenant(), coalesce(godwit.read_time(p_body, 'at')::timestamptz, auth.now()),
        v_campaign, godwit.read_line(p_body, 'provider', 1, 100),
        godwit.read_int(p_body, 'units', 0, 1000000000000),
        godwit.read_amount(p_body, 'amount', true),
        godwit.read_currency(p_body, (select t.analytics->>'currency' from auth.tenants t
            where t.id = auth.tenant())), godwit.read_line(p_body, 'note', 1, 500), auth.now())
    returning * into o;
    perform godwit.audit('analytics_spend', godwit.id_text('cost', o.id), null,
        godwit.cost_json(o));
    return godwit.cost_json(o);
end $$;

-- {"campaign_id"?,"provider"?,"since"?,"until"?}, newest first.
create or replace function api.analytics_costs(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'analytics_costs', 'godwit.costs t', 't.id',
        'godwit.cost_json(t)', array[['-at', 't.at', 'timestamptz']], array[
            ['campaign_id', 'id cmp', 't.campaign_id = %s'],
            ['provider', 'line', 't.provider = %s'],
            ['since', 'time', 't.at >= %s'],
            ['until', 'time', 't.at < %s']]) $$;

-- What the rows of a roll-up are made of: counters of campaigns that were begun in the time;
-- of domains and links what was worked out of these campaigns; of days and hours what happened
-- then. Columns that are not known by p_by are null.
create or replace function godwit.rollup_rows(p_by text, p_since timestamptz,
    p_until timestamptz, p_campaign bigint)
returns table (key text, name text, campaign bigint, sent bigint, failed bigint, deferred bigint,
    bounced bigint, complaints bigint, bounces jsonb, opens bigint, unique_opens bigint,
    clicks bigint, unique_clicks bigint, unsubscribes bigint, all_opens bigint,
    all_unique_opens bigint, all_clicks bigint, all_unique_clicks bigint, cost numeric,
    worked_out timestamptz)
language plpgsql stable
set timezone = 'UTC'
as $$
#variable_conflict use_column
begin
    if p_by in ('campaign', 'template', 'list', 'segment', 'channel') then
        return query
        select g.key, g.name, c.id, k.sent, k.failed, r.deferred, r.bounced, r.complaints,
               r.bounces, coalesce(t.human_opens, 0), coalesce(t.human_unique_opens, 0),
               coalesce(t.human_clicks, 0), coalesce(t.human_unique_clicks, 0),
               coalesce(t.unsubscribes, 0), coalesce(t.opens, 0), coalesce(t.unique_opens, 0),
               coalesce(t.clicks, 0), coalesce(t.unique_clicks, 0),
               coalesce(o.posted + o.by_rate, 0), s.as_of
          from godwit.campaigns_begun(auth.tenant(), p_since, p_until) c
         cross join lateral godwit.campaign_group(c, p_by) g
          join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
          left join godwit.campaign_totals t on t.tenant_id = c.tenant_id and t.campaign_id = c.id
          left join godwit.rollups r on r.tenant_id = c.tenant_id and r.campaign_id = c.id
               and r.of = 'campaign'
          left join godwit.rollup_states s on s.tenant_id = c.tenant_id and s.campaign_id = c.id
          left join godwit.costs_in(auth.tenant(), (select analytics from auth.tenants
                   where id = auth.tenant()), p_since, p_until) o on o.campaign_id = c.id
         where p_campaign is null or c.id = p_campaign;
    elsif p_by in ('domain', 'link') then
        return query
        select r.key, null::text, c.id, case p_by when 'link' then k.sent else r.sent end, r.failed,
               r.deferred, r.bounced, r.complaints, r.bounces, r.opens, r.unique_opens, r.clicks,
               r.unique_clicks, r.unsubscribes, r.all_opens, r.all_unique_opens, r.all_clicks,
               r.all_unique_clicks, null::numeric, s.as_of
          from godwit.campaigns_begun(auth.tenant(), p_since, p_until) c
          join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
          join godwit.rollups r on r.tenant_id = c.tenant_id and r.campaign_id = c.id
               and r.of = p_by
          join godwit.rollup_states s on s.tenant_id = c.tenant_id and s.campaign_id = c.id
         where p_campaign is null or c.id = p_campaign;
    elsif p_by = 'day' then
        return query
        select r.key, null::text, r.campaign_id, r.sent, null::bigint, null::bigint, null::bigint,
               null::bigint, null::jsonb, r.opens, null::bigint, r.clicks, null::bigint,
               r.unsubscribes, r.all_opens, r.all_unique_opens, r.all_clicks,
               r.all_unique_clicks, null::numeric, s.as_of
          from godwit.rollups r
          join godwit.campaigns_begun(auth.tenant(), null, null) c on c.id = r.campaign_id
          join godwit.rollup_states s on s.tenant_id = r.tenant_id and s.campaign_id = r.campaign_id
         where r.tenant_id = auth.tenant() and r.of = 'day'
           and r.key >= to_char(p_since, 'YYYY-MM-DD')
           and r.key <= to_char(p_until - interval '1 us', 'YYYY-MM-DD')
           and (p_campaign is null or r.campaign_id = p_campaign);
    else
        return query
        with c as materialized (
            select c.id from godwit.campaigns_begun(auth.tenant(), null, null) c
             where p_campaign is null or c.id = p_campaign
        ), w as (
            select godwit.hour_key(h.hour) as key, h.campaign_id, null::bigint as sent,
                   h.n, h.kind, h.class, null::timestamptz as as_of
              from godwit.campaign_hours h
             where h.tenant_id = auth.tenant() and h.kind in (1, 2)
               and h.campaign_id = any (array(select c.id from c where exists (
                   select from godwit.rollups d
                    where d.tenant_id = auth.tenant() and d.campaign_id = c.id and d.of = 'day'
                      and d.key >= to_char(p_since, 'YYYY-MM-DD')
                      and d.key <= to_char(p_until - interval '1 us', 'YYYY-MM-DD'))))
               and h.hour >= p_since and h.hour < p_until
            union all
            select r.key, r.campaign_id, r.sent, 0, 0, 0, s.as_of
              from godwit.rollups r
              join godwit.rollup_states s on s.tenant_id = r.tenant_id
                   and s.campaign_id = r.campaign_id
             where r.tenant_id = auth.tenant() and r.of = 'hour'
               and r.key >= godwit.hour_key(p_since + interval '59 min 59.999999 s')
               and r.key <= godwit.hour_key(p_until - interval '1 us')
               and r.campaign_id in (select c.id from c)
        )
        select w.key, null::text, w.campaign_id, w.sent, null::bigint, null::bigint, null::bigint,
               null::bigint, null::jsonb, w.n * (w.kind = 1 and w.class in (1, 2))::int,
               null::bigint, w.n * (w.kind = 2 and w.class = 1)::int, null::bigint, null::bigint,
               w.n * (w.kind = 1)::int, null::bigint, w.n * (w.kind = 2)::int, null::bigint,
               null::numeric, w.as_of
          from w;
    end if;
end $$;

-- {"by"?,"since"?,"until"?,"campaign_id"?,"limit"?}: the largest first, days and hours in order.
create or replace function api.analytics_rollup(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_by text := coalesce(godwit.read_word(p_body, 'by', array['campaign', 'template', 'list',
        'segment', 'channel', 'domain', 'link', 'day', 'hour']), 'campaign');
    v_time tstzrange := godwit.read_period(p_body);
    v_campaign bigint := godwit.read_campaign(p_body);
    v_timed boolean := v_by in ('day', 'hour');
    v_also jsonb := '{}';
begin
    perform godwit.read_body(p_body, array['by', 'also', 'since', 'until', 'campaign_id', 'limit',
        'fields']);
    if v_by = 'hour' and upper(v_time) - lower(v_time) > interval '31 days' then
        perform godwit.invalid('since', 'hours are told of 31 days at most');
    end if;
    if p_body ? 'also' then
        v_also := jsonb_build_object('also', api.analytics_rollup(p_body - 'also'
            || jsonb_build_object('by', p_body->'also')));
    end if;
    return v_also || (
        with g as (
            select key, grouping(key) as whole, max(name) as name,
                   count(distinct campaign) as campaigns, sum(sent) as sent,
                   sum(failed) as failed, sum(deferred) as deferred, sum(bounced) as bounced,
                   sum(complaints) as complaints, array_agg(bounces) as bounces,
                   sum(opens) as opens, sum(unique_opens) as unique_opens, sum(clicks) as clicks,
                   sum(unique_clicks) as unique_clicks, sum(unsubscribes) as unsubscribes,
                   sum(all_opens) as all_opens, sum(all_unique_opens) as all_unique_opens,
                   sum(all_clicks) as all_clicks, sum(all_unique_clicks) as all_unique_clicks,
                   sum(cost) as cost, min(worked_out) as worked_out
              from godwit.rollup_rows(v_by, lower(v_time), upper(v_time), v_campaign)
             group by grouping sets ((key), ())
        ), top as (
            select * from g where whole = 0
             order by case when v_timed then key end, sent desc nulls last, key
             limit godwit.read_limit(p_body)
        ), j as (
            select key, whole, case when v_timed then key end as time, sent, worked_out,
                   jsonb_build_object('key', key, 'name', name, 'campaigns', campaigns,
                   'sent', sent, 'failed', failed, 'deferred', deferred, 'bounced', bounced,
                   'bounces', (select coalesce(jsonb_object_agg(b.class, b.n), '{}')
                       from (select e.key as class, sum(e.value::bigint) as n
                               from unnest(g.bounces) u(v), jsonb_each_text(u.v) e
                              group by e.key) b),
                   'complaints', complaints, 'opens', opens, 'unique_opens', unique_opens,
                   'clicks', clicks, 'unique_clicks', unique_clicks,
                   'unsubscribes', unsubscribes, 'all', jsonb_build_object('opens', all_opens,
                       'unique_opens', all_unique_opens, 'clicks', all_clicks,
                       'unique_clicks', all_unique_clicks),
                   'shares', case when not v_timed then jsonb_build_object(
                       'opened', godwit.share_json(unique_opens, sent),
                       'clicked', godwit.share_json(unique_clicks, sent),
                       'unsubscribed', godwit.share_json(unsubscribes, sent),
                       'bounced', godwit.share_json(bounced, sent),
                       'complained', godwit.share_json(complaints, sent)) end,
                   'cost', cost::float8) as doc
              from (select * from top union all select * from g where whole = 1) g
        )
        select jsonb_build_object('by', v_by, 'since', lower(v_time), 'until', upper(v_time),
            'rows', (select coalesce(jsonb_agg(i.doc order by i.time, i.sent desc nulls last,
                        i.key), '[]') from j i where i.whole = 0),
            'count', (select count(*) from g where whole = 0),
            'total', (select j.doc - array['key', 'name'] from j where j.whole = 1),
            'worked_out_at', (select j.worked_out from j where j.whole = 1),
            'as_of', auth.now()));
end $$;

-- A report: one of the same words that is under way or not older than max_age, else anew.
create or replace function godwit.report_start(p_body jsonb, p_input jsonb)
returns jsonb language plpgsql
as $$
declare
    v_age interval := godwit.read_int(p_body, 'max_age', 0, 86400, 300) * interval '1 second';
    o godwit.operations;
begin
    if p_body ? 'since' or p_body ? 'until' then
        perform godwit.read_period(p_body);
    end if;
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = auth.tenant() and kind = 'analytics_report'
       and input = p_input
       and (state in ('queued', 'running') or state = 'done' and created_at > auth.now() - v_age)
     order by id desc limit 1;
    if not found then
        o := godwit.operation_start('analytics_report', null, p_input, null);
    end if;
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- {"by"?,"since"?,"until"?,"lookback"?,"touches"?,"half_life"?,"order"?,"max_age"?}
create or replace function api.analytics_attribute(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['by', 'since', 'until', 'lookback', 'touches',
        'half_life', 'order', 'max_age']);
    return godwit.report_start(p_body, jsonb_strip_nulls(jsonb_build_object(
        'report', 'attribution', 'by', coalesce(godwit.read_word(p_body, 'by',
            array['campaign', 'template', 'list', 'segment', 'channel']), 'campaign'),
        'since', godwit.read_time(p_body, 'since'), 'until', godwit.read_time(p_body, 'until'),
        'lookback', godwit.read_int(p_body, 'lookback', 1, 365, 30),
        'touches', coalesce(godwit.read_word(p_body, 'touches', array['clicks', 'opens']),
            'clicks'),
        'half_life', godwit.read_int(p_body, 'half_life', 1, 365, 7),
        'order', godwit.read_int(p_body, 'order', 1, 3, 1))));
end $$;

-- The names of {"steps": [...]}.
create or replace function godwit.read_names(p_body jsonb, p_field text, p_min int, p_max int)
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := coalesce(p_body->p_field, '[]');
    n jsonb;
begin
    if jsonb_typeof(v) <> 'array' or jsonb_array_length(v) not between p_min and p_max then
        perform godwit.invalid(p_field, format('"%s" is not a list of %s to %s names', p_field,
            p_min, p_max));
    end if;
    for n in select * from jsonb_array_elements(v) loop
        if jsonb_typeof(n) <> 'string' or length(n#>>'{}') not between 1 and 200 then
            perform godwit.invalid(p_field, format('"%s" holds what is no name', p_field));
        end if;
    end loop;
    return v;
end $$;

-- {"steps","mode"?,"window"?,"exclude"?,"campaign_id"?,"since"?,"until"?,"max_age"?}
create or replace function api.analytics_funnel(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_words constant jsonb := '["open", "click", "unsubscribe", "sent"]';
    v_steps jsonb := godwit.read_names(p_body, 'steps', 1, 10);
    v_exclude jsonb := godwit.read_names(p_body, 'exclude', 0, 4);
    v_campaign bigint := godwit.read_campaign(p_body);
    v_mode text := coalesce(godwit.read_word(p_body, 'mode',
        array['ordered', 'strict', 'any_order']), 'ordered');
    v_names jsonb;
begin
    perform godwit.read_body(p_body, array['steps', 'mode', 'window', 'exclude', 'campaign_id',
        'since', 'until', 'max_age']);
    if v_mode = 'any_order' and (select count(distinct s) < count(*)
                                   from jsonb_array_elements(v_steps) s)
    then
        perform godwit.invalid('steps', 'in any order each step is another');
    end if;
    v_names := (select coalesce(jsonb_agg(distinct s), '[]')
        from jsonb_array_elements(v_steps || v_exclude) s where not v_words @> s);
    return godwit.report_start(p_body, jsonb_strip_nulls(jsonb_build_object(
        'report', 'funnel', 'steps', v_steps, 'exclude', v_exclude, 'names', v_names,
        'reads', v_steps || v_exclude || case when v_mode <> 'strict' then '[]'
            -- between strict steps nothing else happens
            when v_campaign is null then v_words - 'sent' else v_words end,
        'mode', v_mode, 'window', godwit.read_int(p_body, 'window', 1, 31622400, 604800),
        'campaign', v_campaign, 'since', godwit.read_time(p_body, 'since'),
        'until', godwit.read_time(p_body, 'until'))));
end $$;

-- Work out now which roll-ups are behind.
create or replace function api.analytics_refresh(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
begin
    perform godwit.read_body(p_body, '{}'::text[]);
    select o.id into v_id from godwit.operations o
     where o.qshard = 0 and o.tenant_id = auth.tenant() and o.kind = 'analytics_roll'
       and o.state = 'queued' and o.input = '{"all": true}' limit 1;
    if not found then
        v_id := (godwit.operation_start('analytics_roll', null, '{"all": true}', null)).id;
    end if;
    return jsonb_build_object('operation', godwit.id_text('op', v_id));
end $$;
