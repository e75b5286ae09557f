-- Fields: what attributes of contacts may be.

create or replace function godwit.field_json(f godwit.fields)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('fld', f.id), 'key', f.key,
        'label', f.label, 'type', f.type, 'options', f.options, 'created_at', f.created_at,
        'updated_at', f.updated_at) $$;

-- The field of {"id"}; GW002.
create or replace function godwit.field_find(p_body jsonb)
returns godwit.fields language plpgsql stable
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'fld');
    f godwit.fields;
begin
    select * into f from godwit.fields where tenant_id = auth.tenant() and id = v_id;
    if not found then
        raise exception 'there is no field %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return f;
end $$;

-- Nobody writes attributes from here to the end of the transaction, and who has
-- begun to has ended. True, so that it may stand before others that look.
create or replace function godwit.fields_lock()
returns boolean language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('fields', auth.tenant()));
    return true;
end $$;

-- The options of {"options"}: 1 to 200 texts, each once.
create or replace function godwit.read_options(p_body jsonb)
returns text[] language plpgsql stable
as $$
declare
    v jsonb := p_body->'options';
begin
    if jsonb_typeof(v) is distinct from 'array' then
        perform godwit.invalid('options', '"options" is not an array of texts');
    end if;
    if jsonb_array_length(v) not between 1 and 200
        or exists (select from jsonb_array_elements(v) e
            where jsonb_typeof(e) <> 'string' or length(e#>>'{}') not between 1 and 100
               or e#>>'{}' ~ '[\x01-\x1f\x7f;]' or e#>>'{}' <> btrim(e#>>'{}'))
    then
        perform godwit.invalid('options', '"options" is not an array of 1 to 200 texts, each of '
            '1 to 100 characters without blanks around them, ";" and control characters');
    end if;
    if jsonb_array_length(v) > (select count(distinct e) from jsonb_array_elements(v) e) then
        perform godwit.invalid('options', '"options" has one of its texts twice');
    end if;
    return array(select e from jsonb_array_elements_text(v) with ordinality o(e, n) order by n);
end $$;

-- GW003 when somebody has what the field may not be.
create or replace function godwit.field_held(f godwit.fields, p_cure text)
returns void language plpgsql
as $$
declare
    v_n bigint;
    v_id bigint;
    v text;
begin
    select count(*), min(c.id) into v_n, v_id from godwit.contacts c
     where c.tenant_id = f.tenant_id and c.attributes ? f.key and c.attributes->f.key <> 'null'
       and not godwit.field_fits(f.type, f.options, c.attributes->f.key);
    if v_n = 0 then
        return;
    end if;
    select left((c.attributes->f.key)::text, 60) into v from godwit.contacts c
     where c.tenant_id = f.tenant_id and c.id = v_id;
    raise exception '% contacts have a "%" that is not %, such as % with %; %', v_n, f.key,
        godwit.field_wants(f.type, f.options), godwit.id_text('ct', v_id), v, p_cure
        using errcode = 'GW003', column = 'key';
end $$;

-- {"key","type","label"?,"options"?,"convert"?}: GW003 when contacts have
-- something else under the key, unless "convert" makes it fit.
create or replace function api.fields_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.fields;
    v_convert boolean := coalesce(godwit.read_filter(p_body, 'convert', 'flag')::boolean, false);
begin
    perform godwit.read_body(p_body, array['key', 'label', 'type', 'options', 'convert']);
    f.key := godwit.read_line(p_body, 'key', 1, 64, true);
    if f.key !~ '^[A-Za-z_][A-Za-z0-9_]*$' then
        perform godwit.invalid('key', '"key" is not made of letters, digits and "_" alone, '
            'the first of them no digit');
    end if;
    if f.key = any ('{id,email,phone,external_id,first_name,last_name,zone,locale,attributes}') then
        perform godwit.invalid('key', format('"%s" is what a contact has anyway; take another key',
            f.key));
    end if;
    f.label := coalesce(godwit.read_line(p_body, 'label', 1, 200), f.key);
    f.type := godwit.read_word(p_body, 'type',
        '{text,number,boolean,date,datetime,enum,set}');
    if f.type is null then
        perform godwit.invalid('type', '"type" is missing');
    end if;
    if f.type in ('enum', 'set') then
        f.options := godwit.read_options(p_body);
    elsif coalesce(p_body->'options', 'null') <> 'null' then
        perform godwit.invalid('options', '"options" are for the types enum and set');
    end if;

    f.tenant_id := auth.tenant();
    perform godwit.fields_lock();
    if 500 <= (select count(*) from godwit.fields o where o.tenant_id = f.tenant_id) then
        raise exception 'a workspace has 500 fields at most; delete one'
            using errcode = 'GW003', column = 'key';
    end if;
    if v_convert then
        update godwit.contacts c
           set attributes = c.attributes || jsonb_build_object(f.key, u.value),
               updated_at = auth.now()
          from (select o.id, godwit.field_read(f.type, f.options, o.attributes->f.key) as value
                  from godwit.contacts o
                 where o.tenant_id = f.tenant_id and o.attributes ? f.key
                   and not godwit.field_fits(f.type, f.options, o.attributes->f.key)
                offset 0) u               -- each is read once
         where c.tenant_id = f.tenant_id and c.id = u.id and u.value is not null;
    end if;
    perform godwit.field_held(f, case when v_convert then 'mend these first'
        else 'mend these first, or make the field with "convert": true' end);
    insert into godwit.fields (tenant_id, key, label, type, options, created_at, updated_at)
    values (f.tenant_id, f.key, f.label, f.type, f.options, auth.now(), auth.now())
    returning * into f;
    perform godwit.audit('fields_create', godwit.id_text('fld', f.id), null,
        godwit.field_json(f));
    return godwit.field_json(f);
exception
    when unique_violation then
        raise exception 'a field with the key "%" is there already', p_body->>'key'
            using errcode = 'GW003', column = 'key';
end $$;

create or replace function api.fields_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.field_json(godwit.field_find(p_body));
end $$;

create or replace function api.fields_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'fields_list', 'godwit.fields t', 't.id',
    'godwit.field_json(t)', array[
        ['id', 't.id', 'bigint'],
        ['key', 't.key', 'text']], array[
        ['q', 'line', 'position(lower(%s) in lower(t.key || '' '' || t.label)) > 0']]) $$;

-- {"label"?,"options"?}: key and type stay. GW003 when an option goes that
-- somebody has.
create or replace function api.fields_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_locked boolean := godwit.fields_lock();
    f godwit.fields := godwit.field_find(p_body);
    v_was jsonb := godwit.field_json(f);
    v_options text[];
begin
    perform godwit.read_body(p_body, array['id', 'label', 'options', '_if_match']);
    perform godwit.match(p_body, v_was);
    if p_body ? 'label' then
        f.label := godwit.read_line(p_body, 'label', 1, 200, true);
    end if;
    if p_body ? 'options' then
        v_options := godwit.read_options(p_body);
        if f.options is null then
            perform godwit.invalid('options', '"options" are for the types enum and set');
        end if;
        f.options := v_options;
        perform godwit.field_held(f, 'mend these first, or leave the option');
    end if;
    update godwit.fields o set label = f.label, options = f.options, updated_at = auth.now()
     where o.tenant_id = f.tenant_id and o.id = f.id returning * into f;
    perform godwit.audit('fields_update', godwit.id_text('fld', f.id), v_was,
        godwit.field_json(f));
    return godwit.field_json(f);
end $$;

-- What contacts have stays: it may be anything then.
create or replace function api.fields_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_locked boolean := godwit.fields_lock();
    f godwit.fields := godwit.field_find(p_body);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.field_json(f));
    delete from godwit.fields o where o.tenant_id = f.tenant_id and o.id = f.id;
    perform godwit.audit('fields_delete', godwit.id_text('fld', f.id), godwit.field_json(f),
        null);
    return null;
end $$;
