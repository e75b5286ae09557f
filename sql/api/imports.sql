-- Imports: what `godwit import` did with a file.

create or replace function api.imports_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    i godwit.imports;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into i from godwit.imports t
     where t.tenant_id = auth.tenant() and t.id = godwit.read_id(p_body, 'id', 'imp');
    if not found then
        raise exception 'there is no import %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return godwit.import_document(i);
end $$;
