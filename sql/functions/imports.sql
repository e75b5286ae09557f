-- An import as its command, its operation and the audit show it.

create or replace function godwit.import_document(i godwit.imports)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('imp', i.id), 'state', i.state,
        'source', i.source, 'list_id', godwit.id_text('lst', i.list_id), 'line', i.line,
        'rows', i.rows, 'created', i.created, 'updated', i.updated, 'rejected', i.rejected,
        'reject_file', i.reject_file, 'error', i.error, 'started_at', i.started_at,
        'finished_at', i.finished_at) $$;
