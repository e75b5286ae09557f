-- owner: gw_search
-- What the edge asks for a tracking token it has verified: the tenant comes
-- out of the signed bytes, so these cross row-level security by design.

-- The URL of a campaign's link, or null.
create or replace function auth.track_link(p_tenant int, p_campaign bigint, p_index int)
returns text language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select url from godwit.links
       where tenant_id = p_tenant and campaign_id = p_campaign and index = p_index and fixed $$;

-- {"html_tracked","tracking","query","subject","data"} of a recipient's mail, or
-- null.
create or replace function auth.track_view(p_tenant int, p_campaign bigint, p_contact bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object('html_tracked', v.html_tracked,
            'tracking', p.tracking and c.tracking,
            'query', array_to_string(godwit.utm_params(p.utm), '&'), 'subject', v.subject,
            'data', godwit.recipient_data(c, p.id, p.name))
        from godwit.campaigns p
        join godwit.template_versions v on v.tenant_id = p_tenant
             and v.template_id = p.template_id and v.version = p.template_version
        join godwit.contacts c on c.tenant_id = p_tenant and c.id = p_contact
       where p.tenant_id = p_tenant and p.id = p_campaign $$;

-- {"email_masked","subscribed"} of a contact, or null.
create or replace function auth.track_preferences(p_tenant int, p_contact bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object(
            'email_masked', left(c.email, 1) || '***@' || split_part(c.email, '@', 2),
            'subscribed', c.consent_email <> 2 and not exists (
                select from godwit.suppressions s where s.tenant_id = p_tenant
                   and s.address_hash = godwit.address_hash(p_tenant, c.email)))
        from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_contact $$;

grant execute on function auth.track_link(int, bigint, int),
    auth.track_view(int, bigint, bigint), auth.track_preferences(int, bigint) to gw_edge;
