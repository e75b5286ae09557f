-- Around an operation: its answer once for an Idempotency-Key, its answer with
-- fewer members. Neither is an operation: those take one jsonb.

-- Run an operation once for a key of the client. The answer is
--   {"status": 200, "body": what the operation gave, "replayed": false|true}
-- where 200 stands for the operation's own success status, or the operation's
-- own refusal, its changes undone:
--   {"status": 422|404|412, "body": {"sqlstate": "GW001"|"GW002"|"GW006",
--    "message": sentence, "field": name or null}, "replayed": false|true}
-- to be answered exactly as if Postgres had raised that SQLSTATE with this
-- text and column. Both are kept for a day and given again to the same request
-- (p_request: SHA-256 of method, path, query and body). Everything else is
-- raised and nothing is kept: GW003 while another request with this key runs
-- or when the operation conflicts, GW004, GW007, GW010, faults. GW008: the key was
-- used for another request.
create or replace function api.once(
    p_key text, p_operation text, p_request bytea, p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    k godwit.idempotency;
    v_state text;
    v_message text;
    v_field text;
begin
    if p_key is null or length(p_key) not between 1 and 255 then
        perform godwit.invalid('', 'an Idempotency-Key has 1 to 255 characters');
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended('once ' || v_tenant || ' ' || p_key, 0)) then
        raise exception 'a request with this Idempotency-Key is under way' using errcode = 'GW003';
    end if;
    select * into k from godwit.idempotency where tenant_id = v_tenant and key = p_key;
    if found then
        if k.operation <> p_operation or k.request_hash <> p_request then
            raise exception 'this Idempotency-Key was used for another request'
                using errcode = 'GW008';
        end if;
        return jsonb_build_object('status', k.status, 'body', k.body, 'replayed', true);
    end if;

    begin
        execute format('select api.%I($1)', p_operation) into k.body using p_body;
        k.status := 200;
    exception
        when sqlstate 'GW001' or sqlstate 'GW002' or sqlstate 'GW006' then
            get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                v_field = column_name;
            k.status := case v_state when 'GW001' then 422 when 'GW002' then 404 else 412 end;
            k.body := jsonb_build_object('sqlstate', v_state, 'message', v_message,
                                         'field', nullif(v_field, ''));
    end;
    insert into godwit.idempotency (tenant_id, key, operation, request_hash, status, body,
        created_at)
    -- what is shown once is kept nowhere
    values (v_tenant, p_key, p_operation, p_request, k.status, k.body - 'key', auth.now());
    return jsonb_build_object('status', k.status, 'body', k.body, 'replayed', false);
end $$;

-- A document with these members only; of a list ({"items","next"}), each item.
create or replace function api.sparse(p_doc jsonb, p_fields text[])
returns jsonb language sql immutable parallel safe
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select case when p_doc ?& array['items', 'next']
    then p_doc || jsonb_build_object('items', coalesce((
            select jsonb_agg((select coalesce(jsonb_object_agg(key, value), '{}')
                                from jsonb_each(i) where key = any (p_fields)) order by n)
              from jsonb_array_elements(p_doc->'items') with ordinality u(i, n)), '[]'))
    when jsonb_typeof(p_doc) = 'object'
    then coalesce((select jsonb_object_agg(key, value) from jsonb_each(p_doc)
                    where key = any (p_fields)), '{}')
    else p_doc end $$;
