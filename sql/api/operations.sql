-- Operations: work that takes time, as its caller sees it.

create or replace function api.operations_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'op');
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = auth.tenant() and id = v_id;
    if not found then
        raise exception 'there is no operation %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return godwit.operation_json(o);
end $$;

-- The newest first; {"kind"?,"state"?}.
create or replace function api.operations_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_before bigint := coalesce(nullif(godwit.read_cursor(p_body), 0), 9223372036854775807);
    v_kind text := godwit.read_line(p_body, 'kind', 1, 64);
    v_state text := godwit.read_word(p_body, 'state',
        array['queued', 'running', 'done', 'failed', 'cancelled', 'uncertain']);
begin
    perform godwit.read_body(p_body, array['cursor', 'limit', 'kind', 'state']);
    return godwit.page(array(
        select jsonb_build_object('key', o.id, 'item', godwit.operation_json(o))
          from godwit.operations o
         where o.qshard = 0 and o.tenant_id = auth.tenant() and o.id < v_before
           and (v_kind is null or o.kind = v_kind)
           and (v_state is null or o.state = v_state)
         order by o.id desc limit v_limit + 1), v_limit);
end $$;

create or replace function api.operations_cancel(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id']);
    return godwit.operation_json(godwit.operation_cancel(godwit.read_id(p_body, 'id', 'op'),
        'operations_cancel', p_body->>'id'));
end $$;
