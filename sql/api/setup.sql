-- Setting up: what a workspace has done of what it begins with.

create or replace function godwit.setup_steps()
returns text[] language sql immutable
as $$ select array['workspace', 'brand', 'domain', 'message', 'contacts', 'campaign', 'team'] $$;

-- Is there by itself what a step is about?
create or replace function godwit.setup_there(p_step text, t auth.tenants)
returns boolean language sql stable
as $$ select case p_step
    when 'brand' then t.brand <> '{}'
    when 'domain' then exists (select 1 from godwit.dkim_keys
         where tenant_id = t.id and state = 'active')
    when 'contacts' then exists (select 1 from godwit.contacts where tenant_id = t.id)
    when 'campaign' then exists (select 1 from godwit.campaigns
         where tenant_id = t.id and started_at is not null)
    when 'team' then exists (select 1 from auth.invitations_shown where tenant_id = t.id)
        or 1 < (select count(*) from (select 1 from auth.members_shown
                 where tenant_id = t.id limit 2) m)
    else false end $$;

create or replace function godwit.setup_json(t auth.tenants)
returns jsonb language sql stable
as $$ with steps as (
        select n, step, case when godwit.setup_there(step, t) then 'done'
                             else coalesce(t.setup->>step, 'open') end as state
          from unnest(godwit.setup_steps()) with ordinality s (step, n))
    select jsonb_build_object('steps',
        jsonb_agg(jsonb_build_object('step', step, 'state', state) order by n), 'next',
        (array_agg(step order by n) filter (where state = 'open'))[1]) from steps $$;

create or replace function api.setup_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return (select godwit.setup_json(t) from auth.tenants t where t.id = auth.tenant());
end $$;

-- {"step","state"}
create or replace function api.setup_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_step text := godwit.read_word(p_body, 'step', godwit.setup_steps());
    v_state text := godwit.read_word(p_body, 'state', array['open', 'done', 'skipped']);
    t auth.tenants;
    v_was jsonb;
begin
    perform godwit.read_body(p_body, array['step', 'state']);
    if v_step is null or v_state is null then
        perform godwit.invalid(case when v_step is null then 'step' else 'state' end,
            '"step" and "state" are needed');
    end if;
    select * into t from auth.tenants where id = auth.tenant() for update;
    v_was := godwit.setup_json(t);
    update auth.tenants set setup = setup || jsonb_build_object(v_step, v_state)
     where id = auth.tenant() returning * into t;
    perform godwit.audit('setup_update', godwit.id_text('ws', t.id), v_was,
        godwit.setup_json(t));
    return godwit.setup_json(t);
end $$;
