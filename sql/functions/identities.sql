-- Who is who: by what a contact is found, which contacts are one person.

-- A telephone number as E.164, from how people write it: a plus or 00, country
-- code, number; null when it is none. worker/import/row.c reads the same.
create or replace function godwit.phone(p_text text)
returns text language sql immutable parallel safe
as $$ select case when v ~ '^\+[1-9][0-9]{6,14}$' then v end
        from regexp_replace(regexp_replace(btrim(p_text), '[ ().\-/]', '', 'g'), '^00', '+') v $$;

-- A telephone number of a body; GW001.
create or replace function godwit.read_phone(p_body jsonb, p_field text)
returns text language plpgsql stable
as $$
declare
    v text := godwit.read_line(p_body, p_field, 3, 32);
begin
    if v is not null and godwit.phone(v) is null then
        perform godwit.invalid(p_field, format('"%s" is not a telephone number with its country '
            'code, such as +491701234567', p_field));
    end if;
    return godwit.phone(v);
end $$;

-- An identity as it is kept; null when it cannot be one.
create or replace function godwit.identity_value(p_kind text, p_text text)
returns text language sql immutable parallel safe
as $$ select case p_kind
        when 'email' then case when godwit.is_email(btrim(p_text)) then lower(btrim(p_text)) end
        when 'phone' then godwit.phone(p_text)
        -- as the provider tells it: the number without a plus
        when 'whatsapp' then ltrim(godwit.phone('+' || ltrim(btrim(p_text), '+')), '+')
        else case when length(p_text) between 1 and 200 and p_text !~ '[\x01-\x1f\x7f]'
                  then p_text end end $$;

-- The contact who has this, among its columns or besides them; null: nobody.
create or replace function godwit.contact_by(p_tenant int, p_kind text, p_value text)
returns bigint language plpgsql stable
as $$
declare
    v_id bigint;
begin
    if p_value is null then
        return null;
    end if;
    if p_kind = 'email' then
        v_id := auth.contact_by_email(p_tenant, p_value);
    elsif p_kind = 'external_id' then
        select c.id into v_id from godwit.contacts c
         where c.tenant_id = p_tenant and c.external_id = p_value;
    elsif p_kind = 'phone' then
        select c.id into v_id from godwit.contacts c
         where c.tenant_id = p_tenant and c.phone = p_value order by c.id limit 1;
    end if;
    return coalesce(v_id, (select i.contact_id from godwit.contact_identities i
         where i.tenant_id = p_tenant and i.kind = p_kind and i.value = p_value));
end $$;

-- The contact that this one is now.
create or replace function godwit.contact_now(p_tenant int, p_contact bigint)
returns bigint language plpgsql stable
as $$
begin
    return coalesce((select a.into_id from godwit.contact_alias a
         where a.tenant_id = p_tenant and a.contact_id = p_contact), p_contact);
end $$;

-- All ids under which there is something of a person: his, and those of the
-- contacts that went into him.
create or replace function godwit.person_ids(p_tenant int, p_contact bigint)
returns bigint[] language sql stable
as $$ select p_contact || array(select a.contact_id from godwit.contact_alias a
         where a.tenant_id = p_tenant and a.into_id = p_contact order by a.contact_id) $$;

-- The unique index of contacts in whose sense an identity of another is the
-- address or external id of this one; null: none is.
create or replace function godwit.identity_clash(p_tenant int, c godwit.contacts)
returns text language sql stable
as $$ select 'contacts_' || i.kind || '_key' from godwit.contact_identities i
       where i.tenant_id = p_tenant and i.contact_id is distinct from c.id
         and (i.kind = 'email' and i.value = lower(c.email)
              or i.kind = 'external_id' and i.value = c.external_id)
       order by i.kind limit 1 $$;

-- Both are one person from now on: p_from goes into p_into, both locked by the
-- caller; the id of the merge, which keeps what undoes it: {"contact": the row of
-- p_from, "lists": {ID: when}, "identities": [{kind, value}], "gained": of p_into {"was",
-- "now": its columns, "lists" and "identities" that it got, "left": lists}}.
-- p_into keeps what it has and gets what it lacks.
-- Whoever has said no has said it for both; leave is taken over with the address
-- that it was given for alone. A suppression of an address stays. Attributes are
-- taken over when there is room for all of them, tags as far as there is.
create or replace function godwit.contact_merge(p_tenant int, p_into bigint, p_from bigint,
    p_actor text, p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    a godwit.contacts;
    b godwit.contacts;
    v_was jsonb;
    v_keys text[];                      -- of a's attributes, and its tags, before
    v_tags text[];
    v_mail boolean;                     -- a's address is or becomes that of b
    v_call boolean;
    v_lists jsonb;
    v_new jsonb;
    v_left jsonb;                       -- lists that p_into had left before
    v_identities jsonb;
    v_made jsonb;
    v_id bigint;
begin
    select * into a from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_into;
    select * into b from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_from;
    v_was := to_jsonb(a);
    v_keys := array(select jsonb_object_keys(a.attributes));
    v_tags := a.tags;
    v_mail := b.email is not null and coalesce(lower(a.email) = lower(b.email), true);
    v_call := b.phone is not null and coalesce(a.phone = b.phone, true);

    -- lists, one by one: the key of members begins with the list
    with gone as (
        delete from godwit.list_members m using godwit.lists l
         where l.tenant_id = p_tenant and m.tenant_id = p_tenant and m.list_id = l.id
           and m.contact_id = p_from
        returning m.list_id, m.added_at
    ), new as (
        insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select p_tenant, list_id, p_into, added_at from gone
        on conflict do nothing
        returning list_id
    )
    select coalesce((select jsonb_object_agg(list_id, added_at) from gone), '{}'),
           coalesce((select jsonb_agg(list_id) from new), '[]')
      into v_lists, v_new;
    select coalesce(jsonb_agg(o.list_id), '[]') into v_left from godwit.subscriptions o
     where o.tenant_id = p_tenant and o.contact_id = p_into and not o.wanted;
    insert into godwit.subscriptions as s (tenant_id, list_id, contact_id, wanted, said_at,
        confirmed_at, asked_at, asked)
    select p_tenant, o.list_id, p_into, o.wanted, o.said_at,
           case when v_mail then o.confirmed_at end, o.asked_at, o.asked
      from godwit.subscriptions o where o.tenant_id = p_tenant and o.contact_id = p_from
     order by o.list_id
    on conflict (tenant_id, list_id, contact_id) do update
       set wanted = case when s.wanted is false or excluded.wanted is false then false
                         else coalesce(s.wanted, excluded.wanted) end,
           said_at = greatest(s.said_at, excluded.said_at),
           confirmed_at = coalesce(s.confirmed_at, excluded.confirmed_at),
           asked_at = greatest(s.asked_at, excluded.asked_at);
    insert into godwit.preferences as p (tenant_id, contact_id, paused_until, paused_at,
        every_days, every_at)
    select p_tenant, p_into, o.paused_until, o.paused_at, o.every_days, o.every_at
      from godwit.preferences o where o.tenant_id = p_tenant and o.contact_id = p_from
    on conflict (tenant_id, contact_id) do update
       set paused_until = greatest(p.paused_until, excluded.paused_until),
           paused_at = greatest(p.paused_at, excluded.paused_at),
           every_days = greatest(p.every_days, excluded.every_days),
           every_at = greatest(p.every_at, excluded.every_at);

    delete from godwit.contact_tags t
     where t.tenant_id = p_tenant and t.tag = any (b.tags) and t.contact_id = p_from;
    delete from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_from;
    a.email_at := case when a.email is null then b.email_at else a.email_at end;
    a.email := coalesce(a.email, b.email);
    a.phone := coalesce(a.phone, b.phone);
    a.external_id := coalesce(a.external_id, b.external_id);
    a.first_name := coalesce(a.first_name, b.first_name);
    a.last_name := coalesce(a.last_name, b.last_name);
    a.zone := coalesce(a.zone, b.zone);
    a.locale := coalesce(a.locale, b.locale);
    a.owner := coalesce(a.owner, b.owner);
    a.company_id := coalesce(a.company_id, b.company_id);
    if length((b.attributes || a.attributes)::text) <= 65536 then
        a.attributes := b.attributes || a.attributes;
    end if;
    a.tags := nullif(array(select t from (
        select t, min(n) from unnest(a.tags || b.tags) with ordinality u(t, n)
         group by t order by 2 limit 100) o order by t), '{}');
    a.tracking := a.tracking and b.tracking;
    if b.consent_email = 2 or (v_mail and a.consent_email = 0) then
        a.consent_email := b.consent_email;
        a.email_wished_at := greatest(a.email_wished_at, b.email_wished_at);
    end if;
    if b.consent_sms = 2 or (v_call and a.consent_sms = 0) then
        a.consent_sms := b.consent_sms;
    end if;
    if b.consent_whatsapp = 2 or (v_call and a.consent_whatsapp = 0) then
        a.consent_whatsapp := b.consent_whatsapp;
    end if;
    if b.consent_voice = 2 or (v_call and a.consent_voice = 0) then
        a.consent_voice := b.consent_voice;
    end if;
    update godwit.contacts c
       set email = a.email, email_at = a.email_at, phone = a.phone,
           external_id = a.external_id,
           first_name = a.first_name, last_name = a.last_name, zone = a.zone,
           locale = a.locale, owner = a.owner, company_id = a.company_id,
           attributes = a.attributes, tags = a.tags,
           tracking = a.tracking, consent_email = a.consent_email,
           email_wished_at = a.email_wished_at, consent_sms = a.consent_sms,
           consent_whatsapp = a.consent_whatsapp, consent_voice = a.consent_voice,
           updated_at = p_now
     where c.tenant_id = p_tenant and c.id = p_into returning * into a;
    perform godwit.tags_index(p_tenant, p_into, v_tags, a.tags);

    -- what it is found by
    with moved as (
        update godwit.contact_identities i set contact_id = p_into
         where i.tenant_id = p_tenant and i.contact_id = p_from
        returning i.kind, i.value
    )
    select coalesce(jsonb_agg(to_jsonb(moved)), '[]') into v_identities from moved;
    with made as (
        insert into godwit.contact_identities (tenant_id, kind, value, contact_id, created_at)
        select p_tenant, u.kind, u.value, p_into, p_now
          from (values ('email', lower(b.email), lower(a.email)),
                       ('phone', godwit.phone(b.phone), a.phone),
                       ('external_id', b.external_id, a.external_id)) u(kind, value, has)
         where u.value is not null and u.value is distinct from u.has
        on conflict do nothing
        returning kind, value
    )
    select coalesce(jsonb_agg(to_jsonb(made)), '[]') into v_made from made;
    update godwit.contact_alias l set into_id = p_into
     where l.tenant_id = p_tenant and l.into_id = p_from;
    insert into godwit.contact_alias (tenant_id, contact_id, into_id)
    values (p_tenant, p_from, p_into);
    insert into godwit.merges (tenant_id, into_id, contact_id, actor, at, kept)
    values (p_tenant, p_into, p_from, p_actor, p_now, jsonb_build_object(
        'contact', to_jsonb(b), 'lists', v_lists, 'identities', v_identities,
        -- of attributes and tags, which may be long, the new ones alone
        'gained', jsonb_build_object('was', v_was - '{attributes,tags}'::text[],
            'now', to_jsonb(a) || jsonb_build_object(
                'attributes', a.attributes - v_keys,
                'tags', to_jsonb(a.tags) - coalesce(v_tags, '{}')),
            'lists', v_new, 'left', v_left, 'identities', v_made)))
    returning id into v_id;
    perform godwit.changed(p_tenant, 'contact', p_into::text, p_now),
            godwit.changed(p_tenant, 'contact', p_from::text, p_now),
            godwit.emit(p_tenant, 'contact.updated', godwit.contact_json(a), p_now),
            godwit.emit(p_tenant, 'contact.deleted', jsonb_build_object('id',
                godwit.id_text('ct', p_from), 'external_id', b.external_id), p_now);
    return v_id;
end $$;

-- Undo a merge: the contact is there again, with what it had, and the other loses
-- what it got of it and nobody has changed since. Who has said no meanwhile has
-- said it for both. unique_violation, with the index of contacts, when what the
-- contact had is another's now.
create or replace function godwit.contact_unmerge(m godwit.merges, p_now timestamptz)
returns void language plpgsql
as $$
declare
    b godwit.contacts := jsonb_populate_record(null::godwit.contacts, m.kept->'contact');
    a godwit.contacts;
    v_was jsonb := m.kept#>'{gained,was}';
    v_now jsonb := m.kept#>'{gained,now}';
    v jsonb;
    v_tags text[];
    v_index text;
begin
    select * into a from godwit.contacts c
     where c.tenant_id = m.tenant_id and c.id = m.into_id for update;
    v := to_jsonb(a);
    v_tags := a.tags;
    -- column by column, attribute by attribute
    a := jsonb_populate_record(a, (select coalesce(jsonb_object_agg(w.key, w.value), '{}')
        from jsonb_each(v_was) w
       where w.key = any ('{email,email_at,phone,external_id,first_name,last_name,zone,locale,'
                          'owner,company_id,tracking}')
         and v->w.key is not distinct from v_now->w.key));
    a.attributes := (select coalesce(jsonb_object_agg(e.key, e.value), '{}')
        from jsonb_each(a.attributes) e
       where v_was->'attributes' ? e.key
          or e.value is distinct from v_now->'attributes'->e.key);
    a.tags := nullif(array(select t from unnest(a.tags) t
        where not (coalesce(nullif(v_now->'tags', 'null'), '[]') ? t)
           or coalesce(nullif(v_was->'tags', 'null'), '[]') ? t order by 1), '{}');
    -- a no that was said after the merge is his as well
    a.consent_email := godwit.unmerge_consent(m, 'email', a.consent_email);
    a.consent_sms := godwit.unmerge_consent(m, 'sms', a.consent_sms);
    a.consent_whatsapp := godwit.unmerge_consent(m, 'whatsapp', a.consent_whatsapp);
    a.consent_voice := godwit.unmerge_consent(m, 'voice', a.consent_voice);
    b.consent_email := case when a.consent_email = 2 and v_was->>'consent_email' <> '2'
                            then 2 else b.consent_email end;
    b.consent_sms := case when a.consent_sms = 2 and v_was->>'consent_sms' <> '2'
                          then 2 else b.consent_sms end;
    b.consent_whatsapp := case when a.consent_whatsapp = 2 and v_was->>'consent_whatsapp' <> '2'
                               then 2 else b.consent_whatsapp end;
    b.consent_voice := case when a.consent_voice = 2 and v_was->>'consent_voice' <> '2'
                            then 2 else b.consent_voice end;
    b.tracking := b.tracking and (a.tracking or not (v_was->>'tracking')::boolean);
    insert into godwit.subscriptions as s (tenant_id, list_id, contact_id, wanted, said_at)
    select m.tenant_id, o.list_id, m.contact_id, false, o.said_at from godwit.subscriptions o
     where o.tenant_id = m.tenant_id and o.contact_id = m.into_id and not o.wanted
       and not coalesce(m.kept#>'{gained,left}', '[]') @> to_jsonb(o.list_id)
     order by o.list_id
    on conflict (tenant_id, list_id, contact_id) do update
       set wanted = false, said_at = greatest(s.said_at, excluded.said_at);
    b.company_id := (select o.id from godwit.companies o
                      where o.tenant_id = m.tenant_id and o.id = b.company_id);
    b.updated_at := p_now;
    update godwit.contacts c
       set email = a.email, email_at = a.email_at, phone = a.phone,
           external_id = a.external_id,
           first_name = a.first_name, last_name = a.last_name, zone = a.zone,
           locale = a.locale, owner = a.owner, company_id = a.company_id, tracking = a.tracking,
           attributes = a.attributes, tags = a.tags, consent_email = a.consent_email,
           consent_sms = a.consent_sms, consent_whatsapp = a.consent_whatsapp,
           consent_voice = a.consent_voice, updated_at = p_now
     where c.tenant_id = m.tenant_id and c.id = m.into_id;
    perform godwit.tags_index(m.tenant_id, m.into_id, v_tags, a.tags);

    delete from godwit.contact_identities i
     using jsonb_to_recordset(m.kept#>'{gained,identities}') u(kind text, value text)
     where i.tenant_id = m.tenant_id and i.kind = u.kind and i.value = u.value
       and i.contact_id = m.into_id;
    update godwit.contact_identities i set contact_id = m.contact_id
      from jsonb_to_recordset(m.kept->'identities') u(kind text, value text)
     where i.tenant_id = m.tenant_id and i.kind = u.kind and i.value = u.value
       and i.contact_id = m.into_id;
    v_index := godwit.identity_clash(m.tenant_id, b);
    if v_index is not null then
        raise unique_violation using constraint = v_index;
    end if;
    insert into godwit.contacts overriding system value
    select (b).* where (b).tenant_id = m.tenant_id;
    perform godwit.tags_index(m.tenant_id, m.contact_id, null, b.tags);
    delete from godwit.list_members l
     using jsonb_array_elements_text(m.kept#>'{gained,lists}') u(id)
     where l.tenant_id = m.tenant_id and l.list_id = u.id::bigint and l.contact_id = m.into_id;
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select m.tenant_id, l.id, m.contact_id, u.value::timestamptz
      from jsonb_each_text(m.kept->'lists') u
      join godwit.lists l on l.tenant_id = m.tenant_id and l.id = u.key::bigint
    on conflict do nothing;

    delete from godwit.contact_alias l
     where l.tenant_id = m.tenant_id and l.contact_id = m.contact_id;
    with recursive had as (
        select o.contact_id from godwit.merges o
         where o.tenant_id = m.tenant_id and o.into_id = m.contact_id and o.undone_at is null
        union
        select o.contact_id from had
          join godwit.merges o on o.tenant_id = m.tenant_id and o.into_id = had.contact_id
           and o.undone_at is null
    )
    update godwit.contact_alias l set into_id = m.contact_id from had
     where l.tenant_id = m.tenant_id and l.contact_id = had.contact_id;
    update godwit.merges o set undone_at = p_now, kept = '{}'
     where o.tenant_id = m.tenant_id and o.id = m.id;
    perform godwit.changed(m.tenant_id, 'contact', m.into_id::text, p_now),
            godwit.changed(m.tenant_id, 'contact', m.contact_id::text, p_now),
            godwit.emit(m.tenant_id, 'contact.updated', godwit.contact_json(c), p_now)
       from godwit.contacts c where c.tenant_id = m.tenant_id and c.id = m.into_id;
    perform godwit.emit(m.tenant_id, 'contact.created', godwit.contact_json(c), p_now)
       from godwit.contacts c where c.tenant_id = m.tenant_id and c.id = m.contact_id;
end $$;

-- What the contact that stays allows on a channel after a merge is undone: as
-- before it, unless it has said something since.
create or replace function godwit.unmerge_consent(m godwit.merges, p_channel text,
    p_is smallint)
returns smallint language sql stable
as $$ select case when p_is = (m.kept#>>array['gained', 'now', 'consent_' || p_channel])::smallint
         and not exists (select from godwit.consents e
            where e.tenant_id = m.tenant_id and e.contact_id = m.into_id
              and e.channel = p_channel and e.noted_at > m.at)
    then (m.kept#>>array['gained', 'was', 'consent_' || p_channel])::smallint
    else p_is end $$;

-- How many identities a contact has at most, besides its own fields.
create or replace function godwit.identities_most()
returns int language sql immutable parallel safe
as $$ select 200 $$;

-- He has this from now on, whoever had it. A public key may bring any number: of
-- more than a contact may have of a kind the oldest go.
create or replace function godwit.identity_set(p_tenant int, p_contact bigint, p_kind text,
    p_value text, p_now timestamptz)
returns void language plpgsql
as $$
begin
    insert into godwit.contact_identities as i (tenant_id, kind, value, contact_id, created_at)
    values (p_tenant, p_kind, p_value, p_contact, p_now)
    on conflict (tenant_id, kind, value) do update
       set contact_id = excluded.contact_id, created_at = excluded.created_at
     where i.contact_id <> excluded.contact_id;
    delete from godwit.contact_identities i
     where i.tenant_id = p_tenant and i.kind = p_kind and i.value in (
        select o.value from godwit.contact_identities o
         where o.tenant_id = p_tenant and o.contact_id = p_contact and o.kind = p_kind
           and o.value <> p_value
         order by o.created_at desc, o.value offset godwit.identities_most() - 1);
end $$;

-- Of merge patches of attributes what the typed fields of a workspace take.
create or replace function godwit.fields_taken(p_tenant int, p_attributes jsonb)
returns jsonb language sql stable
as $$ select p_attributes - array(select f.key from godwit.fields f
         where f.tenant_id = p_tenant and p_attributes ? f.key and p_attributes->f.key <> 'null'
           and not godwit.field_fits(f.type, f.options, p_attributes->f.key)) $$;

-- What somebody's site or program says of him, {"first_name","last_name","zone","locale",
-- attributes...}, into his row; the names of what did not fit, or null. The caller
-- holds the fields.
create or replace function godwit.traits_take(c godwit.contacts, p_traits jsonb,
    p_now timestamptz)
returns text language plpgsql
as $$
declare
    v_own constant text[] := '{email,phone,external_id,first_name,last_name,zone,locale}';
    v_left text[] := '{}';
    v_more jsonb := p_traits - v_own;
    v_fits jsonb;
    t record;
    n godwit.contacts := c;
begin
    for t in select e.key, e.value#>>'{}' as v, jsonb_typeof(e.value) = 'string'
                    and length(e.value#>>'{}') between u.least and u.most
                    and e.value#>>'{}' !~ '[\x01-\x1f\x7f]'
                    and case e.key when 'zone' then godwit.is_zone(e.value#>>'{}')
                             when 'locale' then godwit.is_locale(e.value#>>'{}')
                             else true end as good
               from (values ('first_name', 0, 200), ('last_name', 0, 200), ('zone', 1, 64),
                            ('locale', 2, 35)) u(key, least, most)
               join jsonb_each(p_traits) e on e.key = u.key order by e.key
    loop
        if not t.good then
            v_left := v_left || t.key;
        else
            n := jsonb_populate_record(n, jsonb_build_object(t.key, t.v));
        end if;
    end loop;
    if v_more <> '{}' then
        v_fits := godwit.fields_taken(c.tenant_id, v_more);
        v_left := v_left || array(select k from jsonb_object_keys(v_more - array(
            select jsonb_object_keys(v_fits))) k order by 1);
        v_fits := godwit.merge_patch(c.attributes, v_fits);
        if length(v_fits::text) > 65536 then
            v_left := v_left || 'attributes'::text;
        else
            n.attributes := v_fits;
        end if;
    end if;
    if n is distinct from c then
        update godwit.contacts o
           set first_name = n.first_name, last_name = n.last_name, zone = n.zone,
               locale = n.locale, attributes = n.attributes, updated_at = p_now
         where o.tenant_id = c.tenant_id and o.id = c.id;
    end if;
    return nullif(array_to_string(v_left, ', '), '');
end $$;
