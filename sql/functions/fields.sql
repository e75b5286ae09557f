-- Typed fields: what attributes of a contact may be. worker/import/fields.c
-- reads the cells of a file the same way.

-- Is it a date like 2026-01-31?
create or replace function godwit.is_date(p_text text)
returns boolean language plpgsql immutable parallel safe
as $$
begin
    return p_text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and p_text::date is not null;
exception
    when datetime_field_overflow or invalid_datetime_format then
        return false;
end $$;

-- May the field be this?
create or replace function godwit.field_fits(p_type text, p_options text[], v jsonb)
returns boolean language plpgsql stable
as $$
begin
    return case p_type
        when 'text' then jsonb_typeof(v) = 'string'
        when 'number' then jsonb_typeof(v) = 'number' and length(v::text) <= 40
        when 'boolean' then jsonb_typeof(v) = 'boolean'
        when 'date' then jsonb_typeof(v) = 'string' and godwit.is_date(v#>>'{}')
        when 'datetime' then jsonb_typeof(v) = 'string' and godwit.instant(v#>>'{}') is not null
        when 'enum' then jsonb_typeof(v) = 'string' and v#>>'{}' = any (p_options)
        when 'set' then jsonb_typeof(v) = 'array' and v <@ to_jsonb(p_options)
            and jsonb_array_length(v) = (select count(distinct e) from jsonb_array_elements(v) e)
        end;
end $$;

-- What a text, number or truth becomes in such a field; null: nothing it may be.
create or replace function godwit.field_read(p_type text, p_options text[], p_value jsonb)
returns jsonb language plpgsql stable
as $$
declare
    s text := btrim(p_value#>>'{}', E' \t');
    v jsonb := case p_type
        when 'text' then to_jsonb(p_value#>>'{}')
        when 'number' then case when s ~ '^-?[0-9]{1,20}(\.[0-9]{1,18})?$'
                                then to_jsonb(s::numeric) end
        when 'boolean' then case when lower(s) in ('true', 'yes', '1') then to_jsonb(true)
                                 when lower(s) in ('false', 'no', '0') then to_jsonb(false) end
        when 'set' then to_jsonb(array(select btrim(e, E' \t')
            from string_to_table(s, ';') with ordinality u(e, n)
           where btrim(e, E' \t') <> '' order by n))
        else to_jsonb(s) end;
begin
    return case when jsonb_typeof(p_value) in ('string', 'number', 'boolean')
                 and godwit.field_fits(p_type, p_options, v) then v end;
end $$;

-- What it must be, in words.
create or replace function godwit.field_wants(p_type text, p_options text[])
returns text language sql immutable parallel safe
as $$ select case p_type
        when 'text' then 'a text'
        when 'number' then 'a number of at most 40 characters'
        when 'boolean' then 'true or false'
        when 'date' then 'a date like 2026-01-31'
        when 'datetime' then 'an instant like 2026-01-31T12:00:00Z'
        when 'enum' then 'one of '
        else 'an array that has each of its texts once, out of ' end
    || coalesce(case when length(array_to_string(p_options, ', ')) > 200
            then left(array_to_string(p_options, ', '), 200) || ' ...'
            else array_to_string(p_options, ', ') end, '') $$;

-- Until the end of its transaction no field changes. Who has read fields
-- writes what is to fit them behind this.
create or replace function godwit.fields_hold(p_tenant int)
returns void language sql
as $$ select pg_advisory_xact_lock_shared(hashtextextended('fields', p_tenant)) $$;

-- The same; and what tells these fields from those of another time.
create or replace function godwit.fields_version(p_tenant int)
returns text language plpgsql
as $$
begin
    perform godwit.fields_hold(p_tenant);
    return (select concat_ws(' ', count(*), max(f.id), max(f.updated_at))
              from godwit.fields f where f.tenant_id = p_tenant);
end $$;

-- GW001 for the first attribute of a merge patch that is not what its field
-- may be.
create or replace function godwit.fields_check(p_tenant int, p_patch jsonb)
returns void language plpgsql stable
as $$
declare
    f godwit.fields;
begin
    select * into f from godwit.fields o
     where o.tenant_id = p_tenant and p_patch ? o.key and p_patch->o.key <> 'null'
       and not godwit.field_fits(o.type, o.options, p_patch->o.key)
     order by o.id limit 1;
    if found then
        perform godwit.invalid('attributes', format('"attributes.%s" is not %s', f.key,
            godwit.field_wants(f.type, f.options)));
    end if;
end $$;
