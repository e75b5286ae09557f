-- The audit: who changed what, in a chain that shows what was tampered with.

-- What stands in a row for its values: SHA-256(salt || value), so that nobody
-- can guess an erased one. The value is the binary form of (before, after).
create or replace function godwit.audit_value_hash(p_salt bytea, p_before jsonb, p_after jsonb)
returns bytea language sql stable parallel safe
as $$ select sha256(p_salt || record_send(row(p_before, p_after))) $$;

-- SHA-256 of all that a chained row says, in the binary form of its columns:
-- lengths stand before the values, and a null is not an empty text.
create or replace function godwit.audit_row_hash(a godwit.audit)
returns bytea language sql stable parallel safe
as $$ select sha256(record_send(row(a.tenant_id, a.seq, a.id, a.at, a.operation, a.object,
                                    a.actor, a.request_id, a.address, a.value_hash))) $$;

-- One row for what somebody did to a workspace; the only place that writes any.
create or replace function godwit.audit_add(p_tenant int, p_at timestamptz, p_operation text,
    p_object text, p_actor text, p_request_id text, p_address inet,
    p_before jsonb, p_after jsonb)
returns void language plpgsql
as $$
declare
    v_salt bytea := uuid_send(gen_random_uuid());
    v_id bigint;
begin
    insert into godwit.audit (tenant_id, at, operation, object, actor, request_id, address,
                              value_hash)
    values (p_tenant, p_at, p_operation, p_object, p_actor, p_request_id, p_address,
            godwit.audit_value_hash(v_salt, p_before, p_after))
    returning id into v_id;
    insert into godwit.audit_values (tenant_id, audit_id, salt, before, after)
    values (p_tenant, v_id, v_salt, p_before, p_after);
end $$;

-- The row for a mutation of this request.
create or replace function godwit.audit(
    p_operation text, p_object text, p_before jsonb, p_after jsonb)
returns void language sql
as $$ select godwit.audit_add(auth.tenant(), auth.now(), p_operation, p_object,
        current_setting('app.actor'), nullif(current_setting('app.request_id'), ''),
        nullif(current_setting('app.address'), '')::inet, p_before, p_after) $$;

-- Chain up to p_limit rows of one workspace; how many. Rows are taken as they
-- are found: one that commits late is chained late.
create or replace function godwit.audit_chain_tenant(p_tenant int, p_limit bigint,
    p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    v_head godwit.audit_heads;
    a godwit.audit;
    v_n bigint := 0;
begin
    insert into godwit.audit_heads (tenant_id, seq, hash, at) values (p_tenant, 0, '', p_now)
        on conflict do nothing;
    select * into v_head from godwit.audit_heads where tenant_id = p_tenant for update;
    for a in select * from godwit.audit
              where tenant_id = p_tenant and seq is null order by id limit p_limit
    loop
        -- of a release that gave it none
        a.value_hash := coalesce(a.value_hash, (
            select godwit.audit_value_hash(v.salt, v.before, v.after)
              from godwit.audit_values v where v.tenant_id = p_tenant and v.audit_id = a.id), '');
        a.seq := v_head.seq + 1;
        v_head.seq := a.seq;
        v_head.hash := sha256(v_head.hash || godwit.audit_row_hash(a));
        update godwit.audit set seq = a.seq, hash = v_head.hash, value_hash = a.value_hash
         where tenant_id = p_tenant and id = a.id;
        v_n := v_n + 1;
    end loop;
    update godwit.audit_heads set seq = v_head.seq, hash = v_head.hash, at = p_now
     where tenant_id = p_tenant;
    return v_n;
end $$;

-- Chain up to p_limit rows of all workspaces; how many. A chain that is broken
-- holds up no other.
create or replace function godwit.audit_chain(p_limit bigint, p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    v_tenant int;
    v_n bigint := 0;
begin
    for v_tenant in select distinct tenant_id from godwit.audit where seq is null loop
        exit when v_n >= p_limit;
        begin
            v_n := v_n + godwit.audit_chain_tenant(v_tenant, p_limit - v_n, p_now);
        exception
            when unique_violation then
                raise warning 'the audit of workspace % has lost its end; '
                    'see `godwit audit verify`', v_tenant;
        end;
    end loop;
    return v_n;
end $$;

revoke execute on function godwit.audit_chain(bigint, timestamptz), godwit.audit_is_kept(),
    godwit.audit_chain_tenant(int, bigint, timestamptz) from gw_api, gw_search;
