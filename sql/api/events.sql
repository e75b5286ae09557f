-- Events: what recipients did, as the edge saw it.

create or replace function godwit.event_json(e godwit.events, p_url text)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', 'evt_' || e.id, 'at', e.at,
        'kind', (array['open', 'click', 'unsubscribe', 'preferences', 'view'])[e.kind],
        'class', (array['unknown', 'human', 'proxy_open', 'prefetch', 'scanner',
                        'bot'])[e.class + 1],
        'campaign_id', 'cmp_' || e.campaign_id, 'contact_id', 'ct_' || e.contact_id,
        'link', e.link, 'url', p_url, 'ip', host(e.ip), 'user_agent', e.user_agent,
        'referer', e.referer, 'head', e.flags & 1 > 0, 'prefetch', e.flags & 2 > 0,
        'reason', (select name from godwit.class_reasons where id = e.reason)) $$;

-- {"campaign_id"?|"contact_id"?,"kind"?,"class"?,"human"?,"since"?,"until"?}, newest
-- first.
create or replace function api.events_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'events_list', $q$godwit.events t
        left join godwit.links l on l.tenant_id = t.tenant_id
             and l.campaign_id = t.campaign_id and l.index = t.link and t.kind = 2$q$,
        't.id', 'godwit.event_json(t, l.url)', array[
            ['-at', 't.at', 'timestamptz']], array[
            ['campaign_id', 'id cmp', 't.campaign_id = %s'],
            ['contact_id', 'id ct', 't.contact_id = %s'],
            ['kind', 'word open click unsubscribe preferences view', $q$t.kind = array_position(
                '{open,click,unsubscribe,preferences,view}'::text[], %s)$q$],
            ['class', 'word unknown human proxy_open prefetch scanner bot',
                $q$t.class = array_position(
                '{unknown,human,proxy_open,prefetch,scanner,bot}'::text[], %s) - 1$q$],
            ['human', 'flag', $q$%s = (t.kind = 1 and t.class in (1, 2)
                or t.kind = 2 and t.class = 1 or t.kind > 2)$q$],
            ['since', 'time', 't.at >= %s'],
            ['until', 'time', 't.at < %s'],
            ['_last', 'number', 'true']],
        'true', array['campaign_id', 'contact_id']) $$;

-- The words of {"steps": "open,click"}; null when it is missing.
create or replace function godwit.read_words(p_body jsonb, p_field text, p_words text[],
    p_max int)
returns text[] language plpgsql stable
as $$
declare
    v text[] := string_to_array(godwit.read_line(p_body, p_field, 1, 1000), ',');
begin
    if cardinality(v) > p_max or not v <@ p_words then
        perform godwit.invalid(p_field, format('"%s" is not 1 to %s of %s, apart by commas',
            p_field, p_max, array_to_string(p_words, ', ')));
    end if;
    return v;
end $$;

-- {"since"?,"until"?}: a time of at most 366 days, the last 30 when nothing is said.
create or replace function godwit.read_period(p_body jsonb)
returns tstzrange language plpgsql stable
as $$
declare
    v_until timestamptz := coalesce(godwit.read_time(p_body, 'until')::timestamptz, auth.now());
    v_since timestamptz := coalesce(godwit.read_time(p_body, 'since')::timestamptz,
        v_until - interval '30 days');
begin
    if v_since >= v_until or v_since < v_until - interval '366 days' then
        perform godwit.invalid('since', '"since" is before "until", by 366 days at most');
    end if;
    return tstzrange(v_since, v_until);
end $$;

-- {"steps","mode"?,"window"?,"exclude"?,"campaign_id"?,"since"?,"until"?}
create or replace function api.events_funnel(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_words text[] := array['open', 'click', 'unsubscribe', 'sent'];
    v_steps text[] := godwit.read_words(p_body, 'steps', v_words, 10);
    v_exclude text[] := godwit.read_words(p_body, 'exclude', v_words, 4);
    v_mode text := coalesce(godwit.read_word(p_body, 'mode',
        array['ordered', 'strict', 'any_order']), 'ordered');
    v_campaign bigint := godwit.read_id(p_body, 'campaign_id', 'cmp', false);
    v_time tstzrange := godwit.read_period(p_body);
begin
    perform godwit.read_body(p_body, array['steps', 'mode', 'window', 'exclude', 'campaign_id',
        'since', 'until', 'fields']);
    if v_steps is null then
        perform godwit.invalid('steps', '"steps" is missing');
    end if;
    if v_campaign is not null then
        perform godwit.campaign_find(jsonb_build_object('id', p_body->'campaign_id'));
    elsif 'sent' = any (v_steps || v_exclude) then
        perform godwit.invalid('campaign_id',
            '"sent" is known of a campaign: name "campaign_id"');
    end if;
    if v_mode = 'any_order'
        and (select count(distinct s) from unnest(v_steps) s) < cardinality(v_steps)
    then
        perform godwit.invalid('steps', 'in any order each step is another');
    end if;
    return godwit.funnel(auth.tenant(), v_steps, v_mode,
            godwit.read_int(p_body, 'window', 1, 31622400, 604800) * interval '1 second',
            coalesce(v_exclude, '{}'), v_campaign, lower(v_time), upper(v_time))
        || jsonb_build_object('mode', v_mode, 'since', lower(v_time), 'until', upper(v_time),
            'as_of', auth.now());
end $$;

-- {"kind"?,"period"?,"since"?,"until"?}
create or replace function api.events_retention(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_kind text := coalesce(godwit.read_word(p_body, 'kind', array['open', 'click']), 'click');
    v_period text := coalesce(godwit.read_word(p_body, 'period', array['day', 'week', 'month']),
        'week');
    v_time tstzrange := godwit.read_period(p_body);
begin
    perform godwit.read_body(p_body, array['kind', 'period', 'since', 'until', 'fields']);
    return jsonb_build_object('kind', v_kind, 'period', v_period, 'since', lower(v_time),
        'until', upper(v_time), 'cohorts', godwit.retention(auth.tenant(), v_kind, v_period,
            lower(v_time), upper(v_time)), 'as_of', auth.now());
end $$;
