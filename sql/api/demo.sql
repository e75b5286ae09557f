-- Demo data: a shop to look at, and its end. Its steps are functions/demo.sql.

create or replace function godwit.demo_json(p_tenant int)
returns jsonb language sql stable
as $$ select jsonb_build_object('state', godwit.demo_state(p_tenant), 'operation', (
        select godwit.id_text('op', d.operation_id) from godwit.demos d
         where d.tenant_id = p_tenant)) $$;

create or replace function api.demo_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return godwit.demo_json(auth.tenant());
end $$;

-- Begin that, when the demo data is in one of these states; GW003.
create or replace function godwit.demo_begin(p_body jsonb, p_kind text, p_states text[],
    p_why text)
returns jsonb language plpgsql
as $$
declare
    v_state text;
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['_if_match']);
    -- one at a time, also when there is no row yet
    perform from auth.tenants t where t.id = auth.tenant() for no key update;
    perform godwit.match(p_body, godwit.demo_json(auth.tenant()));
    v_state := godwit.demo_state(auth.tenant());
    if v_state <> all (p_states) then
        raise exception '%', case v_state
            when 'loading' then 'the demo data is being loaded; wait until that is over'
            when 'removing' then 'the demo data is being removed; wait until that is over'
            when 'partial' then 'a part of the demo data is there; remove it first'
            else p_why end using errcode = 'GW003';
    end if;
    o := godwit.operation_start(p_kind, null,
        jsonb_build_object('actor', current_setting('app.actor')), null);
    insert into godwit.demos as d (tenant_id, operation_id) values (o.tenant_id, o.id)
    on conflict (tenant_id) do update set operation_id = o.id, whole = false, done = 0;
    perform godwit.audit(p_kind, godwit.id_text('op', o.id), null, '{}');
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

create or replace function api.demo_load(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.demo_begin(p_body, 'demo_load', '{none}',
        'the demo data is there already') $$;

create or replace function api.demo_remove(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.demo_begin(p_body, 'demo_remove', '{loaded,partial}',
        'there is no demo data to remove') $$;
