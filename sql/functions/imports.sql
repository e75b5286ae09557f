-- Imports: what the command, the role and the operations share.

-- An import as its command, its operation and the audit show it.
create or replace function godwit.import_document(i godwit.imports)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('imp', i.id), 'state', i.state,
        'source', i.source, 'list_id', godwit.id_text('lst', i.list_id),
        'operation', godwit.id_text('op', i.operation_id), 'line', i.line,
        'rows', i.rows, 'created', i.created, 'updated', i.updated, 'rejected', i.rejected,
        'error', i.error, 'started_at', i.started_at, 'finished_at', i.finished_at) $$;

-- The end of an import, audited unless p_actor is null; its document. One that
-- has ended stays.
create or replace function godwit.import_settle(p_tenant int, p_id bigint, p_state text,
    p_error text, p_actor text, p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    i godwit.imports;
begin
    update godwit.imports set state = p_state, error = p_error, finished_at = p_now
     where tenant_id = p_tenant and id = p_id and state in ('queued', 'running')
    returning * into i;
    if not found then
        select * into i from godwit.imports where tenant_id = p_tenant and id = p_id;
        return godwit.import_document(i);
    end if;
    update godwit.files set expires_at = p_now + interval '7 days'
     where tenant_id = p_tenant and id = i.file_id;
    if p_actor is not null then
        perform godwit.audit_add(p_tenant, p_now, 'import_end', godwit.id_text('imp', p_id),
            p_actor, null, null, null, godwit.import_document(i));
    end if;
    return godwit.import_document(i);
end $$;
