-- Erasure of one person, and what is kept for so many days.

-- What he is found by in texts: his addresses and numbers, those that he had
-- before too, as the audit knows them; without what is another's now. External
-- ids are any word that somebody chose, `email` as well: nothing is looked for
-- by them.
create or replace function godwit.person_words(p_tenant int, p_contact bigint)
returns text[] language sql stable
as $$
    with w as (
        select unnest(array[c.email, c.phone]) as word
          from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_contact
         union
        select i.value from godwit.contact_identities i
         where i.tenant_id = p_tenant and i.contact_id = p_contact
           and i.kind in ('email', 'phone', 'whatsapp')
         union
        select m.kept#>>array['contact', f] from godwit.merges m
         cross join unnest('{email,phone}'::text[]) f
         where m.tenant_id = p_tenant
           and m.contact_id = any (godwit.person_ids(p_tenant, p_contact))
         union
        select d->>f
          from godwit.audit a
          join godwit.audit_values v on v.tenant_id = p_tenant and v.audit_id = a.id
         cross join unnest(array[v.before, v.after]) d
         cross join unnest('{email,phone}'::text[]) f
         where a.tenant_id = p_tenant and a.object in (
               select godwit.id_text('ct', i) from unnest(godwit.person_ids(p_tenant, p_contact)) i)
    )
    select coalesce(array_agg(w.word), '{}') from w
     where (w.word like '%_@_%' or w.word ~ '^[+0-9 ()./-]{5,}$')
       and coalesce(auth.contact_by_email(p_tenant, w.word), p_contact) = p_contact
$$;

-- Does a text hold one of these words, as a whole? Those of less than five
-- characters are not looked for: they would be found everywhere.
-- worker/jobs/erase.c does the same in files.
create or replace function godwit.holds(p_text text, p_words text[])
returns boolean language sql immutable
as $$ select exists (select from unnest(p_words) w
       where length(w) >= 5 and position(lower(w) in lower(p_text)) > 0
         and p_text ~* ('(^|[^[:alnum:]._+-])' || regexp_replace(w, '([^[:alnum:]])', '\\\1', 'g')
                        || '($|[^[:alnum:]])')) $$;

-- The values of the audit that tell of a person; how many. Its rows stay, and
-- the chain with them: they hold a hash of the value under its salt.
create or replace function godwit.audit_erase(p_tenant int, p_object text, p_words text[])
returns bigint language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_n bigint;
begin
    perform set_config('app.tenant', p_tenant::text, true);
    delete from godwit.audit_values v using godwit.audit a
     where v.tenant_id = p_tenant and a.tenant_id = p_tenant and a.id = v.audit_id
       and (a.object = p_object
            -- what was done to users, roles and keys is not about a contact
            or a.object !~ '^(user|inv|role|key|sso|ses|wh|ws)_'
           and (godwit.holds(v.before::text, p_words) or godwit.holds(v.after::text, p_words)));
    get diagnostics v_n = row_count;
    return v_n;
end $$;

-- Up to p_limit values of the audit that are older; how many.
create or replace function godwit.audit_expire(p_tenant int, p_before timestamptz, p_limit int)
returns bigint language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_n bigint;
begin
    perform set_config('app.tenant', p_tenant::text, true);
    delete from godwit.audit_values v
     where v.tenant_id = p_tenant and v.audit_id in (
        select a.id from godwit.audit a
          join godwit.audit_values o on o.tenant_id = p_tenant and o.audit_id = a.id
         where a.tenant_id = p_tenant and a.at < p_before and a.seq is not null
         order by a.at limit p_limit);
    get diagnostics v_n = row_count;
    return v_n;
end $$;

-- No mail for these addresses, whoever brings them again: keyed hashes are left.
create or replace function godwit.suppress_erased(p_tenant int, p_contact bigint,
    p_words text[], p_now timestamptz)
returns void language sql
as $$
    with hidden as (
        update godwit.suppressions s set address = null, contact_id = null
         where s.tenant_id = p_tenant
           and (s.contact_id = any (godwit.person_ids(p_tenant, p_contact))
                or s.phone and s.address_hash in (
                   select godwit.address_hash(p_tenant, w) from unnest(p_words) w))
    ), made as (
        insert into godwit.suppressions as s (tenant_id, address_hash, reason, created_at)
        select p_tenant, godwit.address_hash(p_tenant, w), 'erasure', p_now
          from unnest(p_words) w where w like '%@%'
         group by 2
        on conflict (tenant_id, address_hash) do update
           set address = null, contact_id = null, reason = 'erasure'
        returning s.address_hash
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select p_tenant, 'suppression', encode(address_hash, 'hex'), p_now from made
$$;

-- Erase a person from all tables, all in one transaction; p_files of his files
-- are gone already. How many rows of each were changed, with those of an erasure
-- before. What is counted stays, under an id that names nobody any more.
create or replace function godwit.contact_erase(p_tenant int, p_contact bigint,
    p_files bigint, p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    v_id text := godwit.id_text('ct', p_contact);
    v_ids bigint[];
    v_words text[];
    v_names text[];
    v_emails text[];
    v_talks bigint[];       -- an index is of no use to an OR with a subselect
    v_companies bigint[];
    v_tokens bytea[];       -- tenant and id as a token has them
    v_counts jsonb := jsonb_build_object('files', p_files);
    v_n bigint;
begin
    -- held first: no visitor goes into him any more
    perform from godwit.contacts c
      where c.tenant_id = p_tenant and c.id = p_contact for update;
    v_ids := godwit.person_ids(p_tenant, p_contact);
    v_words := godwit.person_words(p_tenant, p_contact);
    v_names := array(select godwit.id_text('ct', i) from unnest(v_ids) i);
    v_emails := array(select lower(w) from unnest(v_words) w where w like '%@%');
    v_talks := array(select c.id from godwit.conversations c
        where c.tenant_id = p_tenant and c.contact_id = any (v_ids));
    v_tokens := array(select string_agg(substr(b, i, 1), '' order by n, i desc)
        from unnest(v_ids) p, unnest(array[int4send(p_tenant), int8send(p)])
             with ordinality u(b, n), generate_series(1, length(b)) i
       group by p);
    delete from godwit.list_members m using godwit.lists l
     where l.tenant_id = p_tenant and m.tenant_id = p_tenant and m.list_id = l.id
       and m.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('list_members', v_n);
    delete from godwit.contact_tags t using godwit.contacts c
     where c.tenant_id = p_tenant and c.id = p_contact and t.tenant_id = p_tenant
       and t.tag = any (c.tags) and t.contact_id = p_contact;
    delete from godwit.notes n where n.tenant_id = p_tenant and n.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('notes', v_n);
    delete from godwit.contacts c where c.tenant_id = p_tenant and c.id = p_contact;
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('contacts', v_n);
    perform godwit.contacts_changed(p_tenant, v_ids, p_now);         -- he is in no segment
    delete from godwit.consents c where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('consents', v_n, 'preferences',
        (select sum(godwit.preferences_drop(p_tenant, i)) from unnest(v_ids) i));
    delete from godwit.contact_identities i
     where i.tenant_id = p_tenant and i.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('identities', v_n);
    delete from godwit.merges m where m.tenant_id = p_tenant and m.into_id = any (v_ids);
    delete from godwit.merges m where m.tenant_id = p_tenant and m.contact_id = any (v_ids);

    -- a server's reply may name him
    update godwit.sends s set reply = null, reason = null from godwit.campaigns g
     where g.tenant_id = p_tenant and s.tenant_id = p_tenant and s.campaign_id = g.id
       and s.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('sends', v_n);
    update godwit.send_attempts s set reply = null from godwit.campaigns g
     where g.tenant_id = p_tenant and s.tenant_id = p_tenant and s.campaign_id = g.id
       and s.contact_id = any (v_ids);

    update godwit.bounces b set reason = null, contact_id = null, message_id = null
     where b.tenant_id = p_tenant
       and (b.contact_id = any (v_ids) or b.address_hash in (
            select godwit.address_hash(p_tenant, e) from unnest(v_emails) e));
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('bounces', v_n);

    delete from godwit.mail_queue q using godwit.messages m
     where q.qshard = 0 and q.tenant_id = p_tenant and q.campaign_id <= 0
       and m.tenant_id = p_tenant and m.id = q.contact_id
       and (lower(m.to_address) = any (v_emails) or m.contact_id = any (v_ids));
    -- what he wrote too, and to others' mail; cron removes what came beside it
    with gone as (
        delete from godwit.messages m
         where m.tenant_id = p_tenant
           and (lower(m.to_address) = any (v_emails) or m.contact_id = any (v_ids)
                or m.conversation_id is not null and lower(m.from_address) = any (v_emails)
                or m.conversation_id = any (v_talks))
        returning m.attachments
    ), files as (
        update godwit.files f set expires_at = p_now
          from gone g, jsonb_array_elements(g.attachments) j
         where f.tenant_id = p_tenant and f.id = (j->>'file')::bigint and f.state = 'ready'
    )
    select count(*) into v_n from gone;
    v_counts := v_counts || jsonb_build_object('messages', v_n);
    delete from godwit.conversations c
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('conversations', v_n);

    update godwit.events e set ip = null, user_agent = null, referer = null
     where e.tenant_id = p_tenant and e.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('events', v_n);
    -- what was earned stays, of nobody; a name or key may be anything
    update godwit.conversions c set contact_id = null, name = 'erased', key = null
     where c.tenant_id = p_tenant and c.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('conversions', v_n);
    -- what sites have told of him may hold anything
    delete from godwit.tracked t where t.tenant_id = p_tenant and t.contact_id = any (v_ids);
    get diagnostics v_n = row_count;
    v_counts := v_counts || jsonb_build_object('tracked', v_n);
    delete from godwit.event_rejects r
     where exists (select from unnest(v_tokens) k where position(k in r.record) > 0)
        or exists (select from unnest(v_words) w where length(w) >= 5
                     and position(lower(encode(convert_to(w, 'UTF8'), 'escape'))
                                  in lower(encode(r.record, 'escape'))) > 0);

    delete from godwit.idempotency i where i.tenant_id = p_tenant
       and (godwit.holds(i.body::text, v_words || array(
            select '"' || n || '"' from unnest(v_names) n)));
    -- what webhooks were told of him, and what they answered
    with gone as (
        delete from godwit.webhook_deliveries d
         where d.qshard = 0 and d.tenant_id = p_tenant
           and (d.data->>'id' = any (v_names) or d.data->>'contact_id' = any (v_names)
                or godwit.holds(d.data::text, v_words))
           -- what this tells below, should it be done again
           and not (d.type = 'contact.deleted' and d.data->>'external_id' is null)
        returning d.id
    ), attempts as (
        delete from godwit.webhook_attempts a using gone g
         where a.qshard = 0 and a.tenant_id = p_tenant and a.delivery_id = g.id
    )
    select count(*) into v_n from gone;
    v_counts := v_counts || jsonb_build_object('webhook_deliveries', v_n);
    v_companies := array(select o.id from godwit.companies o
        where o.tenant_id = p_tenant and godwit.holds(o.attributes::text, v_words));
    update godwit.companies o set attributes = o.attributes - array(
            select e.key from jsonb_each(o.attributes) e
             where godwit.holds(e.key, v_words) or godwit.holds(e.value::text, v_words))
     where o.tenant_id = p_tenant and o.id = any (v_companies);
    perform godwit.company_changed(p_tenant, i, p_now) from unnest(v_companies) i;
    update godwit.views v set filter = '{}'
     where v.tenant_id = p_tenant and godwit.holds(v.filter::text, v_words);
    perform godwit.asked_forget(p_tenant, v_words, p_now);
    update godwit.imports i set error = null, source = 'erased'
     where i.tenant_id = p_tenant
       and (godwit.holds(i.error, v_words) or godwit.holds(i.source, v_words));
    v_counts := v_counts || jsonb_build_object('audit_values',
        (select sum(godwit.audit_erase(p_tenant, n, v_words)) from unnest(v_names) n));

    if (v_counts->>'contacts')::bigint > 0 then
        perform godwit.emit(p_tenant, 'contact.deleted',
            jsonb_build_object('id', v_id, 'external_id', null), p_now);
    end if;
    perform godwit.suppress_erased(p_tenant, p_contact, v_words, p_now);
    delete from godwit.contact_alias l where l.tenant_id = p_tenant and l.into_id = p_contact;
    insert into godwit.erasures as x (tenant_id, contact_id, at, counts)
    select p_tenant, i, p_now, case i when p_contact then v_counts else '{}' end
      from unnest(v_ids) i
    on conflict (tenant_id, contact_id) do update set at = p_now, counts = (
        select coalesce(jsonb_object_agg(key, value::bigint
                   + coalesce((x.counts->>key)::bigint, 0)), '{}')
          from jsonb_each_text(excluded.counts));
    select x.counts into v_counts from godwit.erasures x
     where x.tenant_id = p_tenant and x.contact_id = p_contact;
    -- the caches begin a new generation
    insert into godwit.change_log (tenant_id, kind, key, at)
    select p_tenant, 'erasure', n, p_now from unnest(v_names) n;
    return v_counts;
end $$;

-- What is older than a workspace keeps it, 50,000 rows of each at a time; those
-- of which nothing is left are looked at again in an hour.
create or replace function godwit.retention_apply(p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    c_limit constant int := 50000;
    r godwit.retention;
    v_n bigint;
    v_most bigint;
    v_all bigint := 0;
begin
    for r in select * from godwit.retention t
              where t.applied_at is null or t.applied_at < p_now - interval '1 hour'
              order by t.tenant_id
    loop
        delete from godwit.events e
         where e.tenant_id = r.tenant_id and (e.tableoid, e.ctid) in (
            select o.tableoid, o.ctid from godwit.events o
             where o.tenant_id = r.tenant_id and o.at < p_now - make_interval(days => r.events)
             limit c_limit);
        get diagnostics v_n = row_count;
        v_most := v_n;
        v_all := v_all + v_n;
        delete from godwit.tracked e
         where e.tenant_id = r.tenant_id and (e.tableoid, e.ctid) in (
            select o.tableoid, o.ctid from godwit.tracked o
             where o.tenant_id = r.tenant_id and o.at < p_now - make_interval(days => r.events)
             limit c_limit);
        get diagnostics v_n = row_count;
        v_most := greatest(v_most, v_n);
        v_all := v_all + v_n;
        v_n := godwit.audit_expire(r.tenant_id,
            p_now - make_interval(days => r.audit_values), c_limit);
        v_most := greatest(v_most, v_n);
        v_all := v_all + v_n;
        -- what they said of consent is kept by itself
        delete from godwit.preference_notes n
         where n.tenant_id = r.tenant_id and (n.contact_id, n.id) in (
            select o.contact_id, o.id from godwit.preference_notes o
             where o.tenant_id = r.tenant_id
               and o.noted_at < p_now - make_interval(days => r.audit_values)
             order by o.noted_at limit c_limit);
        get diagnostics v_n = row_count;
        v_most := greatest(v_most, v_n);
        v_all := v_all + v_n;

        -- the host that has them removes them
        update godwit.files f set expires_at = p_now
         where f.tenant_id = r.tenant_id and f.state = 'ready'
           and f.created_at < p_now - make_interval(days => r.files)
           and coalesce(f.expires_at > p_now, true)
           and not exists (select from godwit.imports i where i.tenant_id = r.tenant_id
                              and i.file_id = f.id and i.state in ('queued', 'running'));
        update godwit.imports i set reject_file = null, reject_bytes = 0
         where i.tenant_id = r.tenant_id and i.reject_file is not null
           and i.finished_at < p_now - make_interval(days => r.files);

        if v_most < c_limit then
            update godwit.retention t set applied_at = p_now where t.tenant_id = r.tenant_id;
        end if;
    end loop;
    return v_all;
end $$;

revoke execute on function godwit.audit_erase(int, text, text[]),
    godwit.audit_expire(int, timestamptz, int),
    godwit.contact_erase(int, bigint, bigint, timestamptz),
    godwit.retention_apply(timestamptz) from gw_api, gw_search;
