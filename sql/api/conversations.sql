-- Conversations: the threads of persons who have answered. What they wrote is
-- in messages_list, by conversation_id.

-- Who is no member any more owns none.
create or replace function godwit.conversation_json(c godwit.conversations, p_email text)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cnv', c.id),
        'contact_id', godwit.id_text('ct', godwit.contact_now(c.tenant_id, c.contact_id)),
        'email', p_email,
        'channel', c.channel, 'state', c.state, 'owner', godwit.owner_text(c.tenant_id, c.owner),
        'last_inbound_seq', c.last_inbound_seq, 'created_at', c.created_at,
        'updated_at', c.updated_at) $$;

-- p_only: a condition that always holds.
create or replace function godwit.conversations_found(p_body jsonb, p_only text)
returns jsonb language sql stable
as $$ select godwit.list(p_body, 'conversations_list', $q$godwit.conversations t
        left join godwit.contacts p on p.tenant_id = t.tenant_id
         and p.id = godwit.contact_now(t.tenant_id, t.contact_id)$q$,
    't.id', 'godwit.conversation_json(t, p.email)', array[
        ['id', 't.id', 'bigint'],
        ['updated_at', 't.updated_at', 'timestamptz']], array[
        ['contact_id', 'id ct', 't.contact_id = any (godwit.person_ids($1, %s))'],
        ['state', 'word open closed', 't.state = %s']], p_only) $$;

-- {"contact_id"?,"state"?} and what every list takes.
create or replace function api.conversations_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.conversations_found(p_body, 'true') $$;

-- The conversation of {"id"} as a client sees it; GW002.
create or replace function godwit.conversation_doc(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_doc jsonb := godwit.conversations_found('{}', format('t.id = %s',
        godwit.read_id(p_body, 'id', 'cnv')))#>'{items,0}';
begin
    if v_doc is null then
        raise exception 'there is no conversation %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return v_doc;
end $$;

create or replace function api.conversations_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.conversation_doc(p_body);
end $$;

-- {"state"?,"owner"?}: close it, open it again, give it to a member or to nobody.
-- What the person writes next opens it as well. What does not differ changes
-- nothing.
create or replace function api.conversations_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'cnv');
    v_state text := godwit.read_word(p_body, 'state', '{open,closed}');
    v_owner bigint := godwit.read_owner(p_body);
    v_was jsonb;
    v_doc jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'state', 'owner', '_if_match']);
    perform from godwit.conversations c
      where c.tenant_id = auth.tenant() and c.id = v_id for update;
    v_was := godwit.conversation_doc(p_body);
    perform godwit.match(p_body, v_was);
    v_doc := v_was || jsonb_strip_nulls(jsonb_build_object('state', v_state))
        || case when p_body ? 'owner' then jsonb_build_object('owner', p_body->'owner')
                else '{}' end;
    if v_doc = v_was then
        return v_was;
    end if;
    update godwit.conversations c set state = v_doc->>'state',
           owner = case when p_body ? 'owner' then v_owner else c.owner end,
           updated_at = auth.now()
     where c.tenant_id = auth.tenant() and c.id = v_id;
    v_doc := godwit.conversation_doc(p_body);
    perform godwit.audit('conversations_update', godwit.id_text('cnv', v_id),
        jsonb_build_object('state', v_was->'state', 'owner', v_was->'owner'),
        jsonb_build_object('state', v_doc->'state', 'owner', v_doc->'owner'));
    return v_doc;
end $$;
