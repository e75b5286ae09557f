-- Files: bytes that lie on a host, below its <state>/files, and their rows.

create or replace function godwit.file_json(f godwit.files)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('file', f.id), 'name', f.name,
        'type', f.type, 'bytes', f.bytes, 'sha256', encode(f.sha256, 'hex'),
        'state', f.state, 'created_at', f.created_at, 'expires_at', f.expires_at) $$;

-- The bytes that a workspace keeps below <state>/files, of all hosts: what was
-- sent in, and the reject files of its imports.
create or replace function godwit.files_used(p_tenant int, p_now timestamptz)
returns bigint language sql stable
as $$ select coalesce((select sum(f.bytes) from godwit.files f
                        where f.tenant_id = p_tenant and f.state = 'ready'), 0)::bigint
           + coalesce((select sum(i.reject_bytes) from godwit.imports i
                        where i.tenant_id = p_tenant and i.reject_file is not null
                          and (i.finished_at is null
                               or i.finished_at > p_now - interval '90 days')), 0)::bigint $$;

-- GW009 unless the workspace of the request may keep so many bytes more; of at
-- most p_quota, 0: any. GW007 when its own quota is less.
create or replace function auth.files_room(p_bytes bigint, p_quota bigint)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_used bigint;
begin
    perform godwit.quota_storage(auth.tenant(), p_bytes, false, auth.now());
    if p_quota = 0 then
        return;
    end if;
    v_used := godwit.files_used(auth.tenant(), auth.now());
    if v_used + p_bytes > p_quota then
        raise exception 'this workspace keeps % of files and may keep %: there is no room for % '
            'more; uploaded files go 7 days after their import, and files_quota is the limit',
            pg_size_pretty(v_used), pg_size_pretty(p_quota), pg_size_pretty(p_bytes)
            using errcode = 'GW009';
    end if;
end $$;
grant execute on function auth.files_room(bigint, bigint) to gw_edge, gw_api;

-- The row of an upload: `_file` is what the edge says of it, {"host","path",
-- "bytes","sha256","type"}, `_quota` what the workspace may keep. GW001 when
-- the request came without a file, GW009 when it is one too many.
create or replace function godwit.file_insert(p_body jsonb, p_name text, p_expires timestamptz)
returns godwit.files language plpgsql
as $$
declare
    v_file jsonb := p_body->'_file';
    v_host int;
    f godwit.files;
begin
    if v_file is null then
        perform godwit.invalid('', 'the request has no file as its body');
    end if;
    select id into v_host from godwit.hosts where name = (v_file->>'host')::uuid;
    if not found then
        raise exception 'the worker of this host has not started yet; try again when it has'
            using errcode = 'GW003';
    end if;
    -- one at a time: each sees the one before
    perform pg_advisory_xact_lock(hashtextextended('files ' || auth.tenant(), 0));
    perform auth.files_room((v_file->>'bytes')::bigint, coalesce((p_body->>'_quota')::bigint, 0));
    perform godwit.quota_storage(auth.tenant(), (v_file->>'bytes')::bigint, true, auth.now());
    insert into godwit.files (tenant_id, host_id, sha256, bytes, type, path, state, name,
        created_at, expires_at)
    values (auth.tenant(), v_host, decode(v_file->>'sha256', 'hex'), (v_file->>'bytes')::bigint,
        v_file->>'type', v_file->>'path', 'ready', p_name, auth.now(), p_expires)
    returning * into f;
    return f;
end $$;

-- What the edge needs to send a file: {"host","path","bytes","type","name"}.
create or replace function godwit.file_content(
    p_host int, p_path text, p_bytes bigint, p_type text, p_name text)
returns jsonb language sql stable
as $$ select jsonb_build_object('host', h.name, 'path', p_path, 'bytes', p_bytes,
        'type', p_type, 'name', p_name) from godwit.hosts h where h.id = p_host $$;

-- What {"files":[{"id","as"?,"name"?,"content_id"?}]} of a campaign says, whole;
-- kept from going until this request ends. GW002, GW003.
create or replace function godwit.read_files(p_body jsonb)
returns jsonb language plpgsql
as $$
declare
    v jsonb := coalesce(p_body->'files', '[]');
    e jsonb;
    f godwit.files;
    v_as text;
    v_cid text;
    v_bytes bigint := 0;
    v_host int;
    v_files jsonb := '[]';
begin
    if jsonb_typeof(v) <> 'array' or jsonb_array_length(v) > 20 then
        perform godwit.invalid('files', '"files" is not a list of at most 20 files');
    end if;
    for e in select j from jsonb_array_elements(v) j loop
        perform godwit.read_body(e, array['id', 'as', 'name', 'content_id']);
        select * into f from godwit.files where tenant_id = auth.tenant()
           and id = godwit.read_id(e, 'id', 'file') and state = 'ready' for key share;
        if not found then
            raise exception 'there is no file %', e->>'id'
                using errcode = 'GW002', column = 'files';
        end if;
        if exists (select from godwit.imports i
                    where i.tenant_id = f.tenant_id and i.file_id = f.id) then
            perform godwit.invalid('files', format('%s was sent in to be imported, and goes after '
                'that; send it in by files_create', e->>'id'));
        end if;
        if coalesce(v_host, f.host_id) <> f.host_id then
            raise exception 'the files of a campaign lie on one machine; send % in again there',
                e->>'id' using errcode = 'GW003', column = 'files';
        end if;
        v_host := f.host_id;
        v_bytes := v_bytes + f.bytes;
        v_as := coalesce(godwit.read_word(e, 'as', array['attachment', 'inline', 'calendar']),
            'attachment');
        if v_as = 'calendar' and (f.type <> 'text/calendar'
                                  or v_files @> '[{"as": "calendar"}]') then
            perform godwit.invalid('files', 'a mail has one invitation at most, and that is a file '
                'of the type text/calendar');
        end if;
        v_cid := coalesce(godwit.read_line(e, 'content_id', 1, 100), e->>'id');
        if v_cid !~ '^[A-Za-z0-9._@+-]+$' or (v_as = 'inline' and v_files @> jsonb_build_array(
                jsonb_build_object('as', 'inline', 'content_id', v_cid))) then
            perform godwit.invalid('files', format('"content_id" %s is not of letters, digits and '
                '._@+- alone, or another file has it', v_cid));
        end if;
        v_files := v_files || jsonb_build_object('id', f.id, 'as', v_as, 'name',
            coalesce(godwit.read_line(e, 'name', 1, 200), f.name), 'content_id', v_cid);
    end loop;
    if v_bytes > 10485760 then
        perform godwit.invalid('files', format('the files have %s together; a mail carries 10 MB '
            'at most, so link to what is larger', pg_size_pretty(v_bytes)));
    end if;
    return v_files;
end $$;

-- The host that has the files of a campaign; null: there are none.
create or replace function godwit.files_host(p_tenant int, p_files jsonb)
returns int language sql stable
as $$ select f.host_id from godwit.files f
       where f.tenant_id = p_tenant and f.id = (p_files->0->>'id')::bigint $$;

create or replace function godwit.files_json(p_files jsonb)
returns jsonb language sql immutable
as $$ select coalesce(jsonb_agg(j || jsonb_build_object('id',
            godwit.id_text('file', (j->>'id')::bigint)) order by n), '[]')
        from jsonb_array_elements(p_files) with ordinality u(j, n) $$;
