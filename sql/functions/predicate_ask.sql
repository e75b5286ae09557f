-- owner: gw_search
-- What predicates find. Row-level security keeps most of their conditions out of
-- the indexes on events, so these cross it and name the tenant themselves.

-- The contacts that a predicate finds.
create or replace function auth.predicate_find(p_tenant int, p jsonb, p_now timestamptz)
returns setof bigint language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
set jit = off
as $$
begin
    return query execute 'select c.id from godwit.contacts c where c.tenant_id = $1 and '
        || godwit.predicate_sql(p) using p_tenant, p, p_now;
end $$;

-- How many there are: of all contacts, or of the one in a hundred that is asked.
create or replace function auth.predicate_count(p_tenant int, p jsonb, p_sample boolean,
    p_now timestamptz)
returns bigint language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
set jit = off
as $$
declare
    v_n bigint;
begin
    execute format('select count(*) from godwit.contacts c where c.tenant_id = $1%s and %s',
        case when p_sample then ' and (hashint8(c.id) & 2147483647) % 100 = 0' else '' end,
        godwit.predicate_sql(p)) into v_n using p_tenant, p, p_now;
    return v_n;
end $$;

-- {"match","conditions"} of one contact, each of the phrases with its answer; null:
-- there is no such contact.
create or replace function auth.predicate_why(p_tenant int, p_contact bigint, p jsonb,
    p_phrases jsonb, p_now timestamptz)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
set jit = off
as $$
declare
    v_doc jsonb;
begin
    execute format('select jsonb_build_object(''match'', %s, ''conditions'', '
        'to_jsonb(array[%s]::jsonb[])) from godwit.contacts c where c.tenant_id = $1 and c.id = $4',
        godwit.predicate_sql(p), (
            select string_agg(format('$5->%s || jsonb_build_object(''match'', %s)', n - 1,
                godwit.predicate_sql(p#>u.at, u.at)), ', ' order by n)
              from jsonb_array_elements(p_phrases) with ordinality o(f, n),
                   lateral (select (string_to_array(f->>'pointer', '/'))[2:] as at) u))
       into v_doc using p_tenant, p, p_now, p_contact, p_phrases;
    return v_doc;
end $$;

grant execute on function auth.predicate_find(int, jsonb, timestamptz),
    auth.predicate_count(int, jsonb, boolean, timestamptz),
    auth.predicate_why(int, bigint, jsonb, jsonb, timestamptz) to gw_api;
-- who starts a campaign
grant execute on function auth.predicate_find(int, jsonb, timestamptz) to gw_worker;
