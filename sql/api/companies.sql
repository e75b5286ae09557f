-- Companies: what contacts belong to.

create or replace function godwit.company_json(c godwit.companies)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('com', c.id), 'name', c.name,
        'domain', c.domain, 'attributes', c.attributes,
        'contacts', (select count(*) from godwit.contacts p
                      where p.tenant_id = c.tenant_id and p.company_id = c.id),
        'created_at', c.created_at, 'updated_at', c.updated_at) $$;

-- The company of {"id"}, locked when it is to change; GW002.
create or replace function godwit.company_find(p_body jsonb, p_lock boolean default false)
returns godwit.companies language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'com');
    c godwit.companies;
begin
    if p_lock then
        select * into c from godwit.companies
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into c from godwit.companies where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no company %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return c;
end $$;

-- The company with what the body says of it; attributes are a merge patch.
create or replace function godwit.company_fill(p_body jsonb, c godwit.companies)
returns godwit.companies language plpgsql stable
as $$
begin
    if p_body ? 'name' or c.id is null then
        c.name := godwit.read_line(p_body, 'name', 1, 200, true);
    end if;
    if p_body ? 'domain' then
        c.domain := lower(godwit.read_line(p_body, 'domain', 3, 253));
        if c.domain !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$' then
            perform godwit.invalid('domain', '"domain" is not a domain like example.com');
        end if;
    end if;
    if jsonb_typeof(coalesce(p_body->'attributes', '{}')) <> 'object'
        or length((p_body->'attributes')::text) > 65536
    then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    c.attributes := godwit.merge_patch(coalesce(c.attributes, '{}'),
                                       coalesce(p_body->'attributes', '{}'));
    if length(c.attributes::text) > 65536 then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    return c;
end $$;

create or replace function api.companies_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.companies;
begin
    perform godwit.read_body(p_body, array['name', 'domain', 'attributes']);
    c := godwit.company_fill(p_body, c);
    insert into godwit.companies (tenant_id, name, domain, attributes, created_at, updated_at)
    values (auth.tenant(), c.name, c.domain, c.attributes, auth.now(), auth.now())
    returning * into c;
    perform godwit.audit('companies_create', godwit.id_text('com', c.id), null,
        godwit.company_json(c));
    return godwit.company_json(c);
exception
    when unique_violation then
        raise exception 'a company with the domain % is there already', lower(p_body->>'domain')
            using errcode = 'GW003', column = 'domain';
end $$;

create or replace function api.companies_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.company_json(godwit.company_find(p_body));
end $$;

create or replace function api.companies_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'companies_list', 'godwit.companies t', 't.id',
    'godwit.company_json(t)', array[
        ['id', 't.id', 'bigint'],
        ['name', 't.name', 'text']], array[
        ['domain', 'line', 't.domain = lower(%s)'],
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

create or replace function api.companies_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.companies := godwit.company_find(p_body, true);
    v_was jsonb := godwit.company_json(c);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'domain', 'attributes', '_if_match']);
    perform godwit.match(p_body, v_was);
    c := godwit.company_fill(p_body, c);
    update godwit.companies o set name = c.name, domain = c.domain, attributes = c.attributes,
           updated_at = auth.now()
     where o.tenant_id = c.tenant_id and o.id = c.id returning * into c;
    perform godwit.company_changed(c.tenant_id, c.id, auth.now()),
            godwit.audit('companies_update', godwit.id_text('com', c.id), v_was,
                godwit.company_json(c));
    return godwit.company_json(c);
exception
    when unique_violation then
        raise exception 'a company with the domain % is there already', lower(p_body->>'domain')
            using errcode = 'GW003', column = 'domain';
end $$;

-- Its contacts stay, without a company. No merge gives it to another meanwhile.
create or replace function api.companies_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.companies;
    v_was jsonb;
    v_ids bigint[];
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.fields_hold(auth.tenant());
    c := godwit.company_find(p_body, true);
    v_was := godwit.company_json(c);
    perform godwit.match(p_body, v_was);
    with freed as (
        update godwit.contacts p set company_id = null, updated_at = auth.now()
         where p.tenant_id = c.tenant_id and p.company_id = c.id returning p.id
    )
    select array_agg(f.id) into v_ids from freed f;
    perform godwit.contacts_changed(c.tenant_id, v_ids, auth.now());
    delete from godwit.companies o where o.tenant_id = c.tenant_id and o.id = c.id;
    perform godwit.audit('companies_delete', godwit.id_text('com', c.id), v_was, null);
    return null;
end $$;
