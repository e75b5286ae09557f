-- Who is in a segment: looked at anew when something happened to a contact, when
-- time alone may have changed the answer, and all of them when the segment is new.

-- What a predicate says of these contacts now: who is in it, who leaves. A contact
-- that is gone is in none. The next instant of each is kept as its timer.
create or replace function godwit.segment_apply(s godwit.segments, p_ids bigint[],
    p_now timestamptz)
returns void language plpgsql
set jit = off
as $$
declare
    v_edges text[] := godwit.predicate_edges(s.predicate);
    v_n bigint;
begin
    execute format('with u as materialized (
            select c.id, %s as is_in, %s as at from godwit.contacts c
             where c.tenant_id = $1 and c.id = any ($4)
        ), entered as (
            insert into godwit.segment_members (tenant_id, segment_id, contact_id, since)
            select $1, $5, u.id, $3 from u where u.is_in
            on conflict do nothing returning 1
        ), left_it as (
            delete from godwit.segment_members m
             where m.tenant_id = $1 and m.segment_id = $5 and m.contact_id = any ($4)
               and not exists (select from u where u.id = m.contact_id and u.is_in) returning 1
        ), untimed as (
            delete from godwit.segment_timers t
             where t.qshard = 0 and t.tenant_id = $1 and t.segment_id = $5
               and t.contact_id = any ($4)
               and not exists (select from u where u.id = t.contact_id and u.at is not null)
        ), timed as (
            insert into godwit.segment_timers as t (tenant_id, segment_id, contact_id, at)
            select $1, $5, u.id, u.at from u where u.at is not null
            on conflict (qshard, tenant_id, segment_id, contact_id) do update
               set at = excluded.at where t.at <> excluded.at
        )
        select (select count(*) from entered) - (select count(*) from left_it)',
        godwit.predicate_sql(s.predicate), case cardinality(v_edges) when 0 then 'null::timestamptz'
            else format('least(%s)', array_to_string(v_edges, ', ')) end)
       into v_n using s.tenant_id, s.predicate, p_now, p_ids, s.id;
    if v_n <> 0 then
        update godwit.segments set members = members + v_n
         where tenant_id = s.tenant_id and id = s.id;
    end if;
end $$;

-- Something happened to these contacts. Nobody deletes a segment meanwhile; one
-- that is changed is looked at as a whole afterwards.
create or replace function godwit.segments_follow(p_tenant int, p_ids bigint[], p_now timestamptz)
returns void language plpgsql
as $$
declare
    s godwit.segments;
begin
    for s in select * from godwit.segments u where u.tenant_id = p_tenant order by u.id
             for key share
    loop
        perform godwit.segment_apply(s, p_ids, p_now);
    end loop;
end $$;

-- Up to p_n timers that are due, the oldest first; how many there were.
create or replace function godwit.segments_due(p_n int, p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    g record;
    s godwit.segments;
    v_n bigint := 0;
begin
    for g in
        select d.tenant_id, d.segment_id, array_agg(d.contact_id) as ids
          from (select t.tenant_id, t.segment_id, t.contact_id from godwit.segment_timers t
                 where t.qshard = 0 and t.at <= p_now order by t.at limit p_n) d
         group by d.tenant_id, d.segment_id order by 1, 2
    loop
        select * into s from godwit.segments u
         where u.tenant_id = g.tenant_id and u.id = g.segment_id for key share;
        if found then
            perform godwit.segment_apply(s, g.ids, p_now);
        end if;
        v_n := v_n + cardinality(g.ids);
    end loop;
    return v_n;
end $$;

-- The next p_n contacts of a segment that is to be looked at as a whole, the one
-- that waits longest; false: there is none.
create or replace function godwit.segments_refresh(p_n int, p_now timestamptz)
returns boolean language plpgsql
as $$
declare
    s godwit.segments;
    v_ids bigint[];
begin
    select * into s from godwit.segments u where u.tenant_id > 0 and u.refresh_pos is not null
     order by u.counted_at nulls first, u.tenant_id, u.id limit 1 for update skip locked;
    if not found then
        return false;
    end if;
    v_ids := array(select c.id from godwit.contacts c
                    where c.tenant_id = s.tenant_id and c.id > s.refresh_pos
                    order by c.id limit p_n);
    -- members that are contacts no more are among those between
    perform godwit.segment_apply(s, v_ids || array(
            select m.contact_id from godwit.segment_members m
             where m.tenant_id = s.tenant_id and m.segment_id = s.id
               and m.contact_id > s.refresh_pos
               and (cardinality(v_ids) < p_n or m.contact_id < v_ids[p_n])
               and not exists (select from godwit.contacts c
                                where c.tenant_id = s.tenant_id and c.id = m.contact_id)), p_now);
    update godwit.segments
       set refresh_pos = case when cardinality(v_ids) = p_n then v_ids[p_n] end,
           counted_at = case when cardinality(v_ids) = p_n then counted_at else p_now end
     where tenant_id = s.tenant_id and id = s.id;
    return true;
end $$;

-- All are looked at anew: those of a workspace, or of all (null).
create or replace function godwit.segments_stale(p_tenant int)
returns void language sql
as $$ update godwit.segments set refresh_pos = 0
       where tenant_id = coalesce(p_tenant, tenant_id) $$;

-- What was drained of a campaign, as a key of the change feed.
create or replace function godwit.span_key(p_campaign bigint, p_since timestamptz,
    p_until timestamptz)
returns text language sql stable parallel safe
as $$ select concat_ws(' ', p_campaign,
        to_char(p_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(p_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) $$;

-- Something happened to these contacts, which only segments ask for.
create or replace function godwit.contacts_changed(p_tenant int, p_ids bigint[], p_at timestamptz)
returns void language sql
as $$ insert into godwit.change_log (tenant_id, kind, key, at)
      select p_tenant, 'contact', i::text, p_at from unnest(p_ids) i
       where exists (select from godwit.segments s where s.tenant_id = p_tenant) $$;

-- Rows of the change feed, [[tenant, kind, key]]: `contact`, its id; `events`, the
-- campaign of what was drained, from when and until when; `contacts`: many of them.
create or replace function godwit.segments_changes(p_rows jsonb, p_now timestamptz)
returns void language plpgsql
as $$
declare
    r record;
begin
    for r in
        with c as (
            select (e->>0)::int as tenant, e->>1 as kind, string_to_array(e->>2, ' ') as key
              from jsonb_array_elements(p_rows) e
        ), s as (
            select c.* from c where exists (select from godwit.segments s
                                             where s.tenant_id = c.tenant)
        )
        select u.tenant, array_agg(distinct i.id) filter (where i.id is not null) as ids,
               bool_or(u.id is null) as stale
          from (select s.tenant, s.key[1]::bigint as id from s where s.kind = 'contact'
                union all
                select s.tenant, null from s where s.kind = 'contacts'
                union all
                select s.tenant, e.contact_id from s
                  join godwit.events e on e.tenant_id = s.tenant
                   and e.campaign_id = s.key[1]::bigint
                   and e.at between s.key[2]::timestamptz and s.key[3]::timestamptz
                 where s.kind = 'events' and e.contact_id is not null) u
          -- what somebody does who was merged is the other's
          left join godwit.contact_alias a on a.tenant_id = u.tenant and a.contact_id = u.id
         cross join lateral (values (u.id), (a.into_id)) i(id)
         group by u.tenant
    loop
        if r.stale then
            perform godwit.segments_stale(r.tenant);
        end if;
        if r.ids is not null then
            perform godwit.segments_follow(r.tenant, r.ids, p_now);
        end if;
    end loop;
end $$;
