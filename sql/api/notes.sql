-- Notes: what members write down about a contact. The audit keeps them under
-- the contact, with whom they are erased.

create or replace function godwit.note_json(n godwit.notes)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('note', n.id),
        'contact_id', godwit.id_text('ct', n.contact_id), 'text', n.text, 'author', n.author,
        'created_at', n.created_at, 'updated_at', n.updated_at) $$;

-- The note of {"id"}, locked when it is to change; GW002.
create or replace function godwit.note_find(p_body jsonb, p_lock boolean default false)
returns godwit.notes language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'note');
    n godwit.notes;
begin
    if p_lock then
        select * into n from godwit.notes
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into n from godwit.notes where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no note %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return n;
end $$;

create or replace function api.notes_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct');
    v_text text := godwit.read_text(p_body, 'text', 1, 20000, true);
    n godwit.notes;
begin
    perform godwit.read_body(p_body, array['contact_id', 'text']);
    perform from godwit.contacts c where c.tenant_id = auth.tenant() and c.id = v_contact
        for key share;
    if not found then
        raise exception 'there is no contact %', p_body->>'contact_id'
            using errcode = 'GW002', column = 'contact_id';
    end if;
    insert into godwit.notes (tenant_id, contact_id, text, author, created_at, updated_at)
    values (auth.tenant(), v_contact, v_text, current_setting('app.actor'), auth.now(),
        auth.now())
    returning * into n;
    perform godwit.audit('notes_create', godwit.id_text('ct', v_contact), null,
        godwit.note_json(n));
    return godwit.note_json(n);
end $$;

create or replace function api.notes_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.note_json(godwit.note_find(p_body));
end $$;

create or replace function api.notes_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'notes_list', 'godwit.notes t', 't.id', 'godwit.note_json(t)',
    array[['id', 't.id', 'bigint']], array[['contact_id', 'id ct',
        't.contact_id = any (godwit.person_ids($1, %s))']]) $$;

create or replace function api.notes_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    n godwit.notes := godwit.note_find(p_body, true);
    v_was jsonb := godwit.note_json(n);
begin
    perform godwit.read_body(p_body, array['id', 'text', '_if_match']);
    perform godwit.match(p_body, v_was);
    update godwit.notes o set text = godwit.read_text(p_body, 'text', 1, 20000, true),
           updated_at = auth.now()
     where o.tenant_id = n.tenant_id and o.id = n.id returning * into n;
    perform godwit.audit('notes_update', godwit.id_text('ct', n.contact_id), v_was,
        godwit.note_json(n));
    return godwit.note_json(n);
end $$;

create or replace function api.notes_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    n godwit.notes := godwit.note_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.note_json(n));
    delete from godwit.notes o where o.tenant_id = n.tenant_id and o.id = n.id;
    perform godwit.audit('notes_delete', godwit.id_text('ct', n.contact_id), godwit.note_json(n),
        null);
    return null;
end $$;
