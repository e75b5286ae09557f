-- owner: gw_owner
-- Events of sites and apps, as the drain brings them: each message once, each
-- with the contact whose it is.

-- Whose an event is as long as no contact is known: of the index tracked_visitor.
create or replace function godwit.tracked_visitor(p_user text, p_anonymous text)
returns text language sql immutable parallel safe
as $$ select coalesce('u' || p_user, 'a' || p_anonymous) $$;

-- The events of p_events that are to be stored, by their `no`: of a source that
-- takes them, and none that was seen before. A message is known for a week at
-- least. Sources count what came.
create or replace function godwit.tracked_fresh(p_events jsonb, p_now timestamptz)
returns int[] language plpgsql
set enable_hashjoin to on
set enable_seqscan to on
set timezone to 'UTC'
as $$
declare
    v_week constant timestamptz := date_trunc('week', p_now);
    v_fresh int[];
begin
    with e as materialized (
        select u.no, s.tenant_id, s.id as source_id,
               substr(sha256(convert_to(u.body->>'messageId', 'UTF8')), 1, 16) as message
          from jsonb_to_recordset(p_events)
               as u(no int, tenant int, source bigint, key text, body jsonb)
          join godwit.sources s on s.tenant_id = u.tenant and s.id = u.source
         where s.enabled and s.deleted_at is null and coalesce(u.key = s.key, true)
    ), first as (
        select min(no) as no, tenant_id, message from e
         where message is not null group by tenant_id, message
    ), seen as (
        insert into godwit.tracked_seen (tenant_id, message, week)
        select f.tenant_id, f.message, v_week from first f
         where not exists (select from godwit.tracked_seen o where o.tenant_id = f.tenant_id
                  and o.message = f.message and o.week = v_week - interval '1 week')
         order by 1, 2
        on conflict do nothing
        returning tenant_id, message
    ), fresh as materialized (
        select f.no from first f join seen s using (tenant_id, message)
         union all
        select e.no from e where e.message is null
    ), counted as (
        insert into godwit.source_totals as t (tenant_id, source_id, events, duplicates, last_at)
        select e.tenant_id, e.source_id, count(f.no), count(*) - count(f.no), p_now
          from e left join fresh f using (no)
         group by 1, 2 order by 1, 2
        on conflict (tenant_id, source_id) do update
           set events = t.events + excluded.events,
               duplicates = t.duplicates + excluded.duplicates,
               last_at = greatest(t.last_at, excluded.last_at)
    )
    select array_agg(no order by no) into v_fresh from fresh;
    return coalesce(v_fresh, '{}');
end $$;

-- Find the contacts of visitors: p_rows: [{"n","tenant","contact_id"?,
-- "external_id"?,"email"?}]; null where there is none.
create or replace function godwit.tracked_people(p_rows jsonb, p_now timestamptz)
returns table (n int, contact_id bigint, problem text)
language sql
set enable_hashjoin to on
as $$
    select u.n, coalesce(
        (select c.id from godwit.contacts c where c.tenant_id = u.tenant and c.id = u.contact_id),
        (select c.id from godwit.contacts c
          where c.tenant_id = u.tenant and c.external_id = u.external_id),
        (select c.id from godwit.contacts c
          where c.tenant_id = u.tenant and lower(c.email) = lower(u.email))), null
      from jsonb_to_recordset(p_rows)
           as u(n int, tenant int, contact_id bigint, external_id text, email text)
$$;

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

-- Who says or does something in these events, for contacts_resolve: one row for each
-- that says who he is, these first, and one for each visitor of the others.
create or replace function godwit.tracked_who(p_fresh int[], p_events jsonb)
returns jsonb language sql
set enable_hashjoin to on
as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('n', v.no, 'tenant', v.tenant,
               'contact_id', v.contact, 'external_id', v.user_id,
               'anonymous_id', v.anonymous_id, 'email', v.traits->'email', 'says', v.says,
               'public', true, 'at', v.at, 'create', v.says
                   and coalesce(v.user_id, v.traits->>'email') is not null))
               || case when v.traits is null then '{}'
                       else jsonb_build_object('traits', v.traits) end
               order by v.says or v.contact is not null desc, v.no)
      from (
        select min(u.no) as no, u.tenant, u.contact, w.user_id, w.anonymous_id, w.traits, w.says,
               min(u.at) as at
          from unnest(p_fresh) f(no)
          join jsonb_to_recordset(p_events) as u(no int, tenant int, kind smallint,
               contact bigint, at bigint, body jsonb) using (no)
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
set enable_hashjoin to on
set enable_seqscan to on
as $$
declare
    v_fresh constant int[] := godwit.tracked_fresh(p_events, p_now);
    v_who constant jsonb := coalesce(godwit.tracked_who(v_fresh, p_events), '[]');
begin
    with who as materialized (
        select u.tenant, u.contact_id as contact, u.external_id, u.anonymous_id, u.says,
               p.contact_id, p.problem, p.n,
               jsonb_build_array(u.tenant, u.contact_id, u.external_id, u.anonymous_id) as key
          from godwit.tracked_people(v_who, p_now) p
          join jsonb_to_recordset(v_who) as u(n int, tenant int, contact_id bigint,
               external_id text, anonymous_id text, says boolean) using (n)
    ), e as materialized (
        select u.*, u.body->>'userId' as user_id, u.body->>'anonymousId' as anonymous_id,
               jsonb_build_array(u.tenant, u.contact, u.body->>'userId',
                   u.body->>'anonymousId') as key
          from unnest(v_fresh) f(no)
          join jsonb_to_recordset(p_events) as u(no int, tenant int, source bigint,
               kind smallint, contact bigint, at bigint, got bigint, ip inet, agent text,
               body jsonb) using (no)
         where u.kind <= 2
    ), stored as (
        insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties,
            anonymous_id, user_id, source_id, message_id, url, ip, user_agent, received_at)
        select e.tenant, to_timestamp(e.at / 1000000.0), w.contact_id, e.kind,
               case e.kind when 2 then 'page' else e.body->>'event' end,
               coalesce(nullif(e.body->'properties', 'null'), '{}')
                   || case when e.kind = 2 and e.body->>'name' is not null
                           then jsonb_build_object('name', e.body->'name') else '{}' end,
               e.anonymous_id, e.user_id, e.source, e.body->>'messageId',
               left(coalesce(e.body #>> '{context,page,url}', e.body #>> '{properties,url}'),
                   2000),
               e.ip, e.agent, to_timestamp(e.got / 1000000.0)
          from e left join who w on w.key = e.key and not w.says
          left join godwit.contacts c on c.tenant_id = e.tenant and c.id = w.contact_id
         where coalesce(c.tracking, true)
         order by 1, 3, 5, 2
        returning tenant_id, contact_id
    ), was as (
        -- what he did before he was known
        update godwit.tracked t set contact_id = w.contact_id
          from who w
         cross join lateral (values ('u' || w.external_id), ('a' || w.anonymous_id)) v(visitor)
         where w.contact_id is not null and (w.says or w.contact is not null)
           and t.tenant_id = w.tenant and t.contact_id is null
           and godwit.tracked_visitor(t.user_id, t.anonymous_id) = v.visitor
        returning t.tenant_id, t.contact_id
    ), wrong as (
        update godwit.source_totals t set problems = t.problems + w.n
          from (select u.tenant, u.source, count(*) as n
                  from who join jsonb_to_recordset(p_events)
                       as u(no int, tenant int, source bigint) on u.no = who.n
                 where who.problem is not null group by 1, 2) w
         where t.tenant_id = w.tenant and t.source_id = w.source
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select tenant_id, 'contact', contact_id::text, p_now
      from (select * from stored union select * from was) s
     where contact_id is not null;
end $$;

-- The write key of a new source.
create or replace function godwit.write_key(p_id bigint)
returns text language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.credential_text('gw_write_' || auth.tenant(), p_id) $$;

revoke execute on function godwit.tracked_fresh(jsonb, timestamptz),
    godwit.tracked_people(jsonb, timestamptz), godwit.tracked_store(jsonb, timestamptz),
    godwit.tracked_traits(jsonb), godwit.tracked_who(int[], jsonb),
    godwit.tracked_visitor(text, text) from gw_api, gw_search;
revoke execute on function godwit.write_key(bigint) from gw_search, gw_worker;
