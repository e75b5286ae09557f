-- Campaigns by the clock: let one start by itself, or take it back.

-- It starts by itself when its time has come.
create or replace function api.campaigns_schedule(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_take_up(p_body);
    v_why text;
begin
    -- its zone is that of now, whatever the workspace has then
    update godwit.campaigns u set schedule = jsonb_build_object('zone', t.zone) || u.schedule
      from auth.tenants t
     where t.id = c.tenant_id and u.tenant_id = c.tenant_id and u.id = c.id
    returning u.* into c;
    c.due_at := godwit.schedule_next(c.schedule, c.schedule->>'zone', auth.now());
    c := godwit.campaign_step(c, 'schedule', null, auth.now());
    v_why := case
        when not coalesce(c.schedule ? 'at', false)
        then 'campaign %s has no "schedule" that says when; give it one, or start it now'
        when c.due_at is null then 'the rule of campaign %s names no day to come'
        when c.due_at < auth.now()
        then 'the time of campaign %s has passed; give it another, or start it now' end;
    if v_why is not null then
        raise exception '%', format(v_why, godwit.id_text('cmp', c.id))
            using errcode = 'GW003', column = 'schedule';
    end if;
    return godwit.campaign_json(c);
end $$;

-- A draft again.
create or replace function api.campaigns_unschedule(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_json(godwit.campaign_step(godwit.campaign_take_up(p_body),
             'unschedule', null, auth.now())) $$;
