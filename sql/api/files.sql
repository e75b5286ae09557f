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

-- A file that came as the request's body. {"name"?,"_file","_quota"?}
create or replace function api.files_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.files;
begin
    perform godwit.read_body(p_body, array['name', '_file', '_quota']);
    f := godwit.file_insert(p_body, coalesce(godwit.read_line(p_body, 'name', 1, 200), 'file'),
        null);
    perform godwit.audit('files_create', godwit.id_text('file', f.id), null, godwit.file_json(f));
    return godwit.file_json(f);
end $$;

-- The newest first.
create or replace function api.files_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'files_list', 'godwit.files t', 't.id', 'godwit.file_json(t)',
    array[['-id', 't.id', 'bigint']],
    array[['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']],
    $q$t.state = 'ready'$q$) $$;

-- GW003 while something needs it. The role cron removes its bytes.
create or replace function api.files_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'file');
    v_user text;
    f godwit.files;
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    select * into f from godwit.files
     where tenant_id = auth.tenant() and id = v_id and state = 'ready' for update;
    if not found then
        raise exception 'there is no file %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;
    perform godwit.match(p_body, godwit.file_json(f));
    select coalesce(
        (select 'import ' || godwit.id_text('imp', i.id) from godwit.imports i
          where i.tenant_id = f.tenant_id and i.file_id = f.id limit 1),
        (select 'campaign ' || godwit.id_text('cmp', c.id) from godwit.campaigns c
          where c.tenant_id = f.tenant_id and c.finished_at is null
            and c.files @> jsonb_build_array(jsonb_build_object('id', f.id)) limit 1))
      into v_user;
    if v_user is not null then
        raise exception 'file % is needed by %', p_body->>'id', v_user
            using errcode = 'GW003', column = 'id';
    end if;
    update godwit.files set state = 'deleted' where tenant_id = f.tenant_id and id = f.id;
    perform godwit.audit('files_delete', godwit.id_text('file', f.id), godwit.file_json(f), null);
    return null;
end $$;
