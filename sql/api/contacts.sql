-- Contacts: the people.

create or replace function godwit.contact_json(c godwit.contacts)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', 'ct_' || c.id, 'email', c.email, 'phone', c.phone,
        'external_id', c.external_id, 'first_name', c.first_name, 'last_name', c.last_name,
        'zone', c.zone, 'locale', c.locale, 'consent', jsonb_build_object(
            'email', (array['unknown', 'granted', 'revoked'])[c.consent_email + 1],
            'sms', (array['unknown', 'granted', 'revoked'])[c.consent_sms + 1],
            'whatsapp', (array['unknown', 'granted', 'revoked'])[c.consent_whatsapp + 1],
            'voice', (array['unknown', 'granted', 'revoked'])[c.consent_voice + 1]),
        'attributes', c.attributes, 'created_at', c.created_at, 'updated_at', c.updated_at) $$;

create or replace function godwit.contact_missing(p_body jsonb)
returns void language plpgsql
as $$
begin
    raise exception 'there is no contact %', p_body->>'id'
        using errcode = 'GW002', column = 'id';
end $$;

-- The contact of {"id"}, locked since it is to change; GW002.
create or replace function godwit.contact_lock(p_body jsonb)
returns godwit.contacts language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'ct');
    c godwit.contacts;
begin
    select * into c from godwit.contacts
     where tenant_id = auth.tenant() and id = v_id for update;
    if not found then
        perform godwit.contact_missing(p_body);
    end if;
    return c;
end $$;

-- What the member of {"consent":{channel:word}} says; p_old when it is missing.
create or replace function godwit.read_consent(p_body jsonb, p_channel text, p_old smallint)
returns smallint language plpgsql stable
as $$
declare
    v text := p_body->'consent'->>p_channel;
    n int := array_position(array['unknown', 'granted', 'revoked'], v);
begin
    if p_body->'consent'->p_channel is not null and n is null then
        perform godwit.invalid('consent',
            format('"consent.%s" is not unknown, granted or revoked', p_channel));
    end if;
    return coalesce(n - 1, p_old, 0);
end $$;

-- The contact with what the body says of it: members that are there are taken,
-- null empties one, attributes are a merge patch.
create or replace function godwit.contact_fill(p_body jsonb, c godwit.contacts)
returns godwit.contacts language plpgsql stable
as $$
declare
    v_email smallint := c.consent_email;
begin
    if jsonb_typeof(coalesce(p_body->'consent', '{}')) <> 'object' then
        perform godwit.invalid('consent', '"consent" is not an object');
    end if;
    perform godwit.read_body(coalesce(p_body->'consent', '{}'),
        array['email', 'sms', 'whatsapp', 'voice']);
    if p_body ? 'email' then c.email := godwit.read_email(p_body, 'email'); end if;
    if p_body ? 'phone' then c.phone := godwit.read_line(p_body, 'phone', 3, 32); end if;
    if p_body ? 'external_id' then
        c.external_id := godwit.read_line(p_body, 'external_id', 1, 200);
    end if;
    if p_body ? 'first_name' then
        c.first_name := godwit.read_line(p_body, 'first_name', 0, 200);
    end if;
    if p_body ? 'last_name' then
        c.last_name := godwit.read_line(p_body, 'last_name', 0, 200);
    end if;
    if p_body ? 'zone' then c.zone := godwit.read_line(p_body, 'zone', 1, 64); end if;
    if p_body ? 'locale' then c.locale := godwit.read_line(p_body, 'locale', 2, 35); end if;
    if coalesce(c.email, c.phone, c.external_id) is null then
        perform godwit.invalid('email', 'a contact needs "email", "phone" or "external_id"');
    end if;

    c.consent_email := godwit.read_consent(p_body, 'email', c.consent_email);
    c.consent_sms := godwit.read_consent(p_body, 'sms', c.consent_sms);
    c.consent_whatsapp := godwit.read_consent(p_body, 'whatsapp', c.consent_whatsapp);
    c.consent_voice := godwit.read_consent(p_body, 'voice', c.consent_voice);
    if c.consent_email <> coalesce(v_email, 0) then
        c.email_wished_at := auth.now();        -- a word that is older comes too late
    end if;

    if jsonb_typeof(coalesce(p_body->'attributes', '{}')) <> 'object'
        or length((p_body->'attributes')::text) > 65536
    then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    c.attributes := godwit.merge_patch(coalesce(c.attributes, '{}'),
                                       coalesce(p_body->'attributes', '{}'));
    if length(c.attributes::text) > 65536 then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    c.updated_at := auth.now();
    return c;
end $$;

-- GW003 for the index whose key is taken.
create or replace function godwit.contact_taken(p_index text)
returns void language plpgsql
as $$
begin
    raise exception 'a contact with this % is there already',
        case p_index when 'contacts_email_key' then 'e-mail address' else 'external id' end
        using errcode = 'GW003',
            column = case p_index when 'contacts_email_key' then 'email' else 'external_id' end;
end $$;

create or replace function api.contacts_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts;
    v_index text;
begin
    perform godwit.read_body(p_body, array['email', 'phone', 'external_id', 'first_name',
        'last_name', 'zone', 'locale', 'consent', 'attributes']);
    c := godwit.contact_fill(p_body, c);
    perform godwit.quota_contacts_lock(auth.tenant(), 1, auth.now());
    perform godwit.quota_contacts(auth.tenant(), 1, auth.now());
    insert into godwit.contacts as t (tenant_id, email, phone, external_id, first_name,
        last_name, zone, locale, consent_email, consent_sms, consent_whatsapp, consent_voice,
        email_wished_at, attributes, created_at, updated_at)
    values (auth.tenant(), c.email, c.phone, c.external_id, c.first_name, c.last_name, c.zone,
        c.locale, c.consent_email, c.consent_sms, c.consent_whatsapp, c.consent_voice,
        c.email_wished_at, c.attributes, auth.now(), auth.now())
    returning * into c;
    perform godwit.audit('contacts_create', godwit.id_text('ct', c.id), null,
        godwit.contact_json(c));
    return godwit.contact_json(c);
exception
    when unique_violation then
        get stacked diagnostics v_index = constraint_name;
        perform godwit.contact_taken(v_index);
end $$;

create or replace function api.contacts_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_fields constant text[] := '{id,fields}';
    v_id bigint;
    v_doc jsonb;
begin
    if not godwit.is_body(p_body, v_fields) then
        perform godwit.read_body(p_body, v_fields);
    end if;
    v_id := godwit.read_id(p_body, 'id', 'ct');
    select godwit.contact_json(c) into v_doc from godwit.contacts c
     where c.tenant_id = auth.tenant() and c.id = v_id;
    if not found then
        perform godwit.contact_missing(p_body);
    end if;
    return v_doc;
end $$;

-- What is there is changed, null empties it; attributes are a merge patch.
create or replace function api.contacts_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts := godwit.contact_lock(p_body);
    v_was jsonb := godwit.contact_json(c);
    v_index text;
begin
    perform godwit.read_body(p_body, array['id', 'email', 'phone', 'external_id', 'first_name',
        'last_name', 'zone', 'locale', 'consent', 'attributes', '_if_match']);
    perform godwit.match(p_body, v_was);
    c := godwit.contact_fill(p_body, c);
    update godwit.contacts set email = c.email, phone = c.phone, external_id = c.external_id,
           first_name = c.first_name, last_name = c.last_name, zone = c.zone, locale = c.locale,
           consent_email = c.consent_email, consent_sms = c.consent_sms,
           consent_whatsapp = c.consent_whatsapp, consent_voice = c.consent_voice,
           email_wished_at = c.email_wished_at, attributes = c.attributes,
           updated_at = c.updated_at
     where tenant_id = c.tenant_id and id = c.id;
    perform godwit.audit('contacts_update', godwit.id_text('ct', c.id), v_was,
        godwit.contact_json(c));
    return godwit.contact_json(c);
exception
    when unique_violation then
        get stacked diagnostics v_index = constraint_name;
        perform godwit.contact_taken(v_index);
end $$;

-- The row and its memberships go; a suppression of the address, the ledger and
-- events stay, by id.
create or replace function api.contacts_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts := godwit.contact_lock(p_body);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.contact_json(c));
    -- list by list: the key of members begins with the list
    delete from godwit.list_members m using godwit.lists l
     where l.tenant_id = c.tenant_id and m.tenant_id = c.tenant_id and m.list_id = l.id
       and m.contact_id = c.id;
    delete from godwit.contacts where tenant_id = c.tenant_id and id = c.id;
    perform godwit.audit('contacts_delete', godwit.id_text('ct', c.id), godwit.contact_json(c),
        null);
    return null;
end $$;

-- Contacts by what a client asks for.
create or replace function godwit.contacts_asked(p_body jsonb)
returns jsonb language plpgsql stable
as $$
begin
    return godwit.list(p_body, 'contacts_list', 'godwit.contacts t', 't.id',
        'godwit.contact_json(t)', array[
            ['id', 't.id', 'bigint'],
            ['created_at', 't.created_at', 'timestamptz']], array[
            ['email', 'line', 't.id = auth.contact_by_email($1, %s)'],
            ['external_id', 'line', 't.external_id = %s'],
            ['list_id', 'id lst', $q$exists (select from godwit.list_members m
                where m.tenant_id = $1 and m.list_id = %s and m.contact_id = t.id)$q$],
            ['consent_email', 'word unknown granted revoked', $q$t.consent_email
                = array_position('{unknown,granted,revoked}'::text[], %s) - 1$q$],
            ['created_after', 'time', 't.created_at >= %s'],
            ['created_before', 'time', 't.created_at < %s'],
            ['q', 'line', 't.id in (select unnest(auth.contacts_found($1, %s)))'],
            ['_last', 'number', 't.id <= %s']]);
end $$;

-- {"email"?,"external_id"?,"phone"?,"list_id"?,"consent_email"?,"created_after"?,
-- "created_before"?,"q"?} and what every list takes. All contacts page by page
-- are what is asked most: two statements whose plans are kept, the same answer.
create or replace function api.contacts_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_limit int;
    v_after bigint := 0;
    v_ids bigint[];
    v_last bigint;
    v_items jsonb;
begin
    if not godwit.is_body(p_body, '{limit,cursor,fields}') then
        return godwit.contacts_asked(p_body);
    end if;
    v_limit := godwit.read_limit(p_body);
    if p_body ? 'cursor' then
        v_after := coalesce((godwit.cursor_read('contacts_list', p_body)->>1)::bigint, 0);
    end if;
    v_ids := array(select t.id from godwit.contacts t
                    where t.tenant_id = auth.tenant() and t.id > v_after
                    order by t.id limit v_limit + 1);
    v_last := coalesce(v_ids[v_limit], v_ids[cardinality(v_ids)]);
    select jsonb_agg(godwit.contact_json(t)) into v_items from (
        select * from godwit.contacts t
         where t.tenant_id = auth.tenant() and t.id > v_after and t.id <= v_last
         order by t.id) t;
    return godwit.list_page('contacts_list', p_body, v_items, cardinality(v_ids) > v_limit,
        v_last::text, v_last);
end $$;
