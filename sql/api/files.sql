-- Files: what was sent in.

-- The file of {"id"}, unless it is gone; GW002.
create or replace function godwit.file_find(p_body jsonb)
returns godwit.files language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'file');
    f godwit.files;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into f from godwit.files
     where tenant_id = auth.tenant() and id = v_id and state <> 'deleted';
    if not found then
        raise exception 'there is no file %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;
    return f;
end $$;

create or replace function api.files_get(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.file_json(godwit.file_find(p_body)) $$;

create or replace function api.files_content(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.files := godwit.file_find(p_body);
begin
    return godwit.file_content(f.host_id, f.path, f.bytes, f.type, f.name);
end $$;
