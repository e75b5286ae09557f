-- The timeline: all that ever happened to a contact and by it, newest first.

-- Those kinds of it that the caller may read.
create or replace function godwit.timeline_kinds()
returns text[] language sql stable
as $$ select array_agg(k order by k) from (values ('audit', 'contacts'), ('consent', 'contacts'),
        ('conversion', 'analytics'), ('event', 'events'), ('list', 'lists'), ('merge', 'contacts'),
        ('message', 'messages'), ('note', 'contacts'), ('segment', 'segments'), ('send', 'sends'),
        ('tracked', 'events')) u(k, noun)
       where auth.can(noun || ':read') and (k <> 'message' or auth.can('conversations:read')) $$;

-- What is before (p_at, p_key, p_id) in the order of the timeline, at most p_limit
-- of each kind: a row each, key is the kind and what else tells two apart.
create or replace function godwit.timeline_rows(p_contact bigint, p_kinds text[],
    p_at timestamptz, p_key text, p_id bigint, p_limit int)
returns table (at timestamptz, key text, id bigint, what text, data jsonb)
language sql stable
as $$
    with person as materialized (
        select auth.tenant() as t, godwit.person_ids(auth.tenant(), p_contact) as ids,
               array(select godwit.id_text('ct', i)
                       from unnest(godwit.person_ids(auth.tenant(), p_contact)) i) as names,
               auth.messages_to(auth.tenant(), array(select lower(x->>'value')
                       from jsonb_array_elements(godwit.identities_json(auth.tenant(), p_contact)) x
                      where x->>'kind' = 'email' and 'message' = any (p_kinds))) as mails,
               array(select n.id from godwit.conversations n where n.tenant_id = auth.tenant()
                        and n.contact_id = any (godwit.person_ids(auth.tenant(), p_contact)))
                   as talks
    )
    select * from (
        select e.at, 'event', e.id, godwit.event_json(e, l.url)->>'kind',
               godwit.event_json(e, l.url) || jsonb_build_object('name', g.name)
          from person p
          join godwit.events e on e.tenant_id = p.t and e.contact_id = any (p.ids)
          left join godwit.links l on l.tenant_id = p.t and l.campaign_id = e.campaign_id
           and l.index = e.link and e.kind = 2
          left join godwit.campaigns g on g.tenant_id = p.t and g.id = e.campaign_id
         where 'event' = any (p_kinds) and (e.at, 'event'::text, e.id) < (p_at, p_key, p_id)
         order by e.at desc, e.id desc limit p_limit) event
    union all
    select * from (
        select e.at, 'tracked', e.id, e.name, jsonb_build_object('name', e.name,
               'properties', e.properties, 'url', e.url,
               'source_id', godwit.id_text('src', e.source_id))
          from person p
          join godwit.tracked e on e.tenant_id = p.t and e.contact_id = any (p.ids)
         where 'tracked' = any (p_kinds) and (e.at, 'tracked'::text, e.id) < (p_at, p_key, p_id)
         order by e.at desc, e.id desc limit p_limit) tracked
    union all
    select * from (
        select s.at, 'send:' || s.contact_id, s.campaign_id, godwit.state_name(s.state),
               jsonb_build_object('campaign_id', godwit.id_text('cmp', g.id), 'name', g.name,
                   'state', godwit.state_name(s.state), 'reason', s.reason, 'code', s.code,
                   'attempts', s.attempts)
          from person p
          join godwit.campaigns g on g.tenant_id = p.t
          join godwit.sends s on s.tenant_id = p.t and s.campaign_id = g.id
           and s.contact_id = any (p.ids)
         where 'send' = any (p_kinds)
           and (s.at, 'send:' || s.contact_id, s.campaign_id) < (p_at, p_key, p_id)
         order by 1 desc, 2 desc, 3 desc limit p_limit) send
    union all
    select * from (
        select m.created_at, 'message', m.id, godwit.state_name(m.state),
               jsonb_build_object('id', godwit.id_text('msg', m.id), 'kind', m.kind,
                   'from', m.from_address, 'to', m.to_address, 'subject', m.subject,
                   'state', godwit.state_name(m.state), 'conversation_id',
                   godwit.id_text('cnv', m.conversation_id), 'campaign_id',
                   godwit.id_text('cmp', m.campaign_id), 'name', g.name)
          from person p
          -- an index is of no use to an OR with a subselect
          join godwit.messages m on m.tenant_id = p.t
           and (m.id = any (p.mails) or m.conversation_id = any (p.talks))
          left join godwit.campaigns g on g.tenant_id = p.t and g.id = m.campaign_id
         where 'message' = any (p_kinds)
           and (m.created_at, 'message'::text, m.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) message
    union all
    select * from (
        select c.at, 'consent', c.id, (array['unknown', 'granted', 'revoked'])[c.consent + 1],
               jsonb_build_object('channel', c.channel,
                   'consent', (array['unknown', 'granted', 'revoked'])[c.consent + 1],
                   'source', c.source, 'object', c.object)
          from person p join godwit.consents c on c.tenant_id = p.t and c.contact_id = any (p.ids)
         where 'consent' = any (p_kinds) and (c.at, 'consent'::text, c.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) consent
    union all
    select * from (
        select v.at, 'conversion', v.id, v.name, jsonb_build_object('name', v.name,
               'value', v.value::text, 'currency', v.currency)
          from person p
          join godwit.conversions v on v.tenant_id = p.t and v.contact_id = any (p.ids)
         where 'conversion' = any (p_kinds) and not v.void
           and (v.at, 'conversion'::text, v.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) conversion
    union all
    select * from (
        select m.added_at, 'list:' || m.contact_id, m.list_id, 'joined', jsonb_build_object(
               'list_id', godwit.id_text('lst', l.id), 'name', l.name)
          from person p
          join godwit.lists l on l.tenant_id = p.t
          join godwit.list_members m on m.tenant_id = p.t and m.list_id = l.id
           and m.contact_id = any (p.ids)
         where 'list' = any (p_kinds)
           and (m.added_at, 'list:' || m.contact_id, m.list_id) < (p_at, p_key, p_id)
         order by 1 desc, 2 desc, 3 desc limit p_limit) list
    union all
    select * from (
        select m.since, 'segment:' || m.contact_id, m.segment_id, 'entered', jsonb_build_object(
               'segment_id', godwit.id_text('seg', s.id), 'name', s.name)
          from person p
          join godwit.segments s on s.tenant_id = p.t
          join godwit.segment_members m on m.tenant_id = p.t and m.segment_id = s.id
           and m.contact_id = any (p.ids)
         where 'segment' = any (p_kinds)
           and (m.since, 'segment:' || m.contact_id, m.segment_id) < (p_at, p_key, p_id)
         order by 1 desc, 2 desc, 3 desc limit p_limit) segment
    union all
    select * from (
        select n.created_at, 'note', n.id, 'written', godwit.note_json(n)
          from person p join godwit.notes n on n.tenant_id = p.t and n.contact_id = any (p.ids)
         where 'note' = any (p_kinds) and (n.created_at, 'note'::text, n.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) note
    union all
    select * from (
        select m.at, 'merge', m.id, case when m.undone_at is null then 'merged' else 'undone' end,
               godwit.merge_json(m)
          from person p join godwit.merges m on m.tenant_id = p.t and m.into_id = any (p.ids)
         where 'merge' = any (p_kinds) and (m.at, 'merge'::text, m.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) merge
    union all
    select * from (
        select a.at, 'audit', a.id, a.operation, jsonb_build_object(
               'id', godwit.id_text('aud', a.id), 'operation', a.operation, 'actor', a.actor)
          from person p join godwit.audit a on a.tenant_id = p.t and a.object = any (p.names)
         where 'audit' = any (p_kinds) and (a.at, 'audit'::text, a.id) < (p_at, p_key, p_id)
         order by 1 desc, 3 desc limit p_limit) audit
    order by 1 desc, 2 desc, 3 desc limit p_limit
$$;

-- {"id","kind"?} and a page: {"at","kind","what","data"} each. A send stands at the
-- time of what became of it, a consent at that of what was said; of lists and segments
-- there are those that it is in, each when it came there.
create or replace function api.contacts_timeline(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_kind text := godwit.read_word(p_body, 'kind',
        '{audit,consent,conversion,event,list,merge,message,note,segment,send,tracked}');
    v_kinds text[] := godwit.timeline_kinds();
    v_cursor jsonb := godwit.cursor_read('contacts_timeline', p_body);
    v_id bigint;
    v_items jsonb;
    v_keys text[];
    v_ids bigint[];
    v_more boolean;
begin
    perform godwit.read_body(p_body, array['id', 'kind', 'limit', 'cursor', 'fields']);
    v_id := godwit.person_find(p_body);
    if v_kind <> all (v_kinds) then
        raise exception 'the caller may not read what is of the kind %', v_kind
            using errcode = 'GW004', column = 'kind';
    end if;
    select jsonb_agg(jsonb_build_object('at', r.at, 'kind', split_part(r.key, ':', 1),
               'what', r.what, 'data', r.data) order by r.at desc, r.key desc, r.id desc),
           array_agg(r.at || '|' || r.key order by r.at desc, r.key desc, r.id desc),
           array_agg(r.id order by r.at desc, r.key desc, r.id desc)
      into v_items, v_keys, v_ids
      from godwit.timeline_rows(v_id, case when v_kind is null then v_kinds
                                                 else array[v_kind] end,
          coalesce(split_part(v_cursor->>0, '|', 1)::timestamptz, 'infinity'),
          coalesce(split_part(v_cursor->>0, '|', 2), ''), coalesce((v_cursor->>1)::bigint, 0),
          v_limit + 1) r;
    v_more := cardinality(v_ids) > v_limit;
    return godwit.list_page('contacts_timeline', p_body,
        case when v_more then v_items - v_limit else v_items end, v_more, v_keys[v_limit],
        v_ids[v_limit]);
end $$;
