-- Status: is the house at work, and how far behind?

-- Queue and cursors are those of the caller's workspace; the drain, the hosts
-- and the schema are the house's.
create or replace function api.status_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
begin
    perform godwit.read_body(p_body, array['fields']);
    return jsonb_build_object('as_of', auth.now(),
        'migration', (select max(n) from godwit.schema_version),
        'mail_queue', (select jsonb_build_object('waiting', count(*),
                'due', count(*) filter (where q.due <= auth.now()),
                'oldest_due', min(q.due) filter (where q.due <= auth.now()))
            from godwit.mail_queue q where q.tenant_id = v_tenant),
        'campaigns', (select jsonb_build_object('running', count(*),
                'recipients_left', coalesce(sum(k.audience - k.pos), 0),
                'with_problem', count(*) filter (where coalesce(c.problem,
                    godwit.campaign_waits(c, auth.now())) is not null))
            from godwit.campaigns c
            join godwit.campaign_cursors k on k.tenant_id = v_tenant and k.campaign_id = c.id
           where c.tenant_id = v_tenant and c.state in ('running', 'finishing')),
        'imports', (select jsonb_build_object('running', count(*)) from godwit.imports i
           where i.tenant_id = v_tenant and i.state = 'running'),
        'files', jsonb_build_object('bytes', godwit.files_used(v_tenant, auth.now())),
        'drain', (select jsonb_build_object('segments_open', count(*) filter (where state = 'open'),
                'quarantined', count(*) filter (where state = 'quarantined'),
                'last_at', max(updated_at)) from godwit.spool_pos),
        'hosts', (select coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('host', h.id),
                'seen_at', h.seen_at, 'alive', h.lost_at is null
                    and h.seen_at > auth.now() - interval '3 minutes') order by h.id), '[]')
            from godwit.hosts h));
end $$;
