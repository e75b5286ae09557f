-- Tags: words that contacts have.

-- The tag of {p_field}; GW001.
create or replace function godwit.read_tag(p_body jsonb, p_field text)
returns text language plpgsql stable
as $$
declare
    v text := godwit.tag_kept(godwit.read_line(p_body, p_field, 1, 64, true));
begin
    if v = '' then
        perform godwit.invalid(p_field, format('"%s" is blank', p_field));
    end if;
    return v;
end $$;

-- The tags of {p_field: [...]} in order, each once; null: none.
create or replace function godwit.read_tags(p_body jsonb, p_field text)
returns text[] language plpgsql stable
as $$
declare
    v jsonb := coalesce(nullif(p_body->p_field, 'null'), '[]');
begin
    if jsonb_typeof(v) <> 'array' then
        perform godwit.invalid(p_field, format('"%s" is not an array of texts', p_field));
    end if;
    if jsonb_array_length(v) > 100 or exists (select from jsonb_array_elements(v) e
        where jsonb_typeof(e) <> 'string' or length(e#>>'{}') > 64
           or btrim(e#>>'{}') = '' or e#>>'{}' ~ '[\x01-\x1f\x7f]')
    then
        perform godwit.invalid(p_field, format('"%s" is not an array of at most 100 texts, each of '
            '1 to 64 characters in one line', p_field));
    end if;
    return nullif(array(select distinct godwit.tag_kept(e) from jsonb_array_elements_text(v) e
                         order by 1), '{}');
end $$;

-- {"tag","contact_ids":[...]} -> {"tag","added"}: who has it keeps it. GW003 for
-- who has a hundred.
create or replace function api.tags_add(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant constant int := auth.tenant();
    v_tag text := godwit.read_tag(p_body, 'tag');
    v_ids bigint[] := godwit.read_contacts(p_body);
    v_full bigint;
    v_added bigint;
begin
    perform godwit.read_body(p_body, array['tag', 'contact_ids']);
    -- in order, so that two who do this do not wait for each other
    perform from godwit.contacts c where c.tenant_id = v_tenant and c.id = any (v_ids)
      order by c.id for no key update;
    perform godwit.contacts_there(v_tenant, v_ids);
    select c.id into v_full from godwit.contacts c
     where c.tenant_id = v_tenant and c.id = any (v_ids) and cardinality(c.tags) >= 100
       and v_tag <> all (c.tags) limit 1;
    if found then
        raise exception '% has 100 tags already; take one away', godwit.id_text('ct', v_full)
            using errcode = 'GW003', column = 'contact_ids';
    end if;

    update godwit.contacts c set updated_at = auth.now(),
           tags = array(select x from unnest(c.tags || v_tag) x order by 1)
     where c.tenant_id = v_tenant and c.id = any (v_ids)
       and v_tag <> all (coalesce(c.tags, '{}'));
    get diagnostics v_added = row_count;
    with new as (
        insert into godwit.contact_tags (tenant_id, tag, contact_id)
        select v_tenant, v_tag, i from unnest(v_ids) i
        on conflict do nothing
        returning contact_id
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select v_tenant, 'contact', contact_id, auth.now() from new;
    perform godwit.audit('tags_add', 'tag:' || v_tag, null,
        jsonb_build_object('added', v_added));
    return jsonb_build_object('tag', v_tag, 'added', v_added);
end $$;

-- {"tag","contact_ids":[...]} -> {"tag","removed"}: who does not have it stays.
create or replace function api.tags_remove(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant constant int := auth.tenant();
    v_tag text := godwit.read_tag(p_body, 'tag');
    v_ids bigint[] := godwit.read_contacts(p_body);
    v_removed bigint;
begin
    perform godwit.read_body(p_body, array['tag', 'contact_ids']);
    perform from godwit.contacts c where c.tenant_id = v_tenant and c.id = any (v_ids)
      order by c.id for no key update;
    update godwit.contacts c set updated_at = auth.now(),
           tags = nullif(array_remove(c.tags, v_tag), '{}')
     where c.tenant_id = v_tenant and c.id = any (v_ids) and v_tag = any (c.tags);
    get diagnostics v_removed = row_count;
    with gone as (
        delete from godwit.contact_tags t
         where t.tenant_id = v_tenant and t.tag = v_tag and t.contact_id = any (v_ids)
        returning t.contact_id
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select v_tenant, 'contact', contact_id, auth.now() from gone;
    perform godwit.audit('tags_remove', 'tag:' || v_tag, null,
        jsonb_build_object('removed', v_removed));
    return jsonb_build_object('tag', v_tag, 'removed', v_removed);
end $$;

-- {"q"?} and a page: {"tag","contacts"} each, by name.
create or replace function api.tags_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_q text := godwit.tag_kept(godwit.read_line(p_body, 'q', 1, 64));
    v_after text := godwit.cursor_read('tags_list', p_body)->>0;
    v_items jsonb;
    v_last text;
begin
    perform godwit.read_body(p_body, array['limit', 'cursor', 'fields', 'q']);
    select jsonb_agg(jsonb_build_object('tag', g.tag, 'contacts', g.n) order by g.tag) into v_items
      from (select t.tag, count(*) as n from godwit.contact_tags t
             where t.tenant_id = auth.tenant() and (v_after is null or t.tag > v_after)
               and (v_q is null or position(v_q in t.tag) > 0)
             group by t.tag order by t.tag limit v_limit + 1) g;
    v_last := v_items->(v_limit - 1)->>'tag';
    return godwit.list_page('tags_list', p_body, v_items - v_limit,
        jsonb_array_length(v_items) > v_limit, v_last, 0);
end $$;
