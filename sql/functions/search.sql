-- owner: gw_search
-- Searches by an index on an expression: row-level security keeps lower() out
-- of index conditions, so these cross it and name the tenant themselves.

-- The contact of an address in any case, or null.
create or replace function auth.contact_by_email(p_tenant int, p_email text)
returns bigint language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select id from godwit.contacts
       where tenant_id = p_tenant and lower(email) = lower(p_email) $$;

-- Contacts whose e-mail address, external id, first or last name begins with
-- the text, in any case (an external id in its own).
create or replace function auth.contacts_found(p_tenant int, p_text text)
returns bigint[] language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select coalesce(array_agg(id), '{}') from (
    select id from godwit.contacts where tenant_id = p_tenant
       and lower(email) >= lower(p_text) and lower(email) < lower(p_text) || U&'\+10FFFF'
     union
    select id from godwit.contacts where tenant_id = p_tenant and first_name is not null
       and lower(first_name) >= lower(p_text) and lower(first_name) < lower(p_text) || U&'\+10FFFF'
     union
    select id from godwit.contacts where tenant_id = p_tenant and last_name is not null
       and lower(last_name) >= lower(p_text) and lower(last_name) < lower(p_text) || U&'\+10FFFF'
     union
    select id from godwit.contacts where tenant_id = p_tenant and external_id is not null
       and external_id >= p_text and external_id < p_text || U&'\+10FFFF') f $$;

-- Messages to one of these addresses, which are in lower case.
create or replace function auth.messages_to(p_tenant int, p_addresses text[])
returns bigint[] language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select coalesce(array_agg(id), '{}') from godwit.messages
       where tenant_id = p_tenant and lower(to_address) = any (p_addresses) $$;

grant execute on function auth.contact_by_email(int, text), auth.contacts_found(int, text),
    auth.messages_to(int, text[]) to gw_api;
grant execute on function auth.contact_by_email(int, text) to gw_worker;
