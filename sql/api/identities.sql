-- Identities: by what a contact is found, besides what stands in its fields.

-- [{"kind","value","own"}]: those of its fields first.
create or replace function godwit.identities_json(p_tenant int, p_contact bigint)
returns jsonb language sql stable
as $$ select coalesce(jsonb_agg(jsonb_build_object('kind', o.kind, 'value', o.value,
            'own', o.own) order by o.own desc, o.kind, o.value), '[]')
        from (select u.kind, u.value, true as own from godwit.contacts c
               cross join lateral (values ('email', c.email), ('phone', c.phone),
                     ('external_id', c.external_id)) u(kind, value)
               where c.tenant_id = p_tenant and c.id = p_contact and u.value is not null
              union all
              select i.kind, i.value, false from godwit.contact_identities i
               where i.tenant_id = p_tenant and i.contact_id = p_contact) o $$;

-- {"contact_id","identities"} of a contact.
create or replace function godwit.identities_doc(p_contact bigint)
returns jsonb language sql stable
as $$ select jsonb_build_object('contact_id', godwit.id_text('ct', p_contact),
        'identities', godwit.identities_json(auth.tenant(), p_contact)) $$;

create or replace function godwit.identity_kinds()
returns text[] language sql immutable parallel safe
as $$ select '{email,phone,whatsapp,external_id,anonymous_id}'::text[] $$;

-- The value of {"kind","value"} as it is kept; GW001.
create or replace function godwit.read_identity(p_body jsonb)
returns text language plpgsql stable
as $$
declare
    v_text text := godwit.read_line(p_body, 'value', 1, 254, true);
    v_kind text := godwit.read_word(p_body, 'kind', godwit.identity_kinds());
    v text := godwit.identity_value(v_kind, v_text);
begin
    if v_kind is null then
        perform godwit.invalid('kind', '"kind" is missing');
    end if;
    if v is null then
        perform godwit.invalid('value', case v_kind
            when 'email' then '"value" is not an e-mail address'
            when 'phone' then '"value" is not a telephone number with its country code, such as '
                '+491701234567'
            when 'whatsapp' then '"value" is not a number with its country code, such as '
                '491701234567'
            else '"value" has more than 200 characters' end);
    end if;
    return v;
end $$;

-- {"kind","value"}: the contact, as contacts_get has it.
create or replace function api.identities_find(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_value text := godwit.read_identity(p_body);
    v_doc jsonb;
begin
    perform godwit.read_body(p_body, array['kind', 'value', 'fields']);
    select godwit.contact_json(c) into v_doc from godwit.contacts c
     where c.tenant_id = auth.tenant()
       and c.id = godwit.contact_by(auth.tenant(), p_body->>'kind', v_value);
    if not found then
        raise exception 'there is no contact with this %', p_body->>'kind'
            using errcode = 'GW002', column = 'value';
    end if;
    return v_doc;
end $$;

create or replace function api.identities_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint := godwit.contact_now(auth.tenant(), godwit.read_id(p_body, 'id', 'ct'));
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    if not exists (select from godwit.contacts c
                    where c.tenant_id = auth.tenant() and c.id = v_id)
    then
        perform godwit.contact_missing(p_body);
    end if;
    return godwit.identities_doc(v_id);
end $$;

-- {"id","kind","value"}: GW003 when it is somebody else's, and when there is no
-- room for more.
create or replace function api.identities_add(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts := godwit.contact_lock(p_body);
    v_value text := godwit.read_identity(p_body);
    v_has bigint := godwit.contact_by(c.tenant_id, p_body->>'kind', v_value);
    v_was jsonb := godwit.identities_json(c.tenant_id, c.id);
begin
    perform godwit.read_body(p_body, array['id', 'kind', 'value']);
    if v_has <> c.id then
        raise exception '% has this already; merge the two, or take it from that one',
            godwit.id_text('ct', v_has) using errcode = 'GW003', column = 'value';
    end if;
    if v_has is null then
        if godwit.identities_most() <= (select count(*) from godwit.contact_identities i
            where i.tenant_id = c.tenant_id and i.contact_id = c.id)
        then
            raise exception '% has % identities already; take one away',
                godwit.id_text('ct', c.id), godwit.identities_most()
                using errcode = 'GW003', column = 'id';
        end if;
        insert into godwit.contact_identities (tenant_id, kind, value, contact_id, created_at)
        values (c.tenant_id, p_body->>'kind', v_value, c.id, auth.now());
        perform godwit.changed(c.tenant_id, 'contact', c.id::text, auth.now());
    end if;
    perform godwit.audit('identities_add', godwit.id_text('ct', c.id), v_was,
        godwit.identities_json(c.tenant_id, c.id));
    return godwit.identities_doc(c.id);
exception
    when unique_violation then
        raise exception 'another contact has this already'
            using errcode = 'GW003', column = 'value';
end $$;

-- {"id","kind","value"}: GW003 for what stands in its fields. What it does not
-- have is passed over.
create or replace function api.identities_remove(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts := godwit.contact_lock(p_body);
    v_value text := godwit.read_identity(p_body);
    v_kind text := p_body->>'kind';
    v_was jsonb := godwit.identities_json(c.tenant_id, c.id);
begin
    perform godwit.read_body(p_body, array['id', 'kind', 'value']);
    if v_value = (case v_kind when 'email' then lower(c.email) when 'phone' then c.phone
                              when 'external_id' then c.external_id end)
    then
        raise exception 'it is the "%" of the contact itself; change that', v_kind
            using errcode = 'GW003', column = 'value';
    end if;
    delete from godwit.contact_identities i
     where i.tenant_id = c.tenant_id and i.kind = v_kind and i.value = v_value
       and i.contact_id = c.id;
    perform godwit.changed(c.tenant_id, 'contact', c.id::text, auth.now()),
            godwit.audit('identities_remove', godwit.id_text('ct', c.id), v_was,
                godwit.identities_json(c.tenant_id, c.id));
    return godwit.identities_doc(c.id);
end $$;
