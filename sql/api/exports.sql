-- Exports. Each answers one page, {"text","next"}: the handler at the edge asks
-- for page after page while the client reads, and sends the texts alone.

create or replace function api.exports_contacts(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.export(p_body, 'contacts_list',
    (select max(id) from godwit.contacts where tenant_id = auth.tenant()), array['id', 'email',
    'phone', 'external_id', 'first_name', 'last_name', 'zone', 'locale', 'consent.email',
    'consent.sms', 'consent.whatsapp', 'consent.voice', 'attributes', 'tags', 'owner', 'company_id',
    'created_at', 'updated_at']) $$;

create or replace function api.exports_suppressions(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.export(p_body, 'suppressions_list',
    (select max(id) from godwit.suppressions where tenant_id = auth.tenant()), array['id', 'email',
    'phone', 'reason', 'campaign_id', 'created_at']) $$;

-- Recipients come in the order of their contacts: those that the cursor passes
-- meanwhile are behind the last one.
create or replace function api.exports_recipients(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
begin
    return godwit.export(p_body, 'campaigns_recipients', (select max(contact_id)
          from godwit.sends where tenant_id = c.tenant_id and campaign_id = c.id),
        array['contact_id', 'email', 'state', 'reason', 'code', 'at', 'message_id']);
end $$;

-- Newest first, so that what comes meanwhile is before the first page.
create or replace function api.exports_events(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.export(p_body, 'events_list', 0, array['id', 'at', 'kind', 'class',
    'campaign_id', 'contact_id', 'link', 'url', 'ip', 'user_agent', 'referer', 'head',
    'prefetch', 'reason']) $$;

create or replace function api.exports_audit(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.export(p_body, 'audit_list',
    (select max(id) from godwit.audit where tenant_id = auth.tenant()), array['id', 'at',
    'operation', 'object', 'actor', 'request_id', 'address', 'before', 'after', 'erased', 'seq',
    'hash']) $$;
