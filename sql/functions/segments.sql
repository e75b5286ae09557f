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

-- The next p_n contacts of a segment that is to be looked at as a whole.
create or replace function godwit.segment_refresh(s godwit.segments, p_n int, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_ids constant bigint[] := array(select c.id from godwit.contacts c
                    where c.tenant_id = s.tenant_id and c.id > s.refresh_pos
                    order by c.id limit p_n);
begin
    -- members that are contacts no more are among those between
    perform godwit.segment_apply(s, v_ids || array(
            select m.contact_id from godwit.segment_members m
             where m.tenant_id = s.tenant_id and m.segment_id = s.id
               and m.contact_id > s.refresh_pos
               and (cardinality(v_ids) < p_n or m.contact_id < v_ids[p_n])
               and not exists (select from godwit.contacts c
                                where c.tenant_id = s.tenant_id and c.id = m.contact_id)), p_now);
    update godwit.segments
       set refresh_pos = case when cardinality(v_ids) = p_n then v_ids[p_n]
                              when refresh_again then 0 end,
           refresh_again = refresh_again and cardinality(v_ids) = p_n,
           counted_at = case when cardinality(v_ids) = p_n then counted_at else p_now end
     where tenant_id = s.tenant_id and id = s.id;
end $$;

-- A segment looks at these contacts, or (null) at the next p_n of all. One whose
-- predicate Postgres refuses, or that takes too long, follows no more and says why.
-- Nobody changes or deletes it meanwhile.
create or replace function godwit.segment_turn(p_tenant int, p_segment bigint, p_ids bigint[],
    p_n int, p_now timestamptz)
returns void language plpgsql
as $$
declare
    s godwit.segments;
    v_problem text;
begin
    select * into s from godwit.segments u
     where u.tenant_id = p_tenant and u.id = p_segment and u.problem is null
       and (p_ids is not null or u.refresh_pos is not null) for no key update;
    if not found then
        return;
    end if;

    begin
        if p_ids is null then
            perform godwit.segment_refresh(s, p_n, p_now);
        else
            perform godwit.segment_apply(s, p_ids, p_now);
        end if;
        return;
    exception
        -- what has nothing to do with the predicate
        when transaction_rollback or insufficient_resources or system_error then
            raise;
        when query_canceled then
            v_problem := 'the predicate takes too long; make it simpler';
        when others then
            v_problem := 'Postgres refuses the predicate: ' || left(sqlerrm, 300);
    end;

    raise warning 'segment % of workspace % follows no more: see its "problem"',
        godwit.id_text('seg', s.id), s.tenant_id;
    delete from godwit.segment_timers t
     where t.qshard = 0 and t.tenant_id = s.tenant_id and t.segment_id = s.id;
    update godwit.segments set problem = v_problem, refresh_pos = null
     where tenant_id = s.tenant_id and id = s.id;
end $$;

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

-- A company is another: segments that ask for companies look at its contacts, or at
-- all when they are very many.
create or replace function godwit.company_changed(p_tenant int, p_company bigint, p_at timestamptz)
returns void language plpgsql
as $$
declare
    v_ids bigint[];
begin
    if not exists (select from godwit.segments s where s.tenant_id = p_tenant and s.predicate
            @? '$.** ? (exists (@.company) || exists (@.company_attribute))')
    then
        return;
    end if;
    v_ids := array(select c.id from godwit.contacts c
                    where c.tenant_id = p_tenant and c.company_id = p_company limit 5001);
    if cardinality(v_ids) > 5000 then
        perform godwit.changed(p_tenant, 'contacts', '', p_at);
    else
        perform godwit.contacts_changed(p_tenant, v_ids, p_at);
    end if;
end $$;

-- Rows of the change feed, [[tenant, kind, key]]: `contact`, its id; `events`, the
-- campaign of what was drained, from when and until when; `contacts`: many of them;
-- `campaign`, its id: who was sent it counts when it has ended or rests. Answers with
-- whom the segments of each workspace are to look at, a few thousand a row.
create or replace function godwit.segments_changed(p_rows jsonb)
returns table (tenant int, ids bigint[]) language plpgsql
as $$
begin
    -- a look that is under way goes on to its end: who comes every minute would keep it there
    update godwit.segments s
       set refresh_pos = coalesce(s.refresh_pos, 0),
           refresh_again = coalesce(s.refresh_pos > 0, false)
      from (select distinct (e->>0)::int as tenant, e->>1 as kind, e->>2 as key
              from jsonb_array_elements(p_rows) e where e->>1 in ('contacts', 'campaign')) o
     where s.tenant_id = o.tenant and s.problem is null
       and (o.kind = 'contacts' or s.predicate @? format(
            '$.** ? (@.campaign == "cmp_%s" && @.did == "sent")', o.key)::jsonpath);
    return query
        with c as (
            select (e->>0)::int as tenant, e->>1 as kind, string_to_array(e->>2, ' ') as key
              from jsonb_array_elements(p_rows) e
        ), s as (
            select c.* from c where exists (select from godwit.segments s
                                             where s.tenant_id = c.tenant)
        ), u as (
            select s.tenant, s.key[1]::bigint as id from s where s.kind = 'contact'
            union all
            select s.tenant, e.contact_id from s
              join godwit.events e on e.tenant_id = s.tenant
               and e.campaign_id = s.key[1]::bigint
               and e.at between s.key[2]::timestamptz and s.key[3]::timestamptz
             where s.kind = 'events' and e.contact_id is not null
        ), i as (
            -- what somebody does who was merged is the other's
            select u.tenant, i.id, row_number() over (partition by u.tenant order by i.id) as n
              from u
              left join godwit.contact_alias a on a.tenant_id = u.tenant and a.contact_id = u.id
             cross join lateral (values (u.id), (a.into_id)) i(id)
             where i.id is not null
             group by u.tenant, i.id
        )
        select i.tenant, array_agg(i.id) from i group by i.tenant, i.n / 5000 order by 1, 2;
end $$;
