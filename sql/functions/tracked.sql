-- owner: gw_owner
-- Events of sites and apps, as the drain brings them: each message once, each
-- with the contact whose it is. Thousands at a time, of which no plan knows how
-- many: nothing here is a join of two lists, a jsonb object is looked into.

-- Whose an event is as long as no contact is known: of the index tracked_visitor.
create or replace function godwit.tracked_visitor(p_user text, p_anonymous text)
returns text language sql immutable parallel safe
as $$ select coalesce('u' || p_user, 'a' || p_anonymous) $$;

-- Those of the events that are to be stored: of a source that takes them, and no
-- message that was seen before; it is known for a week at least. Sources count
-- what came.
create or replace function godwit.tracked_fresh(p_events jsonb, p_now timestamptz)
returns jsonb language plpgsql
set timezone to 'UTC'
as $$
declare
    v_week constant timestamptz := date_trunc('week', p_now);
    v_all jsonb;                        -- [[no, tenant, source, message]]
    v_new jsonb;                        -- messages
    v_keep jsonb;                       -- numbers
begin
    select jsonb_agg(jsonb_build_array(u.no, u.tenant, u.source, encode(substr(sha256(
               convert_to(u.body->>'messageId', 'UTF8')), 1, 16), 'hex'))) into v_all
      from jsonb_to_recordset(p_events)
           as u(no int, tenant int, source bigint, key text, body jsonb)
     where (select s.enabled and s.deleted_at is null and coalesce(u.key = s.key, true)
              from godwit.sources s where s.tenant_id = u.tenant and s.id = u.source);

    with seen as (
        insert into godwit.tracked_seen (tenant_id, message, week)
        select distinct (a->>1)::int, decode(a->>3, 'hex'), v_week
          from jsonb_array_elements(v_all) a
         where a->>3 is not null
           and (select true from godwit.tracked_seen o where o.tenant_id = (a->>1)::int
                   and o.message = decode(a->>3, 'hex')
                   and o.week = v_week - interval '1 week') is null
         order by 1, 2
        on conflict do nothing
        returning tenant_id, message
    )
    select coalesce(jsonb_object_agg(concat(tenant_id, ' ', encode(message, 'hex')), true), '{}')
      into v_new from seen;

    select coalesce(jsonb_object_agg(no, true), '{}') into v_keep
      from (select a->>0 as no, a->>3 as message, v_new ? concat(a->>1, ' ', a->>3) as new,
                   row_number() over (partition by a->1, a->3 order by (a->>0)::int) as nth
              from jsonb_array_elements(v_all) a) m
     where message is null or new and nth = 1;

    insert into godwit.source_totals as t (tenant_id, source_id, events, duplicates, last_at)
    select (a->>1)::int, (a->>2)::bigint, count(*) filter (where v_keep ? (a->>0)),
           count(*) filter (where not v_keep ? (a->>0)), p_now
      from jsonb_array_elements(v_all) a
     group by 1, 2 order by 1, 2
    on conflict (tenant_id, source_id) do update
       set events = t.events + excluded.events, duplicates = t.duplicates + excluded.duplicates,
           last_at = greatest(t.last_at, excluded.last_at);

    if jsonb_array_length(p_events) = (select count(*) from jsonb_object_keys(v_keep)) then
        return p_events;
    end if;
    return (select coalesce(jsonb_agg(e order by o), '[]')
              from jsonb_array_elements(p_events) with ordinality x(e, o)
             where v_keep ? (e->>'no'));
end $$;

-- What an identify says of a person under the names that contacts have; an address that
-- is none is left out.
create or replace function godwit.tracked_traits(p_traits jsonb)
returns jsonb language sql immutable
as $$ select coalesce(jsonb_object_agg(coalesce(n.name, t.key), t.value), '{}')
        from jsonb_each(p_traits) t
        left join (values ('firstName', 'first_name'), ('lastName', 'last_name'),
                          ('timezone', 'zone')) n(key, name) using (key)
       where (n.name is null or not p_traits ? n.name)
         and (t.key <> 'email' or godwit.is_email(p_traits->>'email')) $$;

-- Whose an event is, as a key.
create or replace function godwit.tracked_key(p_tenant int, p_contact bigint, p_user text,
    p_anonymous text)
returns text language sql immutable
as $$ select jsonb_build_array(p_tenant, p_contact, p_user, p_anonymous)::text $$;

-- Who says or does something in these events, for contacts_resolve: one row for each
-- that says who he is, these first, and one for each visitor of the others.
create or replace function godwit.tracked_who(p_events jsonb)
returns jsonb language sql
as $$
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('n', v.no,
               'tenant', v.tenant, 'contact_id', v.contact, 'external_id', v.user_id,
               'anonymous_id', v.anonymous_id, 'email', v.traits->'email', 'says', v.says,
               'source', v.source, 'key', godwit.tracked_key(v.tenant, v.contact, v.user_id,
                   v.anonymous_id), 'public', true, 'at', v.at,
               'bad', case when v.bad then true end,
               'create', v.says and coalesce(v.user_id, v.traits->>'email') is not null))
               || case when v.traits is null then '{}'
                       else jsonb_build_object('traits', v.traits) end
               order by v.says or v.contact is not null desc, v.no), '[]')
      from (
        select min(u.no) as no, min(u.source) as source, u.tenant, u.contact, w.user_id,
               w.anonymous_id, w.traits, w.says, min(u.at) as at,
               bool_or(w.traits is not null and u.body->'traits' ? 'email'
                       and not w.traits ? 'email') as bad
          from jsonb_to_recordset(p_events) as u(no int, tenant int, source bigint,
               kind smallint, contact bigint, at bigint, body jsonb)
         cross join lateral (select u.body->>'userId' as user_id, u.kind >= 3 as says,
               u.body->>case u.kind when 4 then 'previousId' else 'anonymousId' end
                   as anonymous_id,
               case when u.kind = 3 and jsonb_typeof(u.body->'traits') = 'object'
                    then godwit.tracked_traits(u.body->'traits') end as traits) w
         group by u.tenant, u.contact, w.user_id, w.anonymous_id, w.traits, w.says,
               case when w.says then u.no end) v
$$;

-- p_events: [{"no","tenant","source","key"?,"kind","contact"?,"at","got","ip","agent",
-- "body"}], times in microseconds; key stands there when the edge did not know it,
-- contact when a signed link said who it is, body is what was sent, of a form that the
-- edge has judged. kind: 1 track 2 page 3 identify 4 alias.
create or replace function godwit.tracked_store(p_events jsonb, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_events constant jsonb := godwit.tracked_fresh(p_events, p_now);
    v_who constant jsonb := godwit.tracked_who(v_events);
    v_by constant jsonb := (select jsonb_object_agg(w->>'n', w) from jsonb_array_elements(v_who) w);
    v_found jsonb;                      -- contacts by key
    v_said jsonb;                       -- who is known from now on
    v_wrong jsonb;
begin
    select coalesce(jsonb_object_agg(w->>'key', contact_id) filter (
               where contact_id is not null and w->'says' = 'false'), '{}'),
           coalesce(jsonb_agg(w || jsonb_build_object('contact_id', contact_id)) filter (
               where contact_id is not null and (w->'says' = 'true' or w ? 'contact_id')), '[]'),
           coalesce(jsonb_agg(w) filter (where problem is not null or w ? 'bad'), '[]')
      into v_found, v_said, v_wrong
      from (select p.contact_id, p.problem, v_by->(p.n::text) as w
              from godwit.contacts_resolve(v_who, p_now) p) p;

    with stored as (
        insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties,
            anonymous_id, user_id, source_id, message_id, url, ip, user_agent, received_at)
        select u.tenant, to_timestamp(u.at / 1000000.0), w.contact_id, u.kind,
               case u.kind when 2 then 'page' else u.body->>'event' end,
               coalesce(nullif(u.body->'properties', 'null'), '{}')
                   || case when u.kind = 2 and u.body->>'name' is not null
                           then jsonb_build_object('name', u.body->'name') else '{}' end,
               u.body->>'anonymousId', u.body->>'userId', u.source, u.body->>'messageId',
               left(coalesce(u.body #>> '{context,page,url}', u.body #>> '{properties,url}'),
                   2000),
               u.ip, u.agent, to_timestamp(u.got / 1000000.0)
          from jsonb_to_recordset(v_events) as u(no int, tenant int, source bigint,
               kind smallint, contact bigint, at bigint, got bigint, ip inet, agent text,
               body jsonb)
         cross join lateral (select (v_found->>godwit.tracked_key(u.tenant, u.contact,
               u.body->>'userId', u.body->>'anonymousId'))::bigint as contact_id) w
         where u.kind <= 2
           and coalesce((select c.tracking from godwit.contacts c
                          where c.tenant_id = u.tenant and c.id = w.contact_id), true)
         order by 1, 3, 5, 2
        returning tenant_id, contact_id
    ), was as (
        -- what he did before he was known
        update godwit.tracked t set contact_id = w.contact_id
          from jsonb_to_recordset(v_said) as w(tenant int, contact_id bigint, external_id text,
               anonymous_id text)
         cross join lateral (values ('u' || w.external_id), ('a' || w.anonymous_id)) v(visitor)
         where t.tenant_id = w.tenant and t.contact_id is null
           and godwit.tracked_visitor(t.user_id, t.anonymous_id) = v.visitor
        returning t.tenant_id, t.contact_id
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select tenant_id, 'contact', contact_id::text, p_now
      from (select * from stored union select * from was) s
     where contact_id is not null
       and exists (select from godwit.segments g where g.tenant_id = s.tenant_id);

    update godwit.source_totals t set problems = t.problems + w.n
      from (select tenant, source, count(*) as n
              from jsonb_to_recordset(v_wrong) as w(tenant int, source bigint) group by 1, 2) w
     where t.tenant_id = w.tenant and t.source_id = w.source;
end $$;

-- The write key of a new source.
create or replace function godwit.write_key(p_id bigint)
returns text language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.credential_text('gw_write_' || auth.tenant(), p_id) $$;

revoke execute on function godwit.tracked_fresh(jsonb, timestamptz),
    godwit.tracked_store(jsonb, timestamptz),
    godwit.tracked_traits(jsonb), godwit.tracked_who(jsonb), godwit.tracked_visitor(text, text),
    godwit.tracked_key(int, bigint, text, text) from gw_api, gw_search;
revoke execute on function godwit.write_key(bigint) from gw_search, gw_worker;
