-- Operations: work of the role `jobs`, from its start to its end.

create or replace function godwit.operation_json(o godwit.operations)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('op', o.id), 'kind', o.kind,
        'object', o.object, 'state', o.state, 'cancelling', o.cancelling,
        'progress', o.progress, 'result', o.result, 'error', o.error,
        'attempts', o.attempts, 'created_at', o.created_at, 'started_at', o.started_at,
        'finished_at', o.finished_at) $$;

-- Queue work of this request's tenant; it runs once the request has committed.
-- GW010 when 1000 wait already.
create or replace function godwit.operation_start(
    p_kind text, p_object text, p_input jsonb, p_host int)
returns godwit.operations language plpgsql
as $$
declare
    o godwit.operations;
begin
    if (select count(*) from (select from godwit.operations
         where qshard = 0 and tenant_id = auth.tenant() and state in ('queued', 'running')
         limit 1000) n) = 1000
    then
        raise exception '1000 operations of this workspace wait already; try again later'
            using errcode = 'GW010';
    end if;
    insert into godwit.operations (tenant_id, kind, object, host_id, input, lease_until, created_at,
        request_id)
    values (auth.tenant(), p_kind, p_object, p_host, p_input, auth.now(), auth.now(),
        nullif(current_setting('app.request_id', true), ''))
    returning * into o;
    return o;
end $$;

-- The end of an operation, and what it means for its object; the row is locked
-- by the caller. Returns it as it is then.
create or replace function godwit.operation_settle(
    o godwit.operations, p_state text, p_result jsonb, p_error jsonb, p_now timestamptz)
returns godwit.operations language plpgsql
as $$
begin
    if o.input ? 'import' then
        p_result := godwit.import_settle(o.tenant_id, (o.input->>'import')::bigint,
            case p_state when 'done' then 'finished' else p_state end, p_error->>'message',
            case o.state when 'running' then 'worker' end, p_now);
    elsif o.kind = 'contacts_bulk' then
        p_result := godwit.bulk_settle(o.tenant_id, o.id);
    elsif o.kind in ('demo_load', 'demo_remove') then
        p_result := godwit.demo_settle(o.tenant_id, o.kind, p_state);
    end if;
    update godwit.operations
       set state = p_state, cancelling = false, result = p_result, error = p_error,
           holder = null, lease_until = p_now, finished_at = p_now,
           -- good once, and now used; addresses are a person's
           input = input - array['code', 'token', 'data', 'to']
     where qshard = 0 and tenant_id = o.tenant_id and id = o.id returning * into o;
    perform godwit.changed(o.tenant_id, 'operation', o.id::text, p_now);
    return o;
end $$;

-- The end as the worker that holds it says; false: it is not his any more.
create or replace function godwit.operation_end(p_tenant int, p_id bigint, p_epoch bigint,
    p_state text, p_result jsonb, p_error jsonb, p_now timestamptz)
returns boolean language plpgsql
as $$
declare
    o godwit.operations;
begin
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = p_tenant and id = p_id and epoch = p_epoch
       and state = 'running' for update;
    if not found then
        return false;
    end if;
    perform godwit.operation_settle(o, p_state, p_result, p_error, p_now);
    return true;
end $$;

-- Is it still the worker's that says so? It stays his until the transaction of
-- what he does for it is over.
create or replace function godwit.operation_held(p_tenant int, p_id bigint, p_epoch bigint)
returns boolean language plpgsql
as $$
begin
    perform from godwit.operations
     where qshard = 0 and tenant_id = p_tenant and id = p_id and epoch = p_epoch
       and state = 'running' for no key update;
    return found;
end $$;
revoke execute on function godwit.operation_held(int, bigint, bigint) from gw_api, gw_search;

-- Cancel: one that waits ends now, one that runs at its next step. One that has
-- ended otherwise is GW003, one that was cancelled stays so. Audited as what
-- the request asked for.
create or replace function godwit.operation_cancel(
    p_id bigint, p_operation text, p_object text)
returns godwit.operations language plpgsql
as $$
declare
    o godwit.operations;
    v_before jsonb;
begin
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = auth.tenant() and id = p_id for update;
    if not found then
        raise exception 'there is no operation %', godwit.id_text('op', p_id)
            using errcode = 'GW002', column = 'id';
    end if;
    if o.state = 'cancelled' or o.cancelling then
        return o;
    end if;
    if o.state not in ('queued', 'running') then
        raise exception 'operation % is %; only one that is queued or running can be cancelled',
            godwit.id_text('op', o.id), o.state using errcode = 'GW003', column = 'id';
    end if;

    v_before := godwit.operation_json(o);
    if o.state = 'queued' then
        o := godwit.operation_settle(o, 'cancelled', null, null, auth.now());
    else
        update godwit.operations set cancelling = true
         where qshard = 0 and tenant_id = o.tenant_id and id = o.id returning * into o;
    end if;
    perform godwit.audit(p_operation, p_object, v_before, godwit.operation_json(o));
    return o;
end $$;
