-- Imports: what the command, the role and the operations share.

-- An import as its command, its operation and the audit show it.
create or replace function godwit.import_document(i godwit.imports)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('imp', i.id), 'kind', i.kind,
        'format', i.format, 'state', i.state, 'source', i.source,
        'list_id', godwit.id_text('lst', i.list_id),
        'operation', godwit.id_text('op', i.operation_id), 'line', i.line,
        'rows', i.rows, 'created', i.created, 'updated', i.updated, 'rejected', i.rejected,
        'error', i.error, 'started_at', i.started_at, 'finished_at', i.finished_at) $$;

-- What a file of a media type is imported as.
create or replace function godwit.import_format(p_type text)
returns text language sql immutable parallel safe
as $$ select case p_type when 'application/x-ndjson' then 'ndjson'
                         when 'text/vcard' then 'vcard' else 'csv' end $$;

-- A file that came as the request's body (`_file`, `_quota`, "columns"?) is
-- queued for the role jobs of its host, by an operation of p_operation whose
-- input is p_input and the import; audited as p_audit. The import's document.
create or replace function godwit.import_start(p_body jsonb, p_kind text, p_name text,
    p_list bigint, p_audit text, p_operation text, p_input jsonb)
returns jsonb language plpgsql
as $$
declare
    v_tenant int := auth.tenant();
    f godwit.files := godwit.file_insert(p_body, p_name, null);
    i godwit.imports;
    o godwit.operations;
begin
    insert into godwit.imports (tenant_id, kind, list_id, state, source, fingerprint, mapping,
        columns, file_id, host_id, started_at, format)
    values (v_tenant, p_kind, p_list, 'queued', p_name, encode(f.sha256, 'hex'), '[]',
        godwit.read_line(p_body, 'columns', 1, 10000), f.id, f.host_id, auth.now(),
        godwit.import_format(f.type))
    returning * into i;
    o := godwit.operation_start(p_operation, godwit.id_text('imp', i.id),
        p_input || jsonb_build_object('import', i.id), f.host_id);
    update godwit.imports set operation_id = o.id
     where tenant_id = v_tenant and id = i.id returning * into i;
    perform godwit.audit(p_audit, godwit.id_text('imp', i.id), null, godwit.import_document(i));
    return godwit.import_document(i);
end $$;

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
    perform godwit.changed(p_tenant, 'contacts', '', p_now);
    if p_state in ('finished', 'failed') then
        perform godwit.emit(p_tenant, 'import.' || p_state, godwit.import_document(i), p_now);
    end if;
    update godwit.files set expires_at = p_now + interval '7 days'
     where tenant_id = p_tenant and id = i.file_id;
    if p_actor is not null then
        perform godwit.audit_add(p_tenant, p_now, 'import_end', godwit.id_text('imp', p_id),
            p_actor, null, null, null, godwit.import_document(i));
    end if;
    return godwit.import_document(i);
end $$;

-- The words for why an address gets no mail.
create or replace function godwit.suppression_reasons()
returns text[] language sql immutable parallel safe
as $$ select array['unsubscribe', 'complaint', 'hard_bounce', 'manual'] $$;

-- Analyze contacts when statistics say less than one a page: they were taken
-- while a batch was under way that ended or was undone since. The planner takes
-- them for none then, finds each index as cheap as the key, and a probe of the
-- wrong one reads all contacts of the workspace. Whether it was so.
create or replace function godwit.contacts_counted()
returns boolean language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    if not exists (select from pg_class where oid = 'godwit.contacts'::regclass
                      and reltuples between 0 and relpages - 1) then
        return false;
    end if;
    analyze godwit.contacts;
    return true;
end $$;
revoke execute on function godwit.contacts_counted() from gw_api, gw_search;
