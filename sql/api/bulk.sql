-- Bulk edit: one change of the contacts of a segment or list, or of those named.

-- GW004 unless the caller may do with segments and lists what he asks for.
create or replace function godwit.bulk_may(p_body jsonb)
returns void language plpgsql stable
as $$
declare
    u record;
begin
    for u in select * from (values ('segment_id', 'segments:read'), ('list_id', 'lists:read'),
        ('add_lists', 'lists:write'), ('remove_lists', 'lists:write')) v(field, scope)
    loop
        if coalesce(p_body->u.field, 'null') not in ('null', '[]') and not auth.can(u.scope) then
            raise exception 'the caller does not have the scope %', u.scope
                using errcode = 'GW004', column = u.field;
        end if;
    end loop;
end $$;

-- What {"set"} says: columns of contacts, and a merge patch of attributes.
create or replace function godwit.read_set(p_body jsonb)
returns jsonb language plpgsql
as $$
declare
    v jsonb := coalesce(nullif(p_body->'set', 'null'), '{}');
    c godwit.contacts;
begin
    if jsonb_typeof(v) <> 'object' then
        perform godwit.invalid('set', '"set" is not an object');
    end if;
    perform godwit.read_body(v, array['zone', 'locale', 'attributes', 'owner', 'company_id']);
    c.external_id := '-';               -- somebody; what is read of him is what is set
    c := godwit.contact_fill(v, c);
    if not godwit.is_zone(c.zone) then
        perform godwit.invalid('zone', '"zone" is no time zone like Europe/Berlin');
    end if;
    return (select coalesce(jsonb_object_agg(k, case k when 'attributes' then v->k
                else to_jsonb(c)->k end), '{}') from jsonb_object_keys(v) k);
end $$;

-- The ids of lists of {p_field: [...]}, each once.
create or replace function godwit.read_lists(p_body jsonb, p_field text)
returns bigint[] language plpgsql stable
as $$
declare
    v jsonb := coalesce(nullif(p_body->p_field, 'null'), '[]');
begin
    if jsonb_typeof(v) <> 'array' or jsonb_array_length(v) > 20 then
        perform godwit.invalid(p_field, format('"%s" is not an array of at most 20 ids', p_field));
    end if;
    return array(select distinct godwit.id_parse('lst', e, p_field)
                   from jsonb_array_elements_text(v) e order by 1);
end $$;

-- What is to be done, as bulk_edits.change has it.
create or replace function godwit.read_change(p_body jsonb)
returns jsonb language plpgsql
as $$
declare
    v jsonb := jsonb_build_object('set', godwit.read_set(p_body),
        'add_tags', coalesce(godwit.read_tags(p_body, 'add_tags'), '{}'),
        'remove_tags', coalesce(godwit.read_tags(p_body, 'remove_tags'), '{}'),
        'add_lists', godwit.read_lists(p_body, 'add_lists'),
        'remove_lists', godwit.read_lists(p_body, 'remove_lists'));
    v_what text;
    v_both jsonb;
begin
    foreach v_what in array '{tags,lists}'::text[] loop
        select e into v_both from jsonb_array_elements(v->('remove_' || v_what)) e
         where v->('add_' || v_what) @> e limit 1;
        if found then
            perform godwit.invalid('remove_' || v_what, format(
                '"add_%1$s" and "remove_%1$s" both have %2$s; leave it out of one of them',
                v_what, case v_what when 'tags' then v_both::text
                    else godwit.id_text('lst', v_both::bigint) end));
        end if;
    end loop;
    if not exists (select from jsonb_each(v) e where e.value not in ('{}', '[]')) then
        perform godwit.invalid('set', 'nothing is to be changed; say "set", "add_tags", '
            '"remove_tags", "add_lists" or "remove_lists"');
    end if;
    return v;
end $$;

-- {"segment_id" or "list_id" or "contact_ids", "set"?,"add_tags"?,"remove_tags"?,
-- "add_lists"?,"remove_lists"?} -> {"operation"}, whose steps are functions/bulk.sql.
create or replace function api.contacts_bulk(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant constant int := auth.tenant();
    v_segment bigint;
    v_list bigint;
    v_ids bigint[];
    v_predicate jsonb;
    v_change jsonb;
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['segment_id', 'list_id', 'contact_ids', 'set',
        'add_tags', 'remove_tags', 'add_lists', 'remove_lists']);
    perform godwit.bulk_may(p_body);
    v_segment := godwit.read_segment(p_body);
    if coalesce(p_body->'list_id', 'null') <> 'null' then
        v_list := godwit.read_list(p_body);
    end if;
    if coalesce(p_body->'contact_ids', 'null') <> 'null' then
        v_ids := godwit.read_contacts(p_body);
        perform godwit.contacts_there(v_tenant, v_ids);
    end if;
    if num_nonnulls(v_segment, v_list, v_ids) <> 1 then
        perform godwit.invalid('segment_id',
            'say who it is by one of "segment_id", "list_id" and "contact_ids"');
    end if;
    v_change := godwit.read_change(p_body);
    perform godwit.bulk_hold(v_tenant, v_change);

    -- a segment as it is now, whatever becomes of it
    select s.predicate into v_predicate from godwit.segments s
     where s.tenant_id = v_tenant and s.id = v_segment;
    o := godwit.operation_start('contacts_bulk', coalesce(p_body->>'segment_id',
        p_body->>'list_id'), '{}', null);
    insert into godwit.bulk_edits (tenant_id, operation_id, list_id, predicate, change)
    values (v_tenant, o.id, v_list, v_predicate, v_change);
    if v_ids is not null then
        perform godwit.bulk_keep(v_tenant, o.id, v_ids);
    end if;
    perform godwit.audit('contacts_bulk', godwit.id_text('op', o.id), null,
        p_body || jsonb_strip_nulls(jsonb_build_object('predicate', v_predicate)));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;
