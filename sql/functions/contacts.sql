-- Contacts: what operations and the worker share.

-- The public id of the member who looks after something; null when he is none
-- any more. Called for who has one alone.
create or replace function godwit.owner_text(p_tenant int, p_owner bigint)
returns text language plpgsql stable strict
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    return (select godwit.id_text('user', m.user_id) from auth.memberships m
             where m.tenant_id = p_tenant and m.user_id = p_owner);
end $$;

create or replace function godwit.contact_json(c godwit.contacts)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', 'ct_' || c.id, 'email', c.email, 'phone', c.phone,
        'external_id', c.external_id, 'first_name', c.first_name, 'last_name', c.last_name,
        'zone', c.zone, 'locale', c.locale, 'consent', jsonb_build_object(
            'email', (array['unknown', 'granted', 'revoked'])[c.consent_email + 1],
            'sms', (array['unknown', 'granted', 'revoked'])[c.consent_sms + 1],
            'whatsapp', (array['unknown', 'granted', 'revoked'])[c.consent_whatsapp + 1],
            'voice', (array['unknown', 'granted', 'revoked'])[c.consent_voice + 1]),
        'tracking', c.tracking, 'attributes', c.attributes,
        'tags', coalesce(to_jsonb(c.tags), '[]'), 'owner', godwit.owner_text(c.tenant_id, c.owner),
        'company_id', 'com_' || c.company_id,
        'created_at', c.created_at, 'updated_at', c.updated_at) $$;

-- The ids of {"contact_ids":[...]}, each once.
create or replace function godwit.read_contacts(p_body jsonb)
returns bigint[] language plpgsql stable
as $$
begin
    if jsonb_typeof(p_body->'contact_ids') is distinct from 'array'
        or jsonb_array_length(p_body->'contact_ids') not between 1 and 10000
    then
        perform godwit.invalid('contact_ids', '"contact_ids" is not an array of 1 to 10000 ids');
    end if;
    return array(select distinct godwit.id_parse('ct', e, 'contact_ids')
                   from jsonb_array_elements_text(p_body->'contact_ids') e);
end $$;

-- GW002 for one of {"contact_ids"} that is not there.
create or replace function godwit.contacts_there(p_tenant int, p_ids bigint[])
returns void language plpgsql stable
as $$
declare
    v_missing bigint;
begin
    select i into v_missing from unnest(p_ids) i
     where not exists (select from godwit.contacts c
                        where c.tenant_id = p_tenant and c.id = i) limit 1;
    if found then
        raise exception 'there is no contact %', godwit.id_text('ct', v_missing)
            using errcode = 'GW002', column = 'contact_ids';
    end if;
end $$;

-- The company is there, and stays until the end of the transaction; GW002.
create or replace function godwit.company_hold(p_tenant int, p_company bigint)
returns void language plpgsql strict
as $$
begin
    perform from godwit.companies o
      where o.tenant_id = p_tenant and o.id = p_company for key share;
    if not found then
        raise exception 'there is no company %', godwit.id_text('com', p_company)
            using errcode = 'GW002', column = 'company_id';
    end if;
end $$;

-- A tag as it is kept: A to Z in lower case, without blanks around it.
create or replace function godwit.tag_kept(p_text text)
returns text language sql immutable parallel safe
as $$ select lower(btrim(p_text) collate "C") $$;

-- contact_tags as contacts.tags says, of one contact.
create or replace function godwit.tags_index(p_tenant int, p_contact bigint, p_was text[],
    p_now text[])
returns void language plpgsql
as $$
begin
    if p_was is not distinct from p_now then
        return;
    end if;
    delete from godwit.contact_tags t
     where t.tenant_id = p_tenant and t.tag = any (p_was) and t.contact_id = p_contact
       and t.tag <> all (coalesce(p_now, '{}'));
    insert into godwit.contact_tags (tenant_id, tag, contact_id)
    select p_tenant, n, p_contact from unnest(p_now) n
    on conflict do nothing;
end $$;

-- Tags of a contact and further ones, in order, as far as there is room.
create or replace function godwit.tags_joined(p_tags text[], p_more text[])
returns text[] language sql immutable parallel safe
as $$ select case when p_more is null or p_more <@ p_tags then p_tags else array(
        select t from (select t, min(n) from unnest(p_tags || p_more) with ordinality u(t, n)
                        group by t order by 2 limit 100) o order by t) end $$;

-- The row, its memberships, choices, tags and notes go, those of contacts that went
-- into it as well; a suppression of the address, the ledger and events stay, by id.
create or replace function godwit.contact_drop(c godwit.contacts)
returns void language plpgsql
as $$
declare
    v_ids bigint[] := godwit.person_ids(c.tenant_id, c.id);
begin
    -- list by list: the key of members begins with the list
    delete from godwit.list_members m using godwit.lists l
     where l.tenant_id = c.tenant_id and m.tenant_id = c.tenant_id and m.list_id = l.id
       and m.contact_id = c.id;
    perform godwit.preferences_drop(c.tenant_id, i) from unnest(v_ids) i;
    perform godwit.tags_index(c.tenant_id, c.id, c.tags, null);
    delete from godwit.contact_identities i
     where i.tenant_id = c.tenant_id and i.contact_id = c.id;
    delete from godwit.notes n where n.tenant_id = c.tenant_id and n.contact_id = any (v_ids);
    delete from godwit.contacts where tenant_id = c.tenant_id and id = c.id;
    perform godwit.changed(c.tenant_id, 'contact', c.id::text, auth.now());
end $$;
