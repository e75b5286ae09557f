-- Usage: what a workspace has used of what it may.

create or replace function godwit.usage_one(p_metric text)
returns jsonb language sql stable
as $$ select m from jsonb_array_elements(godwit.quota_list(auth.tenant(), auth.now())) m
       where m->>'metric' = p_metric $$;

create or replace function api.usage_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return jsonb_build_object('as_of', auth.now(), 'metrics',
        godwit.quota_list(auth.tenant(), auth.now()));
end $$;

-- {"metric","own_soft"}: where to warn, by the workspace itself.
create or replace function api.usage_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_metric text := godwit.read_line(p_body, 'metric', 1, 40, true);
begin
    perform godwit.read_body(p_body, array['metric', 'own_soft']);
    perform auth.quota_own(v_metric, godwit.read_int(p_body, 'own_soft', 0, 9007199254740991));
    return godwit.usage_one(v_metric);
end $$;
