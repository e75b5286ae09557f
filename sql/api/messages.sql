-- Messages: mail to one address, whose text is not for gw_api to read, and what
-- persons have answered.

create or replace function godwit.messages_found(p_body jsonb, p_only text)
returns jsonb language sql stable
as $$ select godwit.list(p_body, 'messages_list', 'godwit.messages t', 't.id',
    $q$jsonb_build_object('id', godwit.id_text('msg', t.id), 'kind', t.kind,
        'email', t.to_address, 'from', t.from_address, 'subject', t.subject,
        'state', godwit.state_name(t.state), 'reason', t.reason, 'attempts', t.attempts,
        'code', t.code, 'reply', t.reply, 'tls', godwit.tls(t.tls),
        'created_at', t.created_at, 'at', t.at, 'test', t.test,
        'conversation_id', godwit.id_text('cnv', t.conversation_id),
        'seq', t.seq, 'campaign_id', godwit.id_text('cmp', t.campaign_id),
        'contact_id', godwit.id_text('ct', t.contact_id))$q$, array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz']], array[
        ['email', 'line', 'lower(t.to_address) = lower(%s)'],
        ['kind', 'line', 't.kind = %s'],
        ['conversation_id', 'id cnv', 't.conversation_id = %s'],
        -- of its own: an answer to one is no message of it
        ['campaign_id', 'id cmp', 't.contact_id is not null and t.campaign_id = %s'],
        ['contact_id', 'id ct', 't.contact_id = %s'],
        ['state', 'word queued in_flight sent failed suppressed invalid not_rendered uncertain '
            'received', $q$t.state = array_position('{queued,in_flight,sent,failed,suppressed,
                invalid,not_rendered,uncertain,received}'::text[], %s) - 1$q$]], p_only) $$;

-- {"email"?,"kind"?,"conversation_id"?,"campaign_id"?,"contact_id"?,"state"?} and what
-- every list takes.
create or replace function api.messages_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.messages_found(p_body, 'true') $$;

-- With what a person wrote.
create or replace function api.messages_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'msg');
    v_doc jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    v_doc := godwit.messages_found('{}', format('t.id = %s', v_id))#>'{items,0}';
    if v_doc is null then
        raise exception 'there is no message %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return v_doc || (select jsonb_build_object('text', m.body, 'text_cut', m.body_cut,
            'attachments', godwit.attachments_json(m.attachments))
          from godwit.messages m where m.tenant_id = auth.tenant() and m.id = v_id);
end $$;
