-- Whom events are about: found, made, joined, many at a time.

-- Is nothing known of a contact but anonymous ids?
create or replace function godwit.is_anonymous(c godwit.contacts)
returns boolean language sql stable
as $$ select c.email is null and c.phone is null and c.external_id is null
         and not exists (select from godwit.contact_identities i
              where i.tenant_id = c.tenant_id and i.contact_id = c.id
                and i.kind <> 'anonymous_id') $$;

-- The contact locked, or none.
create or replace function godwit.contact_hold(p_tenant int, p_contact bigint)
returns godwit.contacts language sql
as $$ select c from godwit.contacts c
       where c.tenant_id = p_tenant and c.id = p_contact for no key update $$;

-- Address, number and external id of a row into a contact, as far as they are
-- nobody else's; what is left out and why, or null.
create or replace function godwit.resolve_names(c godwit.contacts, r jsonb, p_now timestamptz)
returns text language plpgsql
as $$
declare
    v_left text[] := '{}';
    n godwit.contacts := c;
begin
    if r ? 'email' and lower(r->>'email') is distinct from lower(c.email) then
        if coalesce(godwit.contact_by(c.tenant_id, 'email', lower(r->>'email')), c.id) = c.id then
            n.email := r->>'email';
        else
            v_left := v_left || 'email is another contact''s'::text;
        end if;
    end if;
    if r ? 'external_id' and c.external_id is null then
        if coalesce(godwit.contact_by(c.tenant_id, 'external_id', r->>'external_id'), c.id) = c.id
        then
            n.external_id := r->>'external_id';
        else
            v_left := v_left || 'external_id is another contact''s'::text;
        end if;
    end if;
    n.phone := coalesce(r->>'phone', c.phone);
    if n is distinct from c then
        update godwit.contacts o
           set email = n.email, external_id = n.external_id, phone = n.phone, updated_at = p_now,
               email_at = case when lower(n.email) is distinct from lower(c.email)
                               then p_now else c.email_at end
         where o.tenant_id = c.tenant_id and o.id = c.id;
        -- what is its own is not one of the others any more
        delete from godwit.contact_identities i
         where i.tenant_id = c.tenant_id and i.contact_id = c.id
           and (i.kind = 'email' and i.value = lower(n.email)
                or i.kind = 'external_id' and i.value = n.external_id);
        if lower(n.email) is distinct from lower(c.email) then
            -- what was confirmed at one address says nothing of another
            update godwit.subscriptions s set confirmed_at = null
             where s.tenant_id = c.tenant_id and s.contact_id = c.id
               and s.confirmed_at is not null;
        end if;
    end if;
    return nullif(array_to_string(v_left, ', '), '');
end $$;

-- Two things that are wrong, each may be null, in one text.
create or replace function godwit.both_said(p_one text, p_two text)
returns text language sql immutable parallel safe
as $$ select nullif(concat_ws('; ', p_one, p_two), '') $$;

-- The contact who has one of the identities of a row; null: nobody.
create or replace function godwit.resolve_known(r jsonb)
returns bigint language plpgsql stable
as $$
declare
    v_tenant int := r->>'tenant';
begin
    return coalesce(godwit.contact_by(v_tenant, 'external_id', r->>'external_id'),
                    godwit.contact_by(v_tenant, 'email', lower(r->>'email')),
                    godwit.contact_by(v_tenant, 'anonymous_id', r->>'anonymous_id'));
end $$;

-- One row of contacts_resolve; email, phone and external id are those to go by.
create or replace function godwit.resolve_one(p_tenant int, r jsonb, p_now timestamptz,
    out contact_id bigint, out problem text)
language plpgsql
as $$
declare
    v_anonymous text := r->>'anonymous_id';
    v_named boolean := r ?| '{external_id,email}';
    v_own bigint := godwit.contact_by(p_tenant, 'anonymous_id', v_anonymous);
    v_bare boolean;                     -- nothing else is known of v_own
    v_new boolean := false;             -- nobody, or a visitor, until now
    v_made boolean := false;
    c godwit.contacts;
    v_was godwit.contacts;
begin
    for v_try in 1 .. 2 loop            -- once more: another merge took him away meanwhile
        contact_id := coalesce((select o.id from godwit.contacts o where o.tenant_id = p_tenant
                and o.id = godwit.contact_now(p_tenant, (r->>'contact_id')::bigint)),
            godwit.contact_by(p_tenant, 'external_id', r->>'external_id'),
            godwit.contact_by(p_tenant, 'email', lower(r->>'email')));
        c := godwit.contact_hold(p_tenant, contact_id);
        exit when c.id is not distinct from contact_id;
    end loop;
    if c.external_id <> r->>'external_id' and godwit.contact_by(p_tenant, 'external_id',
        r->>'external_id') is null
    then
        -- the address of somebody whom another id is known for
        c := null;
        problem := 'email is another contact''s';
        r := r - 'email';
    end if;
    contact_id := c.id;
    v_bare := v_own is not null and v_own is distinct from contact_id
          and godwit.is_anonymous(godwit.contact_hold(p_tenant, v_own));
    if contact_id is null and v_own is not null and (v_bare or not v_named) then
        c := godwit.contact_hold(p_tenant, v_own);
        contact_id := v_own;
        v_new := v_bare;
    elsif contact_id is null and not coalesce((r->>'create')::boolean, true) then
        problem := null;
        return;
    elsif contact_id is null then
        perform godwit.quota_contacts_lock(p_tenant, 1, p_now);
        insert into godwit.contacts (tenant_id, email, phone, external_id, attributes, created_at,
            updated_at)
        values (p_tenant, r->>'email', r->>'phone', r->>'external_id', '{}', p_now, p_now)
        returning * into c;
        perform godwit.quota_contacts(p_tenant, 1, p_now);
        contact_id := c.id;
        v_new := true;
        v_made := true;
    elsif v_bare then
        perform godwit.contact_merge(p_tenant, contact_id, v_own, 'track', p_now);
        c := godwit.contact_hold(p_tenant, contact_id);
    end if;
    v_was := c;
    if v_anonymous is not null and v_own is distinct from contact_id then
        perform godwit.identity_set(p_tenant, contact_id, 'anonymous_id', v_anonymous, p_now);
    end if;
    if r ?| '{email,phone,external_id}' and (v_new or not coalesce((r->>'public')::boolean, false))
    then
        problem := godwit.both_said(problem, godwit.resolve_names(c, r, p_now));
    elsif lower(r->>'email') <> lower(c.email) or c.email is null and r ? 'email' then
        problem := godwit.both_said(problem, 'email stays');
    end if;
    problem := godwit.both_said(problem, godwit.traits_take(
        godwit.contact_hold(p_tenant, contact_id), r->'traits', p_now));
    c := godwit.contact_hold(p_tenant, contact_id);
    if v_new or c is distinct from v_was then
        perform godwit.changed(p_tenant, 'contact', contact_id::text, p_now),
                godwit.emit(p_tenant, case when v_made then 'contact.created'
                    else 'contact.updated' end, godwit.contact_json(c), p_now);
    end if;
end $$;

-- The contacts of many rows, in their order: [{"n","tenant","contact_id"?,"external_id"?,
-- "email"?,"phone"?,"anonymous_id"?,"traits"?,"create"?,"public"?}]. It is found by contact id,
-- else external id, e-mail, anonymous id, in this order, and made when nobody is
-- found, unless "create" is false. What a row says besides is his from then on: an
-- anonymous visitor becomes the person whom the row names, by a merge if that one is
-- there; an anonymous id of another person moves over. "public": who sends it is not
-- trusted: address, number and external id of who was there before stay. Consent
-- is never touched. contact_id null: nobody, `quota` when there is no room for more.
-- A row twice changes nothing.
create or replace function godwit.contacts_resolve(p_rows jsonb, p_now timestamptz)
returns table (n int, contact_id bigint, problem text) language plpgsql
as $$
declare
    t record;
    v_rows jsonb[] := '{}';
    v_settled bigint[] := '{}';         -- by place, null: is to be looked at
    v_moved boolean := false;           -- a row before may have changed who is who
    v_place int;
    r jsonb;
begin
    -- before any contact, as who changes a field does
    perform godwit.fields_hold(w.tenant) from (
        select distinct (u.r->>'tenant')::int as tenant from jsonb_array_elements(p_rows) u(r)
         where u.r ? 'traits' order by 1) w;
    for t in
        select u.r, godwit.contact_by(w.tenant, 'external_id', u.r->>'external_id') as x,
               godwit.contact_by(w.tenant, 'email', lower(u.r->>'email')) as e,
               godwit.contact_by(w.tenant, 'anonymous_id', u.r->>'anonymous_id') as a
          from jsonb_array_elements(p_rows) with ordinality u(r, o)
         cross join lateral (select (u.r->>'tenant')::int as tenant) w
         order by u.o
    loop
        v_rows := v_rows || t.r;
        v_settled := v_settled || case when coalesce(t.r->'traits', '{}') = '{}'
             and not t.r ?| '{contact_id,phone}'
             and (t.x is not null) = (t.r ? 'external_id') and (t.e is not null) = (t.r ? 'email')
             and (t.a is not null) = (t.r ? 'anonymous_id')
             and coalesce(t.x = t.e, true) and coalesce(t.x = t.a, true)
             and coalesce(t.e = t.a, true)
            then coalesce(t.x, t.e, t.a) end;
    end loop;
    for v_place in 1 .. cardinality(v_rows) loop
        r := v_rows[v_place];
        n := r->>'n';
        contact_id := v_settled[v_place];
        problem := null;
        if contact_id is not null and v_moved then
            contact_id := case when r ? 'external_id' and r ?| '{email,anonymous_id}'
                                 or r ?& '{email,anonymous_id}' then null
                               else godwit.resolve_known(r) end;
        end if;
        -- nobody knows most visitors
        if contact_id is null and (r->'create' is distinct from 'false' or r ? 'contact_id'
                                   or godwit.resolve_known(r) is not null)
        then
            select s.contact_id, s.problem into contact_id, problem
              from godwit.resolve_safely(r, p_now) s;
            v_moved := true;
        end if;
        return next;
    end loop;
end $$;

-- The same for one row, read as it came: nothing of it is done when there is no
-- room for him, and it is done again when somebody else makes him meanwhile.
create or replace function godwit.resolve_safely(p_row jsonb, p_now timestamptz,
    out contact_id bigint, out problem text)
language plpgsql
as $$
declare
    v_traits jsonb := case jsonb_typeof(p_row->'traits') when 'object' then p_row->'traits'
                           else '{}' end;
    v_email text := coalesce(p_row->>'email', v_traits->>'email');
    r jsonb := jsonb_strip_nulls(p_row - array['email', 'phone', 'traits'] || jsonb_build_object(
        'email', case when godwit.is_email(v_email) then v_email end,
        'phone', godwit.phone(coalesce(p_row->>'phone', v_traits->>'phone'))))
        || jsonb_build_object('traits', v_traits);
    v_try int;
begin
    for v_try in 1 .. 3 loop
        begin
            select o.contact_id, o.problem into contact_id, problem
              from godwit.resolve_one((r->>'tenant')::int, r, p_now) o;
            return;
        exception
            when unique_violation then
                null;
            when sqlstate 'GW007' then
                contact_id := null;
                problem := 'quota';
                return;
        end;
    end loop;
    problem := 'busy';
end $$;

revoke execute on function godwit.contacts_resolve(jsonb, timestamptz),
    godwit.resolve_safely(jsonb, timestamptz), godwit.resolve_one(int, jsonb, timestamptz)
    from gw_api, gw_search;
