-- owner: gw_search
-- Searches by an index on an expression: row-level security keeps lower() and @@
-- out of index conditions, so these cross it and name the tenant themselves.

-- The contact of an address in any case, or null.
create or replace function auth.contact_by_email(p_tenant int, p_email text)
returns bigint language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select id from godwit.contacts
       where tenant_id = p_tenant and lower(email) = lower(p_email) $$;

-- Who is found by a text, in any case: he has its words in his name and address, the
-- last as what his address, first or last name begins with; or one of these, his
-- external id (in its own case), telephone number or another identity begins with
-- the text. When nobody does, who would if one letter were another: of the address (a
-- text with an @), of the two longest words. Null: more than godwit.search_most().
create or replace function auth.contacts_found(p_tenant int, p_text text)
returns bigint[] language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
    v_text text := lower(btrim(p_text));
    v_end text := v_text || U&'\+10FFFF';
    v_address boolean := position('@' in v_text) > 1;
    v_phone text := godwit.search_phone(p_text);
    v_words text[] := case when v_address then '{}' else godwit.search_words(p_text) end;
    v_last int := cardinality(v_words);
    v_most int := godwit.search_most();
    v_ids bigint[];
    v_worded bigint[] := '{}';
    v_begun bigint[] := '{}';
    v_named bigint[];
begin
    -- step by step: the first that finds too many ends it
    v_ids := godwit.contacts_beginning(p_tenant, v_text, '{}');
    if v_ids is not null and v_last > 0 then
        v_worded := godwit.contacts_worded(p_tenant, v_words);
    end if;
    if v_ids is not null and v_worded is not null and v_words[v_last] <> v_text then
        v_begun := godwit.contacts_beginning(p_tenant, v_words[v_last], v_words[:v_last - 1]);
    end if;
    if v_ids is null or v_worded is null or v_begun is null then
        return null;
    end if;
    v_named := array(
        select c.id from godwit.contacts c
         where c.tenant_id = p_tenant and c.external_id >= p_text
           and c.external_id < p_text || U&'\+10FFFF'
         union all
        select c.id from godwit.contacts c
         where c.tenant_id = p_tenant and c.phone >= v_phone
           and c.phone < v_phone || U&'\+10FFFF'
         union all
        select i.contact_id from godwit.contact_identities i
         where i.tenant_id = p_tenant and i.kind = any ('{email,phone,external_id}')
           and i.value >= v_text and i.value < v_end
         limit v_most + 1);
    if cardinality(v_named) > v_most then
        return null;
    end if;
    v_ids := array(select distinct unnest(v_ids || v_worded || v_begun || v_named));
    if v_ids = '{}' and v_address and length(v_text) <= 100 then
        v_ids := array(select c.id from godwit.contacts c
             where c.tenant_id = p_tenant
               and lower(c.email) = any (godwit.texts_near(v_text,
                   godwit.letters_of(v_text) || '.-_@')));
    elsif v_ids = '{}' and v_last > 0 then
        v_ids := godwit.contacts_near(p_tenant, v_words);
    end if;
    return case when cardinality(v_ids) <= v_most then v_ids end;
end $$;

-- Messages to one of these addresses, which are in lower case.
create or replace function auth.messages_to(p_tenant int, p_addresses text[])
returns bigint[] language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select coalesce(array_agg(id), '{}') from godwit.messages
       where tenant_id = p_tenant and lower(to_address) = any (p_addresses) $$;

grant execute on function auth.contact_by_email(int, text), auth.contacts_found(int, text),
    auth.messages_to(int, text[]) to gw_api;
grant execute on function auth.contact_by_email(int, text) to gw_worker;
