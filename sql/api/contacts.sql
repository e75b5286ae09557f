-- Contacts: the people.

-- The member of {"owner"}; GW002.
create or replace function godwit.read_owner(p_body jsonb)
returns bigint language plpgsql stable
as $$
declare
    v_owner bigint := godwit.read_id(p_body, 'owner', 'user', false);
begin
    if v_owner is not null and godwit.owner_text(auth.tenant(), v_owner) is null then
        raise exception 'there is no member %', p_body->>'owner'
            using errcode = 'GW002', column = 'owner';
    end if;
    return v_owner;
end $$;

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
    if p_body ? 'phone' then c.phone := godwit.read_phone(p_body, 'phone'); end if;
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
    if p_body ? 'locale' then
        c.locale := godwit.read_line(p_body, 'locale', 2, 35);
        if not godwit.is_locale(c.locale) then
            perform godwit.invalid('locale', '"locale" is no locale like de or de-AT');
        end if;
    end if;
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

    c.tracking := coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean, c.tracking,
        true);
    if jsonb_typeof(coalesce(p_body->'attributes', '{}')) <> 'object'
        or length((p_body->'attributes')::text) > 65536
    then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    if p_body ? 'attributes' then
        perform godwit.fields_check(auth.tenant(), p_body->'attributes');
    end if;
    if p_body ? 'tags' then c.tags := godwit.read_tags(p_body, 'tags'); end if;
    if p_body ? 'owner' then c.owner := godwit.read_owner(p_body); end if;
    if p_body ? 'company_id' then
        c.company_id := godwit.read_id(p_body, 'company_id', 'com', false);
    end if;
    c.attributes := godwit.merge_patch(coalesce(c.attributes, '{}'),
                                       coalesce(p_body->'attributes', '{}'));
    if length(c.attributes::text) > 65536 then
        perform godwit.invalid('attributes', '"attributes" is not an object of at most 64 KiB');
    end if;
    c.updated_at := auth.now();
    return c;
end $$;

-- Evidence of what the body says of consent: of each channel that it changes, or
-- names beside "consent_evidence". p_was: the contact before, null: it is new.
create or replace function godwit.consent_note(p_body jsonb, p_was godwit.contacts,
    c godwit.contacts)
returns void language plpgsql
as $$
declare
    e jsonb := coalesce(p_body->'consent_evidence', '{}');
begin
    if jsonb_typeof(e) <> 'object' then
        perform godwit.invalid('consent_evidence', '"consent_evidence" is not an object');
    end if;
    perform godwit.read_body(e, array['at', 'source', 'address', 'text']);
    insert into godwit.consents (tenant_id, contact_id, channel, consent, at, source, address,
        text, noted_at)
    select c.tenant_id, c.id, u.channel, u.now,
           coalesce(godwit.read_time(e, 'at')::timestamptz, auth.now()),
           coalesce(godwit.read_line(e, 'source', 1, 100), 'api'),
           godwit.read_line(e, 'address', 1, 64), godwit.read_text(e, 'text', 1, 4000), auth.now()
      from (values ('email', p_was.consent_email, c.consent_email),
                   ('sms', p_was.consent_sms, c.consent_sms),
                   ('whatsapp', p_was.consent_whatsapp, c.consent_whatsapp),
                   ('voice', p_was.consent_voice, c.consent_voice)) u(channel, was, now)
     where u.now <> coalesce(u.was, 0) or (p_body->'consent' ? u.channel and e <> '{}');
end $$;

-- GW003 for the index whose key is taken; null: none is.
create or replace function godwit.contact_taken(p_index text)
returns void language plpgsql strict
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
        'last_name', 'zone', 'locale', 'consent', 'consent_evidence', 'tracking', 'attributes',
        'tags', 'owner', 'company_id']);
    if p_body ? 'attributes' then
        perform godwit.fields_hold(auth.tenant());
    end if;
    perform godwit.company_hold(auth.tenant(),
        godwit.read_id(p_body, 'company_id', 'com', false));
    c := godwit.contact_fill(p_body, c);
    perform godwit.quota_contacts_lock(auth.tenant(), 1, auth.now());
    perform godwit.quota_contacts(auth.tenant(), 1, auth.now());
    insert into godwit.contacts as t (tenant_id, email, phone, external_id, first_name,
        last_name, zone, locale, consent_email, consent_sms, consent_whatsapp, consent_voice,
        email_wished_at, tracking, attributes, tags, owner, company_id, created_at, updated_at)
    values (auth.tenant(), c.email, c.phone, c.external_id, c.first_name, c.last_name, c.zone,
        c.locale, c.consent_email, c.consent_sms, c.consent_whatsapp, c.consent_voice,
        c.email_wished_at, c.tracking, c.attributes, c.tags, c.owner, c.company_id, auth.now(),
        auth.now())
    returning * into c;
    -- now that it stands: the index has waited for a merge
    perform godwit.contact_taken(godwit.identity_clash(c.tenant_id, c));
    if c.tags is not null then
        perform godwit.tags_index(c.tenant_id, c.id, null, c.tags);
    end if;
    perform godwit.consent_note(p_body, null, c);
    perform godwit.audit('contacts_create', godwit.id_text('ct', c.id), null,
                godwit.contact_json(c)),
            godwit.emit(c.tenant_id, 'contact.created', godwit.contact_json(c), auth.now()),
            godwit.changed(c.tenant_id, 'contact', c.id::text, auth.now());
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
        select godwit.contact_json(c) into v_doc from godwit.contacts c
         where c.tenant_id = auth.tenant() and c.id = godwit.contact_now(auth.tenant(), v_id);
    end if;
    if v_doc is null then
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
    c godwit.contacts;
    v_was jsonb;
    v_old godwit.contacts;
    v_index text;
begin
    -- before the row, as who changes a field or deletes a company does
    if p_body ? 'attributes' then
        perform godwit.fields_hold(auth.tenant());
    end if;
    perform godwit.company_hold(auth.tenant(),
        godwit.read_id(p_body, 'company_id', 'com', false));
    c := godwit.contact_lock(p_body);
    v_was := godwit.contact_json(c);
    v_old := c;
    perform godwit.read_body(p_body, array['id', 'email', 'phone', 'external_id', 'first_name',
        'last_name', 'zone', 'locale', 'consent', 'consent_evidence', 'tracking', 'attributes',
        'tags', 'owner', 'company_id', '_if_match']);
    perform godwit.match(p_body, v_was);
    c := godwit.contact_fill(p_body, c);
    if lower(v_old.email) is distinct from lower(c.email) then
        c.email_at := auth.now();
    end if;
    update godwit.contacts set email = c.email, email_at = c.email_at, phone = c.phone,
           external_id = c.external_id, first_name = c.first_name,
           last_name = c.last_name, zone = c.zone, locale = c.locale,
           consent_email = c.consent_email, consent_sms = c.consent_sms,
           consent_whatsapp = c.consent_whatsapp, consent_voice = c.consent_voice,
           email_wished_at = c.email_wished_at, tracking = c.tracking,
           attributes = c.attributes, tags = c.tags, owner = c.owner, company_id = c.company_id,
           updated_at = c.updated_at
     where tenant_id = c.tenant_id and id = c.id;
    perform godwit.contact_taken(godwit.identity_clash(c.tenant_id, c));
    perform godwit.tags_index(c.tenant_id, c.id, v_old.tags, c.tags);
    -- what is its own is not one of the others any more
    delete from godwit.contact_identities i
     where i.tenant_id = c.tenant_id and i.contact_id = c.id
       and (i.kind = 'email' and i.value = lower(c.email)
            or i.kind = 'external_id' and i.value = c.external_id
            or i.kind = 'phone' and i.value = c.phone);
    if c.email_at is distinct from v_old.email_at then
        -- what was confirmed at one address says nothing of another
        update godwit.subscriptions set confirmed_at = null
         where tenant_id = c.tenant_id and contact_id = c.id and confirmed_at is not null;
    end if;
    perform godwit.consent_note(p_body, v_old, c);
    perform godwit.audit('contacts_update', godwit.id_text('ct', c.id), v_was,
                godwit.contact_json(c)),
            godwit.emit(c.tenant_id, 'contact.updated', godwit.contact_json(c), auth.now()),
            godwit.changed(c.tenant_id, 'contact', c.id::text, auth.now());
    return godwit.contact_json(c);
exception
    when unique_violation then
        get stacked diagnostics v_index = constraint_name;
        perform godwit.contact_taken(v_index);
end $$;

create or replace function api.contacts_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.contacts := godwit.contact_lock(p_body);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.contact_json(c));
    perform godwit.contact_drop(c);
    perform godwit.audit('contacts_delete', godwit.id_text('ct', c.id), godwit.contact_json(c),
                null),
            godwit.emit(c.tenant_id, 'contact.deleted', jsonb_build_object(
                'id', godwit.id_text('ct', c.id), 'external_id', c.external_id), auth.now());
    return null;
end $$;

-- The condition on contacts t that says who is found by a text, when these are too
-- many for auth.contacts_found.
create or replace function godwit.contacts_searched(p_tenant int, p_text text)
returns text language plpgsql stable
as $$
declare
    v_words text[] := godwit.search_words(p_text);
    v_last int := cardinality(v_words);
    v_text text := 'godwit.contact_text(t.email, t.first_name, t.last_name)';
    v_begin text := '(lower(t.email) like %1$L or lower(t.first_name) like %1$L'
                    ' or lower(t.last_name) like %1$L)';
    v_where text;
begin
    v_where := format(v_begin, godwit.begins(lower(btrim(p_text))));
    if position('@' in btrim(p_text)) <= 1 and v_last > 0 then
        v_where := v_where || format(' or %1$s like all (%2$L) or %3$s and %1$s like all (%4$L)',
            v_text, godwit.words_patterns(v_words),
            case when v_words[v_last] = lower(btrim(p_text)) then 'false'
                 else format(v_begin, godwit.begins(v_words[v_last])) end,
            godwit.words_patterns(v_words[:v_last - 1]));
    end if;
    return format($q$(%s or t.external_id like %L or t.phone like %4$L or t.id in (
        select i.contact_id from godwit.contact_identities i
         where i.tenant_id = %5$s and i.kind = any ('{email,phone,external_id}')
           and i.value >= %3$L and i.value < %3$L || U&'\+10FFFF'))$q$, v_where,
        godwit.begins(p_text), lower(btrim(p_text)), godwit.begins(godwit.search_phone(p_text)),
        p_tenant);
end $$;

-- A page of these contacts, which are in no order.
create or replace function godwit.contacts_page(p_body jsonb, p_ids bigint[])
returns jsonb language plpgsql stable
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := coalesce((godwit.cursor_read('contacts_list', p_body)->>1)::bigint, 0);
    v_ids bigint[] := array(select i from unnest(p_ids) i where i > v_after
                             order by i limit v_limit + 1);
begin
    return godwit.list_page('contacts_list', p_body, (
        select jsonb_agg(godwit.contact_json(t) order by t.id) from godwit.contacts t
         where t.tenant_id = auth.tenant() and t.id = any (v_ids[:v_limit])),
        cardinality(v_ids) > v_limit, v_ids[v_limit]::text, v_ids[v_limit]);
end $$;

-- Contacts by what a client asks for.
create or replace function godwit.contacts_asked(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_text text := godwit.read_line(p_body, 'q', 1, 254);
    v_ids bigint[];
begin
    if v_text is not null then
        v_ids := auth.contacts_found(auth.tenant(), v_text);
        if v_ids is not null and godwit.is_body(p_body, '{limit,cursor,fields,q}') then
            return godwit.contacts_page(p_body, v_ids);
        end if;
    end if;
    return godwit.list(p_body, 'contacts_list', 'godwit.contacts t', 't.id',
        'godwit.contact_json(t)', array[
            ['id', 't.id', 'bigint'],
            ['created_at', 't.created_at', 'timestamptz']], array[
            ['email', 'line', 't.id = auth.contact_by_email($1, %s)'],
            ['external_id', 'line', 't.external_id = %s'],
            ['list_id', 'id lst', $q$exists (select from godwit.list_members m
                where m.tenant_id = $1 and m.list_id = %s and m.contact_id = t.id)$q$],
            ['tag', 'line', $q$exists (select from godwit.contact_tags m where m.tenant_id = $1
                and m.tag = godwit.tag_kept(%s) and m.contact_id = t.id)$q$],
            ['owner', 'id user', 't.owner = %s'],
            ['company_id', 'id com', 't.company_id = %s'],
            ['consent_email', 'word unknown granted revoked', $q$t.consent_email
                = array_position('{unknown,granted,revoked}'::text[], %s) - 1$q$],
            ['created_after', 'time', 't.created_at >= %s'],
            ['created_before', 'time', 't.created_at < %s'],
            ['q', 'line', 'true'],
            ['_last', 'number', 't.id <= %s']],
        case when v_text is null then 'true'
             when v_ids is not null then format('t.id in (select unnest(%L::bigint[]))', v_ids)
             else godwit.contacts_searched(auth.tenant(), v_text) end);
end $$;

-- {"email"?,"external_id"?,"list_id"?,"tag"?,"owner"?,"consent_email"?,"created_after"?,
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
