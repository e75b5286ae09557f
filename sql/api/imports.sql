-- Imports: files of contacts, and what became of them.

-- The import of {"id"}; GW002.
create or replace function godwit.import_find(p_body jsonb)
returns godwit.imports language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'imp');
    i godwit.imports;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into i from godwit.imports where tenant_id = auth.tenant() and id = v_id;
    if not found then
        raise exception 'there is no import %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    if i.kind = 'suppressions' and not auth.can('suppressions:read') then
        raise exception 'import % is one of suppressions; it takes the scope suppressions:read',
            p_body->>'id' using errcode = 'GW004';
    end if;
    return i;
end $$;

-- A file that came as the request's body is imported by the role jobs of the
-- host that has it. {"list_id"?,"columns"?,"name"?,"_file","_quota"?} -> the import, which
-- names its operation.
create or replace function api.imports_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_list bigint;
    v_name text;
begin
    perform godwit.read_body(p_body, array['list_id', 'columns', 'name', '_file', '_quota']);
    v_list := godwit.read_id(p_body, 'list_id', 'lst', false);
    v_name := coalesce(godwit.read_line(p_body, 'name', 1, 200), 'contacts.'
        || godwit.import_format(p_body->'_file'->>'type'));
    if v_list is not null and not exists (select from godwit.lists l
        where l.tenant_id = v_tenant and l.id = v_list)
    then
        raise exception 'there is no list %', p_body->>'list_id'
            using errcode = 'GW002', column = 'list_id';
    end if;

    return godwit.import_start(p_body, 'contacts', v_name, v_list, 'imports_create',
        'imports_run', '{}');
end $$;

create or replace function api.imports_get(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.import_document(godwit.import_find(p_body)) $$;

-- The newest first.
create or replace function api.imports_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'imports_list', 'godwit.imports t', 't.id',
    'godwit.import_document(t)', array[['-id', 't.id', 'bigint']],
    array[['state', 'word queued running finished failed cancelled', 't.state = %s'],
        ['kind', 'word contacts suppressions', 't.kind = %s']],
    $q$(t.kind = 'contacts' or auth.can('suppressions:read'))$q$) $$;

-- Its operation is cancelled; GW003 when it has ended, or is a command's.
create or replace function api.imports_cancel(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    i godwit.imports := godwit.import_find(p_body);
begin
    if i.operation_id is null then
        raise exception 'import % is one of the command godwit import; stop the command',
            p_body->>'id' using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.operation_cancel(i.operation_id, 'imports_cancel', p_body->>'id');
    return godwit.import_document(godwit.import_find(p_body));
end $$;

-- The rows that were refused so far.
create or replace function api.imports_rejects(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    i godwit.imports := godwit.import_find(p_body);
begin
    if i.reject_file is null or i.host_id is null then
        raise exception 'import % has no reject file', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return godwit.file_content(i.host_id, substring(i.reject_file from '[^/]+$'),
        i.reject_bytes, 'text/csv', format('%s-rejects.csv', p_body->>'id'));
end $$;
