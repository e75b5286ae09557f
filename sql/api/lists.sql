-- Lists: named sets of contacts.

create or replace function godwit.list_json(l godwit.lists)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('lst', l.id), 'name', l.name,
        'members', (select count(*) from godwit.list_members m
                     where m.tenant_id = l.tenant_id and m.list_id = l.id),
        'created_at', l.created_at) $$;

create or replace function api.lists_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists;
begin
    perform godwit.read_body(p_body, array['name']);
    insert into godwit.lists (tenant_id, name, created_at)
    values (auth.tenant(), godwit.read_line(p_body, 'name', 1, 200, true), auth.now())
    returning * into l;
    perform godwit.audit('lists_create', godwit.id_text('lst', l.id), null, to_jsonb(l));
    return godwit.list_json(l);
exception
    when unique_violation then
        raise exception 'a list named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

create or replace function api.lists_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := godwit.read_cursor(p_body);
begin
    perform godwit.read_body(p_body, array['cursor', 'limit']);
    return godwit.page(array(
        select jsonb_build_object('key', l.id, 'item', godwit.list_json(l)) from godwit.lists l
         where l.tenant_id = auth.tenant() and l.id > v_after
         order by l.id limit v_limit + 1), v_limit);
end $$;

-- {"id","contact_ids":[...]} -> {"added","members"}: members twice count once.
create or replace function api.lists_add(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_list bigint := godwit.read_id(p_body, 'id', 'lst');
    v_ids bigint[];
    v_missing bigint;
    v_added bigint;
    l godwit.lists;
begin
    perform godwit.read_body(p_body, array['id', 'contact_ids']);
    if jsonb_typeof(p_body->'contact_ids') is distinct from 'array'
        or jsonb_array_length(p_body->'contact_ids') not between 1 and 10000
    then
        perform godwit.invalid('contact_ids', '"contact_ids" is not an array of 1 to 10000 ids');
    end if;
    select * into l from godwit.lists where tenant_id = v_tenant and id = v_list;
    if not found then
        raise exception 'there is no list %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;

    v_ids := array(select distinct godwit.id_parse('ct', e, 'contact_ids')
                     from jsonb_array_elements_text(p_body->'contact_ids') e);
    select i into v_missing from unnest(v_ids) i
     where not exists (select from godwit.contacts c
                        where c.tenant_id = v_tenant and c.id = i) limit 1;
    if found then
        raise exception 'there is no contact %', godwit.id_text('ct', v_missing)
            using errcode = 'GW002', column = 'contact_ids';
    end if;

    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select v_tenant, v_list, i, auth.now() from unnest(v_ids) i
    on conflict do nothing;
    get diagnostics v_added = row_count;
    perform godwit.audit('lists_add', godwit.id_text('lst', v_list), null,
        jsonb_build_object('added', v_added));
    return jsonb_build_object('added', v_added, 'members', godwit.list_json(l)->'members');
end $$;
