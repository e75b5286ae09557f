-- Privacy: all that is known of a person, and its end.

-- Is there, or was there, such a contact? GW002. Of one who went into another: that.
create or replace function godwit.person_find(p_body jsonb)
returns bigint language plpgsql stable
as $$
declare
    v_id bigint := godwit.contact_now(auth.tenant(), godwit.read_id(p_body, 'id', 'ct'));
begin
    if not exists (select from godwit.contacts where tenant_id = auth.tenant() and id = v_id)
        and not exists (select from godwit.audit
             where tenant_id = auth.tenant() and object = godwit.id_text('ct', v_id))
    then
        perform godwit.contact_missing(p_body);
    end if;
    return v_id;
end $$;

-- All that is known of a person, table by table.
create or replace function api.contacts_export(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t constant int := auth.tenant();
    v_id bigint;
    v_ids bigint[];
    v_emails text[];
    v_talks bigint[];       -- an index is of no use to an OR with a subselect
    v_noun text;
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    foreach v_noun in array
        '{conversations,events,lists,messages,sends,suppressions}'::text[]
    loop
        if not auth.can(v_noun || ':read') then
            raise exception 'the caller does not have the scope %:read', v_noun
                using errcode = 'GW004', column = 'id';
        end if;
    end loop;
    v_id := godwit.person_find(p_body);
    v_ids := godwit.person_ids(t, v_id);
    v_emails := array(select lower(w) from unnest(godwit.person_words(t, v_id)) w
                       where w like '%@%');
    v_talks := array(select n.id from godwit.conversations n
                      where n.tenant_id = t and n.contact_id = any (v_ids));
    return jsonb_build_object('as_of', auth.now(),
        'lists', (select coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('lst', l.id),
                'name', l.name, 'added_at', m.added_at) order by l.id), '[]')
            from godwit.lists l join godwit.list_members m on m.tenant_id = t
             and m.list_id = l.id and m.contact_id = v_id where l.tenant_id = t),
        'consents', (select coalesce(jsonb_agg(jsonb_build_object('channel', e.channel,
                'consent', (array['unknown', 'granted', 'revoked'])[e.consent + 1], 'at', e.at,
                'source', e.source, 'object', e.object, 'address', e.address, 'text', e.text,
                'noted_at', e.noted_at) order by e.id), '[]')
            from godwit.consents e where e.tenant_id = t and e.contact_id = any (v_ids)),
        'preferences', godwit.preferences_json(t, v_id),
        'notes', (select coalesce(jsonb_agg(godwit.note_json(n) order by n.id), '[]')
            from godwit.notes n where n.tenant_id = t and n.contact_id = any (v_ids)),
        'identities', godwit.identities_json(t, v_id),
        'merges', (select coalesce(jsonb_agg(godwit.merge_json(m)
                || jsonb_build_object('contact', m.kept->'contact') order by m.id), '[]')
            from godwit.merges m where m.tenant_id = t and m.into_id = any (v_ids)),
        'suppressions', (select coalesce(jsonb_agg(godwit.suppression_json(s) order by s.id), '[]')
            from godwit.suppressions s where s.tenant_id = t
             and (s.contact_id = any (v_ids) or s.address_hash in (
                  select godwit.address_hash(t, w) from unnest(godwit.person_words(t, v_id)) w
                   where s.phone or w like '%@%'))),
        'sends', (select coalesce(jsonb_agg(godwit.send_json(s, c.email, g)
                order by s.campaign_id), '[]')
            from godwit.campaigns g
            join godwit.sends s on s.tenant_id = t and s.campaign_id = g.id
             and s.contact_id = any (v_ids)
            left join godwit.contacts c on c.tenant_id = t and c.id = v_id
           where g.tenant_id = t),
        'attempts', (select coalesce(jsonb_agg(jsonb_build_object('campaign_id',
                godwit.id_text('cmp', a.campaign_id), 'attempt', a.attempt, 'at', a.at,
                'code', a.code, 'reply', a.reply) order by a.campaign_id, a.attempt), '[]')
            from godwit.campaigns g
            join godwit.send_attempts a on a.tenant_id = t and a.campaign_id = g.id
             and a.contact_id = any (v_ids) where g.tenant_id = t),
        'messages', (select coalesce(jsonb_agg(m.doc order by m.id), '[]') from (
            select x.id, jsonb_build_object('id', godwit.id_text('msg', x.id), 'kind', x.kind,
                   'email', x.to_address, 'from', x.from_address, 'subject', x.subject,
                   'state', godwit.state_name(x.state), 'reason', x.reason,
                   'attempts', x.attempts, 'code', x.code, 'reply', x.reply,
                   'tls', godwit.tls(x.tls), 'created_at', x.created_at, 'at', x.at, 'test', x.test,
                   'conversation_id', godwit.id_text('cnv', x.conversation_id), 'seq', x.seq,
                   'campaign_id', godwit.id_text('cmp', x.campaign_id), 'contact_id',
                   godwit.id_text('ct', x.contact_id), 'text', x.body,
                   'text_cut', x.body_cut, 'attachments',
                   godwit.attachments_json(x.attachments)) as doc
              from godwit.messages x
             where x.tenant_id = t
               and (lower(x.to_address) = any (v_emails) or x.contact_id = any (v_ids)
                    or x.conversation_id is not null and lower(x.from_address) = any (v_emails)
                    or x.conversation_id = any (v_talks))) m),
        'conversations', (select coalesce(jsonb_agg(godwit.conversation_json(n, c.email)
                order by n.id), '[]')
            from godwit.conversations n
            left join godwit.contacts c on c.tenant_id = t and c.id = n.contact_id
           where n.tenant_id = t and n.contact_id = any (v_ids)),
        'events', (select coalesce(jsonb_agg(godwit.event_json(e, l.url) order by e.at, e.id), '[]')
            from godwit.events e left join godwit.links l on l.tenant_id = t
             and l.campaign_id = e.campaign_id and l.index = e.link and e.kind = 2
           where e.tenant_id = t and e.contact_id = any (v_ids)),
        'tracked', (select coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'name', e.name,
                'properties', e.properties, 'url', e.url, 'address', host(e.ip),
                'user_agent', e.user_agent, 'anonymous_id', e.anonymous_id,
                'source_id', godwit.id_text('src', e.source_id)) order by e.at, e.id), '[]')
            from godwit.tracked e where e.tenant_id = t and e.contact_id = any (v_ids)),
        'conversions', (select coalesce(jsonb_agg(godwit.conversion_json(o) order by o.id), '[]')
            from godwit.conversions o where o.tenant_id = t and o.contact_id = any (v_ids)),
        'engagement', (select coalesce(jsonb_agg(jsonb_build_object('campaign_id',
                godwit.id_text('cmp', e.campaign_id), 'opened_at', e.opened_at,
                'clicked_at', e.clicked_at, 'unsubscribed_at', e.unsubscribed_at)
                order by e.campaign_id), '[]')
            from godwit.campaigns g
            join godwit.engagement e on e.tenant_id = t and e.campaign_id = g.id
             and e.contact_id = any (v_ids) where g.tenant_id = t),
        'audit', (select coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('aud', a.id),
                'at', a.at, 'operation', a.operation, 'before', v.before, 'after', v.after)
                order by a.at, a.id), '[]')
            from godwit.audit a left join godwit.audit_values v on v.tenant_id = t
             and v.audit_id = a.id
           where a.tenant_id = t and a.object in (
                 select godwit.id_text('ct', i) from unnest(v_ids) i)),
        'erased_at', (select x.at from godwit.erasures x
                       where x.tenant_id = t and x.contact_id = v_id))
        || coalesce((select jsonb_build_object('contact', godwit.contact_json(c))
            from godwit.contacts c where c.tenant_id = t and c.id = v_id), '{}');
end $$;

-- The role jobs erases him; from now on he gets no mail.
create or replace function api.contacts_erase(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id']);
    perform godwit.fields_hold(auth.tenant());      -- no merge is under way, nor begins
    v_id := godwit.person_find(p_body);
    perform godwit.suppress_erased(auth.tenant(), v_id,
        godwit.person_words(auth.tenant(), v_id), auth.now());
    o := godwit.operation_start('contacts_erase', godwit.id_text('ct', v_id),
        jsonb_build_object('contact', v_id), null);
    perform godwit.audit('contacts_erase', godwit.id_text('ct', v_id), null, null);
    return jsonb_build_object('contact_id', o.object, 'operation', godwit.id_text('op', o.id));
end $$;
