-- Files: bytes that lie on a host, below its <state>/files, and their rows.

create or replace function godwit.file_json(f godwit.files)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('file', f.id), 'name', f.name,
        'type', f.type, 'bytes', f.bytes, 'sha256', encode(f.sha256, 'hex'),
        'state', f.state, 'created_at', f.created_at, 'expires_at', f.expires_at) $$;

-- The row of an upload: `_file` is what the edge says of it, {"host","path",
-- "bytes","sha256","type"}. GW001 when the request came without one.
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
