-- Contacts: the people.

create or replace function godwit.contact_json(c godwit.contacts)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('ct', c.id), 'email', c.email,
        'phone', c.phone, 'external_id', c.external_id, 'first_name', c.first_name,
        'last_name', c.last_name, 'zone', c.zone, 'locale', c.locale,
        'consent', (select jsonb_object_agg(ch, (array['unknown', 'granted', 'revoked'])[v + 1])
            from (values ('email', c.consent_email), ('sms', c.consent_sms),
                  ('whatsapp', c.consent_whatsapp), ('voice', c.consent_voice)) x(ch, v)),
        'attributes', c.attributes, 'created_at', c.created_at, 'updated_at', c.updated_at) $$;

-- The number of a consent word of {"consent":{channel:word}}; 0 when missing.
create or replace function godwit.read_consent(p_body jsonb, p_channel text)
returns smallint language plpgsql
as $$
declare
    v text := p_body->'consent'->>p_channel;
    n int := array_position(array['unknown', 'granted', 'revoked'], v);
begin
    if v is not null and n is null then
        perform godwit.invalid('consent',
            format('"consent.%s" is not unknown, granted or revoked', p_channel));
    end if;
    return coalesce(n - 1, 0);
end $$;

create or replace function api.contacts_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_attributes jsonb := coalesce(p_body->'attributes', '{}');
    v_consent jsonb := coalesce(p_body->'consent', '{}');
    c godwit.contacts;
    v_unique text;
begin
    perform godwit.read_body(p_body, array['email', 'phone', 'external_id', 'first_name',
        'last_name', 'zone', 'locale', 'consent', 'attributes']);
    if jsonb_typeof(v_attributes) <> 'object' or length(v_attributes::text) > 65536 then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    if jsonb_typeof(v_consent) <> 'object' then
        perform godwit.invalid('consent', '"consent" is not an object');
    end if;
    perform godwit.read_body(v_consent, array['email', 'sms', 'whatsapp', 'voice']);
    if coalesce(p_body->>'email', p_body->>'phone', p_body->>'external_id') is null then
        perform godwit.invalid('email', 'a contact needs "email", "phone" or "external_id"');
    end if;

    insert into godwit.contacts as t (tenant_id, email, phone, external_id, first_name,
        last_name, zone, locale, consent_email, consent_sms, consent_whatsapp, consent_voice,
        attributes, created_at, updated_at)
    values (v_tenant, godwit.read_email(p_body, 'email'),
        godwit.read_line(p_body, 'phone', 3, 32), godwit.read_line(p_body, 'external_id', 1, 200),
        godwit.read_line(p_body, 'first_name', 0, 200),
        godwit.read_line(p_body, 'last_name', 0, 200),
        godwit.read_line(p_body, 'zone', 1, 64), godwit.read_line(p_body, 'locale', 2, 35),
        godwit.read_consent(p_body, 'email'), godwit.read_consent(p_body, 'sms'),
        godwit.read_consent(p_body, 'whatsapp'), godwit.read_consent(p_body, 'voice'),
        v_attributes, auth.now(), auth.now())
    returning * into c;

    perform godwit.audit('contacts_create', godwit.id_text('ct', c.id), null,
        godwit.contact_json(c));
    return godwit.contact_json(c);
exception
    when unique_violation then
        get stacked diagnostics v_unique = constraint_name;
        raise exception 'a contact with this % is there already',
            case v_unique when 'contacts_email_key' then 'e-mail address' else 'external id' end
            using errcode = 'GW003',
                column = case v_unique when 'contacts_email_key' then 'email'
                                       else 'external_id' end;
end $$;

create or replace function api.contacts_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into c from godwit.contacts t
     where t.tenant_id = auth.tenant() and t.id = godwit.read_id(p_body, 'id', 'ct');
    if not found then
        raise exception 'there is no contact %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return godwit.contact_json(c);
end $$;

-- {"email"?,"list_id"?,"cursor"?,"limit"?}, by id.
create or replace function api.contacts_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := godwit.read_cursor(p_body);
    v_email text := lower(godwit.read_line(p_body, 'email', 1, 254));
    v_list bigint := godwit.read_id(p_body, 'list_id', 'lst', false);
    v_rows jsonb[];
begin
    perform godwit.read_body(p_body, array['email', 'list_id', 'cursor', 'limit']);
    if v_list is null then
        v_rows := array(select jsonb_build_object('key', c.id, 'item', godwit.contact_json(c))
            from godwit.contacts c
           where c.tenant_id = v_tenant and c.id > v_after
             and (v_email is null or lower(c.email) = v_email)
           order by c.id limit v_limit + 1);
    else
        v_rows := array(select jsonb_build_object('key', c.id, 'item', godwit.contact_json(c))
            from godwit.list_members m
            join godwit.contacts c on c.tenant_id = v_tenant and c.id = m.contact_id
           where m.tenant_id = v_tenant and m.list_id = v_list and m.contact_id > v_after
             and (v_email is null or lower(c.email) = v_email)
           order by m.contact_id limit v_limit + 1);
    end if;
    return godwit.page(v_rows, v_limit);
end $$;
