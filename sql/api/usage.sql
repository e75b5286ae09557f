-- Usage: what a workspace has used of what it may.

create or replace function api.usage_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return jsonb_build_object('as_of', auth.now(), 'metrics',
        godwit.quota_list(auth.tenant(), auth.now()));
end $$;
