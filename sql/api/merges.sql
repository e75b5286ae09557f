-- Merges: two contacts that are one person, and how that is undone; who may be
-- there twice.

create or replace function godwit.merge_json(m godwit.merges)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('mrg', m.id),
        'into', godwit.id_text('ct', m.into_id), 'contact_id', godwit.id_text('ct', m.contact_id),
        'actor', m.actor, 'merged_at', m.at, 'undone_at', m.undone_at) $$;

-- The merge of {"id"}, locked when it is to change; GW002.
create or replace function godwit.merge_find(p_body jsonb, p_lock boolean default false)
returns godwit.merges language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'mrg');
    m godwit.merges;
begin
    if p_lock then
        select * into m from godwit.merges
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into m from godwit.merges where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no merge %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return m;
end $$;

-- The contact of a field is there; GW002, with what it went into.
create or replace function godwit.merge_side(p_body jsonb, p_field text, p_id bigint)
returns void language plpgsql stable
as $$
begin
    if not exists (select from godwit.contacts c
                    where c.tenant_id = auth.tenant() and c.id = p_id)
    then
        raise exception 'there is no contact %', p_body->>p_field || coalesce((
            select ' any more: it went into ' || godwit.id_text('ct', a.into_id)
              from godwit.contact_alias a
             where a.tenant_id = auth.tenant() and a.contact_id = p_id), '')
            using errcode = 'GW002', column = p_field;
    end if;
end $$;

-- Merges and their undoing are behind godwit.fields_lock: no batch of a file has
-- found somebody who is gone before it writes. GW003 while one of these is being
-- erased: he would be in part.
create or replace function godwit.merge_erasing(p_field text, p_ids bigint[])
returns void language plpgsql stable
as $$
declare
    v_object text;
begin
    select o.object into v_object from godwit.operations o
     where o.qshard = 0 and o.tenant_id = auth.tenant() and o.state in ('queued', 'running')
       and o.kind = 'contacts_erase'
       and o.object = any (array(select godwit.id_text('ct', i) from unnest(p_ids) i)) limit 1;
    if found then
        raise exception '% is being erased', v_object using errcode = 'GW003', column = p_field;
    end if;
end $$;

-- {"into","contact_id"}: the second goes into the first.
create or replace function api.merges_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_into bigint := godwit.read_id(p_body, 'into', 'ct');
    v_from bigint := godwit.read_id(p_body, 'contact_id', 'ct');
    v_locked boolean := godwit.fields_lock();
    v_id bigint;
    m godwit.merges;
begin
    perform godwit.read_body(p_body, array['into', 'contact_id']);
    if v_into = v_from then
        perform godwit.invalid('contact_id', '"contact_id" and "into" are the same contact');
    end if;
    perform from godwit.contacts c
      where c.tenant_id = auth.tenant() and c.id in (v_into, v_from) order by c.id for update;
    perform godwit.merge_side(p_body, 'into', v_into),
            godwit.merge_side(p_body, 'contact_id', v_from),
            godwit.merge_erasing('contact_id', array[v_into, v_from]);
    v_id := godwit.contact_merge(auth.tenant(), v_into, v_from, current_setting('app.actor'),
        auth.now());
    select * into m from godwit.merges o where o.tenant_id = auth.tenant() and o.id = v_id;
    perform godwit.audit('merges_create', godwit.id_text('ct', v_into), null,
        godwit.merge_json(m) || jsonb_build_object('contact', m.kept->'contact'));
    return godwit.merge_json(m);
end $$;

create or replace function api.merges_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.merge_json(godwit.merge_find(p_body));
end $$;

create or replace function api.merges_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'merges_list', 'godwit.merges t', 't.id', 'godwit.merge_json(t)',
    array[['id', 't.id', 'bigint']], array[
        ['into', 'id ct', 't.into_id = %s'],
        ['contact_id', 'id ct', 't.contact_id = %s']]) $$;

-- {"id"}: GW003 when it cannot be undone (any more).
create or replace function api.merges_undo(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_locked boolean := godwit.fields_lock();
    m godwit.merges := godwit.merge_find(p_body, true);
    v_now bigint;
    v_had jsonb := m.kept#>'{contact,attributes}';
    v_key text;
    v_index text;
begin
    perform godwit.read_body(p_body, array['id']);
    if m.undone_at is not null then
        raise exception '% was undone at %', godwit.id_text('mrg', m.id), m.undone_at
            using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.quota_contacts_lock(m.tenant_id, 1, auth.now());
    -- held before it is looked for: no other merge takes it away meanwhile
    perform from godwit.contacts c
      where c.tenant_id = m.tenant_id and c.id = m.into_id for update;
    if not found then
        v_now := godwit.contact_now(m.tenant_id, m.into_id);
        raise exception '% %', godwit.id_text('ct', m.into_id), case when v_now = m.into_id
            then 'has been deleted'
            else format('itself went into %s; undo that first', godwit.id_text('ct', v_now)) end
            using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.merge_erasing('id', array[m.into_id]);
    select min(k) into v_key from jsonb_object_keys(v_had) k
     where not godwit.fields_taken(m.tenant_id, v_had) ? k;
    if v_key is not null then
        raise exception 'what % had as "%" is not what this field takes now; change the field, '
            'or delete it', godwit.id_text('ct', m.contact_id), v_key
            using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.contact_unmerge(m, auth.now());
    perform godwit.quota_contacts(m.tenant_id, 1, auth.now());
    m := godwit.merge_find(p_body);
    perform godwit.audit('merges_undo', godwit.id_text('ct', m.into_id), null,
        godwit.merge_json(m));
    return godwit.merge_json(m);
exception
    when unique_violation then
        get stacked diagnostics v_index = constraint_name;
        raise exception 'what % had is another contact''s now: its %',
            godwit.id_text('ct', m.contact_id),
            case v_index when 'contacts_email_key' then 'e-mail address' else 'external id' end
            using errcode = 'GW003', column = 'id';
end $$;

-- An address as two people who write it differently mean the same: in lower
-- case, without +tag, and of Gmail without dots.
create or replace function godwit.email_meant(p_email text)
returns text language sql immutable parallel safe
as $$ select split_part(case when lower(p_email) ~ '@(gmail|googlemail)\.com$'
            then replace(split_part(lower(p_email), '@', 1), '.', '')
            else split_part(lower(p_email), '@', 1) end, '+', 1)
         || regexp_replace('@' || split_part(lower(p_email), '@', 2), '^@googlemail\.com$',
                '@gmail.com') $$;

-- {"by"?} and a page: {"by","value","contacts","items":[...]} each: those who have the
-- same number, the same address written differently, or the same name.
create or replace function api.duplicates_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_by text := coalesce(godwit.read_word(p_body, 'by', '{phone,email,name}'), 'phone');
    v_after text := coalesce(godwit.cursor_read('duplicates_list', p_body)->>0, '');
    v_key text := case v_by when 'phone' then 'c.phone'
        when 'email' then 'godwit.email_meant(c.email)'
        else $q$nullif(lower(btrim(c.first_name) || ' ' || btrim(c.last_name)), ' ')$q$ end;
    v_items jsonb;
    v_last text;
begin
    perform godwit.read_body(p_body, array['limit', 'cursor', 'fields', 'by']);
    execute format($q$
        select jsonb_agg(jsonb_build_object('by', $4::text, 'value', g.key, 'contacts', g.n,
                   'items', (select jsonb_agg(jsonb_build_object('id', godwit.id_text('ct', o.id),
                           'email', o.email, 'phone', o.phone, 'first_name', o.first_name,
                           'last_name', o.last_name, 'created_at', o.created_at) order by o.id)
                       from godwit.contacts o
                      where o.tenant_id = $1 and o.id = any (g.ids[1:20])))
               order by g.key)
          from (select %1$s as key, count(*) as n, array_agg(c.id order by c.id) as ids
                  from godwit.contacts c
                 where c.tenant_id = $1 and %1$s > $2
                 group by 1 having count(*) > 1 order by 1 limit $3) g $q$, v_key)
       into v_items using auth.tenant(), v_after, v_limit + 1, v_by;
    v_last := v_items->(v_limit - 1)->>'value';
    return godwit.list_page('duplicates_list', p_body, v_items - v_limit,
        jsonb_array_length(v_items) > v_limit, v_last, 0);
end $$;
