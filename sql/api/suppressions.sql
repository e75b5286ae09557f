-- Suppressions: addresses that get no mail and numbers that are not called, kept as keyed hashes.

create or replace function godwit.suppression_json(s godwit.suppressions)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('sup', s.id),
        'email', case when not s.phone then s.address end,
        'phone', case when s.phone then s.address end, 'reason', s.reason,
        'campaign_id', godwit.id_text('cmp', s.campaign_id), 'created_at', s.created_at) $$;

-- {"email"|"phone","reason"?}: what is there already stays as it is.
create or replace function api.suppressions_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_phone text := godwit.read_phone(p_body, 'phone');
    v_address text := coalesce(v_phone,
        lower(godwit.read_email(p_body, 'email', v_phone is null)));
    v_reason text := coalesce(godwit.read_word(p_body, 'reason', godwit.suppression_reasons()
            || case when v_phone is not null then array['do_not_call'] end),
        case when v_phone is null then 'manual' else 'do_not_call' end);
    v_hash bytea := godwit.address_hash(v_tenant, v_address);
    s godwit.suppressions;
begin
    perform godwit.read_body(p_body, array['email', 'phone', 'reason']);
    if v_phone is not null and p_body->>'email' is not null then
        perform godwit.invalid('phone', 'give "email" or "phone", one at a time');
    end if;
    insert into godwit.suppressions (tenant_id, address_hash, address, phone, reason, created_at)
    values (v_tenant, v_hash, v_address, v_phone is not null, v_reason, auth.now())
    on conflict (tenant_id, address_hash) do nothing;
    if found then
        perform godwit.changed(v_tenant, 'suppression', encode(v_hash, 'hex'), auth.now());
    end if;
    select * into s from godwit.suppressions where tenant_id = v_tenant and address_hash = v_hash;
    perform godwit.audit('suppressions_create', godwit.id_text('sup', s.id), null,
        jsonb_build_object('reason', s.reason));
    return godwit.suppression_json(s);
end $$;

-- The suppression of {"id"}, locked when it is to go; GW002.
create or replace function godwit.suppression_find(p_body jsonb, p_lock boolean default false)
returns godwit.suppressions language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'sup');
    s godwit.suppressions;
begin
    if p_lock then
        select * into s from godwit.suppressions
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into s from godwit.suppressions where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no suppression %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return s;
end $$;

create or replace function api.suppressions_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.suppression_json(godwit.suppression_find(p_body));
end $$;

create or replace function api.suppressions_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'suppressions_list', 'godwit.suppressions t', 't.id',
    'godwit.suppression_json(t)', array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz']], array[
        ['email', 'line', 't.address_hash = godwit.address_hash($1, %s)'],
        ['phone', 'line', 't.address_hash = godwit.address_hash($1, godwit.phone(%s))'],
        ['reason', 'word unsubscribe complaint hard_bounce manual erasure do_not_call',
            't.reason = %s'],
        ['campaign_id', 'id cmp', 't.campaign_id = %s'],
        ['_last', 'number', 't.id <= %s']]) $$;

-- {"id","reason"?}: the address may get mail again, within a second. Why is
-- kept in the audit.
create or replace function api.suppressions_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.suppressions := godwit.suppression_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', 'reason', '_if_match']);
    perform godwit.match(p_body, godwit.suppression_json(s));
    delete from godwit.suppressions where tenant_id = s.tenant_id and id = s.id;
    perform godwit.changed(s.tenant_id, 'suppression', encode(s.address_hash, 'hex'), auth.now());
    perform godwit.audit('suppressions_delete', godwit.id_text('sup', s.id),
        jsonb_build_object('reason', s.reason),
        jsonb_build_object('why', godwit.read_line(p_body, 'reason', 1, 200)));
    return null;
end $$;

-- A file of addresses that came as the request's body, read by the role jobs.
-- {"columns"?,"name"?,"reason"?,"_file","_quota"?} -> the import.
create or replace function api.suppressions_import(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['columns', 'name', 'reason', '_file', '_quota']);
    return godwit.import_start(p_body, 'suppressions',
        coalesce(godwit.read_line(p_body, 'name', 1, 200), 'suppressions.csv'), null,
        'suppressions_import', 'suppressions_import', jsonb_build_object('reason',
            coalesce(godwit.read_word(p_body, 'reason', godwit.suppression_reasons()), 'manual')));
end $$;
