-- Feature flags: made and changed here, decided at the edge from its cache.

-- One who makes or brings back a flag waits for the other: they are counted.
create or replace function godwit.flags_lock()
returns void language sql
as $$ select pg_advisory_xact_lock(hashtextextended('flags', auth.tenant())) $$;

-- {"key", ...}: what is missing is a switch that is off for everybody.
create or replace function api.flags_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.flags;
begin
    perform godwit.read_body(p_body, array['key', 'description', 'enabled', 'tests', 'public',
        'salt', 'variants', 'fallback', 'rules', '_compiled']);
    perform godwit.flags_lock();
    f.key := godwit.read_line(p_body, 'key', 1, 100, true);
    if f.key !~ '^[a-z0-9][a-z0-9._-]*$' then
        perform godwit.invalid('key', '"key" is not a name of a-z, 0-9, ".", "_" and "-"');
    end if;
    f.enabled := false;
    f.public := false;
    f.salt := f.key;
    f.rules := '[{"when": null, "share": 100, "variant": null}]';
    f.compiled := '{"english": ["everybody"], "when": [null]}';
    f := godwit.flag_fill(p_body, f);
    insert into godwit.flags (tenant_id, key, description, enabled, tests, public, salt, variants,
        fallback, rules, compiled, created_at, updated_at)
    values (auth.tenant(), f.key, f.description, f.enabled, f.tests, f.public, f.salt, f.variants,
        f.fallback, f.rules, f.compiled, auth.now(), auth.now())
    returning * into f;
    perform godwit.flag_changed(f),
            godwit.audit('flags_create', godwit.id_text('flag', f.id), null, godwit.flag_json(f));
    return godwit.flag_json(f);
exception
    when unique_violation then
        raise exception 'a flag "%" is there already; an archived one keeps its key',
            p_body->>'key' using errcode = 'GW003', column = 'key';
end $$;

create or replace function api.flags_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.flag_json(godwit.flag_find(p_body));
end $$;

create or replace function api.flags_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'flags_list', 'godwit.flags t', 't.id', 'godwit.flag_json(t)',
    array[['id', 't.id', 'bigint'], ['key', 't.key', 'text']], array[
        ['archived', 'flag', '(t.archived_at is not null) = %s'],
        ['enabled', 'flag', 't.enabled = %s'],
        ['q', 'line', 'position(lower(%s) in t.key) > 0']]) $$;

-- A merge patch; the edge heeds it within a second.
create or replace function api.flags_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.flags;
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'description', 'enabled', 'tests', 'public',
        'salt', 'variants', 'fallback', 'rules', '_compiled', '_if_match']);
    perform godwit.flags_lock();
    f := godwit.flag_find(p_body, true);
    v_was := godwit.flag_json(f);
    perform godwit.match(p_body, v_was);
    f := godwit.flag_fill(p_body, f);
    update godwit.flags o set description = f.description, enabled = f.enabled, tests = f.tests,
           public = f.public, salt = f.salt, variants = f.variants, fallback = f.fallback,
           rules = f.rules, compiled = f.compiled, updated_at = f.updated_at
     where o.tenant_id = f.tenant_id and o.id = f.id;
    perform godwit.flag_changed(f),
            godwit.audit('flags_update', godwit.id_text('flag', f.id), v_was, godwit.flag_json(f));
    return godwit.flag_json(f);
end $$;

-- {"id","archived"?}: the edge knows it no more; with false it is there again.
create or replace function api.flags_archive(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    f godwit.flags;
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'archived', '_if_match']);
    perform godwit.flags_lock();
    f := godwit.flag_find(p_body, true);
    v_was := godwit.flag_json(f);
    perform godwit.match(p_body, v_was);
    update godwit.flags o set updated_at = auth.now(), archived_at = case
               when coalesce(godwit.read_filter(p_body, 'archived', 'flag')::boolean, true)
               then coalesce(o.archived_at, auth.now()) end
     where o.tenant_id = f.tenant_id and o.id = f.id returning * into f;
    perform godwit.flag_changed(f),
            godwit.audit('flags_archive', godwit.id_text('flag', f.id), v_was, godwit.flag_json(f));
    return godwit.flag_json(f);
end $$;
