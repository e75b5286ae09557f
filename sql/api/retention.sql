-- Retention: for how many days a workspace keeps what.

create or replace function godwit.retention_json()
returns jsonb language sql stable
as $$ select jsonb_build_object('events', r.events, 'audit_values', r.audit_values,
                                'files', r.files)
        from (select 1) one left join godwit.retention r on r.tenant_id = auth.tenant() $$;

-- Days of the body, null for ever; p_old when it does not say.
create or replace function godwit.read_days(p_body jsonb, p_field text, p_old int)
returns int language plpgsql stable
as $$
begin
    return case when p_body ? p_field then godwit.read_int(p_body, p_field, 1, 36500)
                else p_old end;
end $$;

create or replace function api.retention_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return godwit.retention_json();
end $$;

create or replace function api.retention_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_was jsonb;
    r godwit.retention;
begin
    perform godwit.read_body(p_body, array['events', 'audit_values', 'files', '_if_match']);
    insert into godwit.retention (tenant_id) values (auth.tenant()) on conflict do nothing;
    select * into r from godwit.retention where tenant_id = auth.tenant() for update;
    v_was := godwit.retention_json();
    perform godwit.match(p_body, v_was);
    update godwit.retention set events = godwit.read_days(p_body, 'events', r.events),
           audit_values = godwit.read_days(p_body, 'audit_values', r.audit_values),
           files = godwit.read_days(p_body, 'files', r.files), applied_at = null
     where tenant_id = auth.tenant();
    perform godwit.audit('retention_update', godwit.id_text('ws', auth.tenant()), v_was,
        godwit.retention_json());
    return godwit.retention_json();
end $$;
