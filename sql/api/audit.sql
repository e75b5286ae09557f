-- The audit: what was changed in the workspace, by whom.

-- May the caller see what an operation changed? As he may read its noun.
create or replace function godwit.audit_is_seen(p_operation text)
returns boolean language sql stable
as $$ select auth.can(case
        when p_operation ~ '^(companies|identities|import|merges|notes|tags|views)' then 'contacts'
        when p_operation ~ '^(invitations|me|password|sessions|user)_' then 'members'
        else split_part(p_operation, '_', 1) end || ':read') $$;

create or replace function godwit.audit_json(a godwit.audit, v godwit.audit_values)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('aud', a.id), 'at', a.at,
        'operation', a.operation, 'object', a.object, 'actor', a.actor,
        'request_id', a.request_id, 'address', host(a.address),
        'before', case when godwit.audit_is_seen(a.operation) then v.before end,
        'after', case when godwit.audit_is_seen(a.operation) then v.after end,
        'erased', v.salt is null, 'seq', a.seq,
        'hash', encode(a.hash, 'hex')) $$;

-- {"object"?,"operation"?,"actor"?,"request_id"?,"since"?,"until"?}, newest first.
create or replace function api.audit_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'audit_list', $q$godwit.audit t
        left join godwit.audit_values v on v.tenant_id = t.tenant_id and v.audit_id = t.id$q$,
        't.id', 'godwit.audit_json(t, v)', array[
            ['-at', 't.at', 'timestamptz']], array[
            ['object', 'line', 't.object = %s'],
            ['operation', 'line', 't.operation = %s'],
            ['actor', 'line', 't.actor = %s'],
            ['request_id', 'line', 't.request_id = %s'],
            ['since', 'time', 't.at >= %s'],
            ['until', 'time', 't.at < %s'],
            ['_last', 'number', 't.id <= %s']]) $$;
