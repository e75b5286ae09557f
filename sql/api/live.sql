-- Live updates: who asks for them, and what he may hear. The rest is nginx's.

-- {"topics"?,"origin"?} with the workspace of the caller and the nouns whose
-- events he may see; a noun without its scope is not there.
create or replace function api.live_tickets_create(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['topics', 'origin']);
    return jsonb_build_object('tenant', auth.tenant(), 'topics', p_body->>'topics',
        'origin', p_body->>'origin', 'sees', (
            select coalesce(jsonb_agg(noun), '[]') from (values ('campaign', 'campaigns:read'),
                ('import', 'contacts:read'), ('operation', 'operations:read'),
                ('export', 'contacts:read')) s(noun, scope)
             where auth.can(scope)));
end $$;
