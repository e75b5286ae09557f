-- The policy of a workspace: its rules by versions, and what they say of somebody.

-- version 0: it has none.
create or replace function godwit.policy_json(r godwit.policy_rules)
returns jsonb language sql stable
as $$ select jsonb_build_object('version', coalesce(r.version, 0),
        'quiet_hours', coalesce(r.quiet_hours, '{}'), 'zones', coalesce(to_jsonb(r.zones), '[]'),
        'zones_by_number', coalesce(r.zones_by_number, '{}'),
        'caps', coalesce(r.caps, '[]'), 'created_at', r.created_at) $$;

create or replace function godwit.policy_channels()
returns text[] language sql immutable parallel safe
as $$ select array['email', 'sms', 'whatsapp', 'voice', 'webhook'] $$;

-- {"version"?}: the rules now, or as they were.
create or replace function api.policy_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_version int := godwit.read_int(p_body, 'version', 1, 2147483647);
    r godwit.policy_rules;
begin
    perform godwit.read_body(p_body, array['version', 'fields']);
    if v_version is null then
        select * into r from godwit.policy_of(auth.tenant());
        return godwit.policy_json(r);
    end if;
    select * into r from godwit.policy_rules
     where tenant_id = auth.tenant() and version = v_version;
    if not found then
        raise exception 'there is no version % of the policy', v_version
            using errcode = 'GW002', column = 'version';
    end if;
    return godwit.policy_json(r);
end $$;

-- Quiet hours after {"quiet_hours":{CHANNEL:{"from","to"}|null}}.
create or replace function godwit.read_quiet_hours(p_body jsonb, p_was jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := coalesce(p_body->'quiet_hours', '{}');
    v_channel text;
    j jsonb;
begin
    if jsonb_typeof(v) <> 'object' or v - godwit.policy_channels() <> '{}' then
        perform godwit.invalid('quiet_hours', format('"quiet_hours" is not an object whose '
            'members are of %s', array_to_string(godwit.policy_channels(), ', ')));
    end if;
    for v_channel, j in select * from jsonb_each(jsonb_strip_nulls(v)) loop
        if jsonb_typeof(j) <> 'object' or j - array['from', 'to'] <> '{}'
            or ((j->>'from') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
                and (j->>'to') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') is not true
            or j->>'from' = j->>'to'
        then
            perform godwit.invalid('quiet_hours', format('the quiet hours of %s are not two '
                'different times like {"from":"21:00","to":"08:00"}', v_channel));
        end if;
    end loop;
    return godwit.merge_patch(p_was, v);
end $$;

-- Time zones, each once, of the member p_field.
create or replace function godwit.read_zones(p_zones jsonb, p_field text)
returns text[] language plpgsql
as $$
declare
    v text[];
    v_wrong text;
begin
    if jsonb_typeof(p_zones) is distinct from 'array' or jsonb_array_length(p_zones) > 20 then
        perform godwit.invalid(p_field, format('"%s" is not an array of at most 20 time zones',
            p_field));
    end if;
    v := array(select distinct z from jsonb_array_elements_text(p_zones) z order by z);
    select z into v_wrong from unnest(v) z where not coalesce(godwit.is_zone(z), false) limit 1;
    if found then
        perform godwit.invalid(p_field, format('"%s" is not a time zone like Europe/Berlin',
            coalesce(v_wrong, 'null')));
    end if;
    return v;
end $$;

-- {"zones_by_number":{PREFIX:[ZONE]|null}} on top of what was.
create or replace function godwit.read_zones_by_number(p_body jsonb, p_was jsonb)
returns jsonb language plpgsql
as $$
declare
    v jsonb := coalesce(p_body->'zones_by_number', '{}');
    k text;
    j jsonb;
begin
    if jsonb_typeof(v) <> 'object' then
        perform godwit.invalid('zones_by_number', '"zones_by_number" is not an object');
    end if;
    for k, j in select * from jsonb_each(v) loop
        if k !~ '^[+][1-9][0-9]{0,6}$' then
            perform godwit.invalid('zones_by_number', format('"%s" is not the beginning of a '
                'telephone number, such as +49', k));
        end if;
        if j <> 'null' and cardinality(godwit.read_zones(j, 'zones_by_number')) = 0 then
            perform godwit.invalid('zones_by_number', format('"%s" names no time zone', k));
        end if;
    end loop;
    v := godwit.merge_patch(p_was, v);
    if (select count(*) from jsonb_object_keys(v)) > 100 then
        perform godwit.invalid('zones_by_number', 'there are at most 100 beginnings of numbers');
    end if;
    return v;
end $$;

create or replace function godwit.read_caps(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := '[]';
    j jsonb;
begin
    if jsonb_typeof(p_body->'caps') is distinct from 'array'
        or jsonb_array_length(p_body->'caps') > 20
    then
        perform godwit.invalid('caps', '"caps" is not an array of at most 20 caps');
    end if;
    for j in select * from jsonb_array_elements(p_body->'caps') loop
        if jsonb_typeof(j) <> 'object'
            or j - array['channel', 'category', 'count', 'days'] <> '{}'
            or (j->>'channel' = any (godwit.policy_channels())) is not true
            or coalesce(jsonb_typeof(j->'category'), 'null') not in ('string', 'null')
            or length(j->>'category') not between 1 and 40
            or (jsonb_typeof(j->'count') = 'number' and j->>'count' ~ '^[1-9][0-9]{0,2}$'
                and jsonb_typeof(j->'days') = 'number' and j->>'days' ~ '^[1-9][0-9]?$'
                and (j->>'days')::int <= 90) is not true
        then
            perform godwit.invalid('caps', 'a cap is like {"channel":"email","category":"news",'
                '"count":3,"days":7}: 1 to 999 in 1 to 90 days, of a category or, without one, '
                'of all');
        end if;
        v := v || jsonb_build_object('channel', j->'channel', 'category', j->'category',
            'count', j->'count', 'days', j->'days');
    end loop;
    return v;
end $$;

-- GW001 unless each channel with quiet hours has times, in any month, when it is quiet in none of
-- the zones that may be somebody's.
create or replace function godwit.policy_check(r godwit.policy_rules)
returns void language plpgsql stable
as $$
declare
    v_channel text;
    j jsonb;
begin
    if r.quiet_hours <> '{}' and cardinality(r.zones) = 0 then
        perform godwit.invalid('zones', 'quiet hours need "zones": where a contact may be whose '
            'zone is not known');
    end if;
    for v_channel, j in select * from jsonb_each(r.quiet_hours) loop
        perform godwit.invalid(z.field, format('by the quiet hours of %s it is always quiet in one '
                'of %s; name fewer, or shorten the hours', v_channel,
                array_to_string(z.zones, ', ')))
           from (select 'zones' as field, r.zones as zones
                  union all
                 select 'zones_by_number', array(select jsonb_array_elements_text(n.value))
                   from jsonb_each(r.zones_by_number) n) z, generate_series(0, 11) m
          where (godwit.policy_hours(z.zones, (j->>'from')::time, (j->>'to')::time,
                 r.created_at + make_interval(months => m))).opens is null
          limit 1;
    end loop;
end $$;

-- {"quiet_hours"?,"zones"?,"zones_by_number"?,"caps"?}: a new version, in force at once.
create or replace function api.policy_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    r godwit.policy_rules;
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['quiet_hours', 'zones', 'zones_by_number', 'caps',
        '_if_match']);
    perform pg_advisory_xact_lock(hashtextextended('policy', auth.tenant()));
    select * into r from godwit.policy_of(auth.tenant());
    v_was := godwit.policy_json(r);
    perform godwit.match(p_body, v_was);
    r.tenant_id := auth.tenant();
    r.version := coalesce(r.version, 0) + 1;
    r.created_at := auth.now();
    r.quiet_hours := godwit.read_quiet_hours(p_body, coalesce(r.quiet_hours, '{}'));
    r.zones := case when p_body ? 'zones' then godwit.read_zones(p_body->'zones', 'zones')
                    else coalesce(r.zones, '{}') end;
    r.zones_by_number := godwit.read_zones_by_number(p_body, coalesce(r.zones_by_number, '{}'));
    r.caps := case when p_body ? 'caps' then godwit.read_caps(p_body)
                   else coalesce(r.caps, '[]') end;
    perform godwit.policy_check(r);
    insert into godwit.policy_rules (tenant_id, version, quiet_hours, zones, zones_by_number,
        caps, created_at)
    select r.tenant_id, r.version, r.quiet_hours, r.zones, r.zones_by_number, r.caps, r.created_at;
    perform godwit.audit('policy_update', godwit.id_text('ws', r.tenant_id), v_was,
        godwit.policy_json(r));
    return godwit.policy_json(r);
end $$;

-- {"contact_id","channel"?,"kind"?,"at"?,"campaign_id"?}: may he have it then, by what is known
-- now? Step by step, as whoever sends asks.
create or replace function api.policy_simulate(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct');
    v_campaign bigint := godwit.read_id(p_body, 'campaign_id', 'cmp', false);
    v_channel text := godwit.read_word(p_body, 'channel', godwit.policy_channels());
    v_kind text := coalesce(godwit.read_word(p_body, 'kind', array['campaign', 'transactional',
        'reply']), 'campaign');
    v_at timestamptz := coalesce(godwit.read_time(p_body, 'at')::timestamptz, auth.now());
    p godwit.contacts;
    c godwit.campaigns;
begin
    perform godwit.read_body(p_body, array['contact_id', 'channel', 'kind', 'at', 'campaign_id',
        'fields']);
    select * into p from godwit.contacts
     where tenant_id = auth.tenant() and id = godwit.contact_now(auth.tenant(), v_contact);
    if not found then
        raise exception 'there is no contact %', p_body->>'contact_id'
            using errcode = 'GW002', column = 'contact_id';
    end if;
    select * into c from godwit.campaigns where tenant_id = auth.tenant() and id = v_campaign;
    if not found and v_campaign is not null then
        raise exception 'there is no campaign %', p_body->>'campaign_id'
            using errcode = 'GW002', column = 'campaign_id';
    end if;
    v_channel := coalesce(v_channel, godwit.campaign_channel(c), 'email');
    return jsonb_build_object('contact_id', godwit.id_text('ct', p.id), 'channel', v_channel,
            'kind', v_kind, 'at', v_at, 'campaign_id', godwit.id_text('cmp', c.id),
            'as_of', auth.now())
        || godwit.policy_trace(v_kind, v_channel, p, c, v_at);
end $$;
