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
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'operations_list', 'godwit.operations t', 't.id',
    'godwit.operation_json(t)', array[['-id', 't.id', 'bigint']], array[
        ['kind', 'line', 't.kind = %s'],
        ['state', 'word queued running done failed cancelled uncertain', 't.state = %s']],
    't.qshard = 0') $$;

create or replace function api.operations_cancel(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id']);
    return godwit.operation_json(godwit.operation_cancel(godwit.read_id(p_body, 'id', 'op'),
        'operations_cancel', p_body->>'id'));
end $$;
