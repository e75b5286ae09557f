-- Feature flags: what is asked of one, and what the edge is told of all.

-- {"variants"}: what a flag can be, each with its weight; GW001.
create or replace function godwit.read_flag_variants(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_all jsonb := '[]';
    v jsonb;
begin
    if p_body->>'variants' is null then
        return '[{"name": "on", "value": true, "weight": 1},
                 {"name": "off", "value": false, "weight": 0}]';
    end if;
    if jsonb_typeof(p_body->'variants') <> 'array'
        or jsonb_array_length(p_body->'variants') not between 1 and 20
    then
        perform godwit.invalid('variants', '"variants" is not a list of 1 to 20');
    end if;
    for v in select * from jsonb_array_elements(p_body->'variants') loop
        perform godwit.read_body(v, array['name', 'value', 'weight']);
        if length((v->'value')::text) > 2000 then
            perform godwit.invalid('variants', 'a "value" has more than 2000 characters');
        end if;
        v_all := v_all || jsonb_build_object('name', godwit.read_line(v, 'name', 1, 40, true),
            'value', coalesce(v->'value', v->'name'),
            'weight', godwit.read_int(v, 'weight', 0, 1000, 1));
    end loop;
    if (select count(distinct e->'name') from jsonb_array_elements(v_all) e)
        < jsonb_array_length(v_all)
    then
        perform godwit.invalid('variants', 'two variants have the same name');
    end if;
    if (select sum((e->>'weight')::int) from jsonb_array_elements(v_all) e) = 0 then
        perform godwit.invalid('variants', 'no variant has a weight; one has 1 or more');
    end if;
    return v_all;
end $$;

create or replace function godwit.flag_names(p_variants jsonb)
returns text[] language sql immutable parallel safe
as $$ select array_agg(v->>'name' order by n)
        from jsonb_array_elements(p_variants) with ordinality u(v, n) $$;

-- {"rules"}, whose predicates the handler has judged; GW001.
create or replace function godwit.read_flag_rules(p_body jsonb, p_variants jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_all jsonb := '[]';
    v jsonb;
begin
    if jsonb_typeof(p_body->'rules') <> 'array' or jsonb_array_length(p_body->'rules') > 20 then
        perform godwit.invalid('rules', '"rules" is not a list of at most 20');
    end if;
    if p_body->'_compiled' is null then
        perform godwit.invalid('rules', '"rules" were not judged');
    end if;
    for v in select * from jsonb_array_elements(p_body->'rules') loop
        perform godwit.read_body(v, array['when', 'share', 'variant']);
        if jsonb_typeof(coalesce(v->'share', '100')) <> 'number'
            or not coalesce((v->>'share')::numeric, 100) between 0 and 100
            or (v->>'share')::numeric * 100 % 1 <> 0
        then
            perform godwit.invalid('rules', '"share" is not a percentage from 0 to 100 with at '
                'most two decimals');
        end if;
        if v->>'variant' <> all (godwit.flag_names(p_variants)) then
            perform godwit.invalid('rules', format('the variant "%s" of a rule is not one of %s',
                v->>'variant', array_to_string(godwit.flag_names(p_variants), ', ')));
        end if;
        v_all := v_all || jsonb_build_array(jsonb_build_object('when', v->'when',
            'share', trim_scale(coalesce((v->>'share')::numeric, 100)), 'variant', v->'variant'));
    end loop;
    return v_all;
end $$;

-- The flag with what the body says of it; what it does not say stays.
create or replace function godwit.flag_fill(p_body jsonb, f godwit.flags)
returns godwit.flags language plpgsql stable
as $$
begin
    if p_body ? 'description' then
        f.description := godwit.read_text(p_body, 'description', 0, 1000);
    end if;
    f.enabled := coalesce(godwit.read_filter(p_body, 'enabled', 'flag')::boolean, f.enabled);
    if p_body ? 'tests' then
        f.tests := godwit.read_filter(p_body, 'tests', 'flag')::boolean;
    end if;
    f.public := coalesce(godwit.read_filter(p_body, 'public', 'flag')::boolean, f.public);
    f.salt := coalesce(godwit.read_line(p_body, 'salt', 1, 64), f.salt);
    if p_body ? 'variants' or f.variants is null then
        f.variants := godwit.read_flag_variants(p_body);
    end if;
    f.fallback := coalesce(godwit.read_word(p_body, 'fallback', godwit.flag_names(f.variants)),
        f.fallback, f.variants->-1->>'name');
    if f.fallback <> all (godwit.flag_names(f.variants)) then
        perform godwit.invalid('fallback', format('the fallback "%s" is not one of the variants '
            '%s', f.fallback, array_to_string(godwit.flag_names(f.variants), ', ')));
    end if;
    if p_body ? 'rules' then
        f.rules := godwit.read_flag_rules(p_body, f.variants);
        f.compiled := p_body->'_compiled';
    elsif exists (select from jsonb_array_elements(f.rules) r
                   where r->>'variant' <> all (godwit.flag_names(f.variants)))
    then
        perform godwit.invalid('variants', 'a rule names a variant that is not among these');
    end if;
    f.updated_at := auth.now();
    return f;
end $$;

create or replace function godwit.flag_json(f godwit.flags)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('flag', f.id), 'key', f.key,
        'description', f.description, 'enabled', f.enabled, 'tests', f.tests,
        'public', f.public, 'salt', f.salt, 'variants', f.variants, 'fallback', f.fallback,
        'rules', f.rules, 'english', f.compiled->'english', 'archived_at', f.archived_at,
        'created_at', f.created_at, 'updated_at', f.updated_at) $$;

-- The flag of {"id"}, locked when it is to change; GW002.
create or replace function godwit.flag_find(p_body jsonb, p_lock boolean default false)
returns godwit.flags language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'flag');
    f godwit.flags;
begin
    if p_lock then
        select * into f from godwit.flags
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into f from godwit.flags where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no flag %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return f;
end $$;

-- What the edge decides by, in the order of the keys' bytes; null: there is none. What may
-- hold any number is in it as text: numbers of Postgres are not all those of C.
create or replace function godwit.flags_text(p_tenant int)
returns text language sql stable
as $$ select jsonb_agg(jsonb_build_object('key', f.key, 'enabled', f.enabled,
            'tests', coalesce(f.tests, f.enabled), 'public', f.public, 'salt', f.salt,
            'fallback', f.fallback, 'variants', (select jsonb_agg(v
                    || jsonb_build_object('value', (v->'value')::text) order by n)
                from jsonb_array_elements(f.variants) with ordinality u(v, n)),
            'rules', (select coalesce(jsonb_agg(r || jsonb_build_object('when',
                    f.compiled->'when'->(n - 1)::int) order by n), '[]')
                from jsonb_array_elements(f.rules) with ordinality u(r, n)))
            order by f.key collate "C")::text
        from godwit.flags f where f.tenant_id = p_tenant and f.archived_at is null $$;

-- The flag is another: the edge is told, unless it could not hold them all (GW003).
create or replace function godwit.flag_changed(f godwit.flags)
returns void language plpgsql
as $$
begin
    if f.archived_at is null and (200 < (select count(*) from godwit.flags
            where tenant_id = f.tenant_id and archived_at is null)
        or 131072 < octet_length(godwit.flags_text(f.tenant_id)))
    then
        raise exception 'the flags of the workspace are more than 200, or more than 128 KiB '
            'together; archive some that are not needed' using errcode = 'GW003';
    end if;
    perform godwit.changed(f.tenant_id, 'flag', f.id::text, auth.now());
end $$;
