-- Suppressions: addresses that get no mail, kept as keyed hashes.

create or replace function godwit.suppression_json(s godwit.suppressions)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('sup', s.id), 'email', s.address,
        'reason', s.reason, 'campaign_id', godwit.id_text('cmp', s.campaign_id),
        'created_at', s.created_at) $$;

-- {"email","reason"?}: an address that is there already stays as it is.
create or replace function api.suppressions_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_email text := lower(godwit.read_email(p_body, 'email', true));
    v_reason text := coalesce(godwit.read_text(p_body, 'reason', 1, 20), 'manual');
    v_hash bytea := godwit.address_hash(v_tenant, v_email);
    s godwit.suppressions;
begin
    perform godwit.read_body(p_body, array['email', 'reason']);
    if v_reason <> all (array['unsubscribe', 'complaint', 'hard_bounce', 'manual']) then
        perform godwit.invalid('reason',
            '"reason" is not unsubscribe, complaint, hard_bounce or manual');
    end if;
    insert into godwit.suppressions (tenant_id, address_hash, address, reason, created_at)
    values (v_tenant, v_hash, v_email, v_reason, auth.now())
    on conflict (tenant_id, address_hash) do nothing;
    if found then
        perform godwit.changed(v_tenant, 'suppression', encode(v_hash, 'hex'), auth.now());
    end if;
    select * into s from godwit.suppressions where tenant_id = v_tenant and address_hash = v_hash;
    perform godwit.audit('suppressions_create', godwit.id_text('sup', s.id), null,
        jsonb_build_object('reason', s.reason));
    return godwit.suppression_json(s);
end $$;

create or replace function api.suppressions_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := godwit.read_cursor(p_body);
begin
    perform godwit.read_body(p_body, array['cursor', 'limit']);
    return godwit.page(array(
        select jsonb_build_object('key', s.id, 'item', godwit.suppression_json(s))
          from godwit.suppressions s
         where s.tenant_id = auth.tenant() and s.id > v_after
         order by s.id limit v_limit + 1), v_limit);
end $$;
