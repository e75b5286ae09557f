-- Bulk edit: one change of many contacts, part by part. What is done is gone from
-- what is to do, in the transaction of the change.

-- These are to be changed, a thousand a step.
create or replace function godwit.bulk_keep(p_tenant int, p_operation bigint, p_ids bigint[])
returns void language sql
as $$
    with parts as (
        insert into godwit.bulk_parts (tenant_id, operation_id, n, ids)
        select p_tenant, p_operation, (u.n - 1) / 1000, array_agg(u.id)
          from unnest(p_ids) with ordinality u(id, n) group by 3
    )
    update godwit.bulk_edits e set total = cardinality(p_ids)
     where e.tenant_id = p_tenant and e.operation_id = p_operation
$$;

-- What a change names is there, and stays until the end of the transaction; fields
-- take its attributes, and nobody is merged: GW001, GW002.
create or replace function godwit.bulk_hold(p_tenant int, p_change jsonb)
returns void language plpgsql
as $$
declare
    u record;
begin
    perform godwit.fields_hold(p_tenant);
    if p_change#>'{set,attributes}' is not null then
        perform godwit.fields_check(p_tenant, p_change#>'{set,attributes}');
    end if;
    if p_change#>>'{set,company_id}' is not null then
        perform godwit.company_hold(p_tenant, (p_change#>>'{set,company_id}')::bigint);
    end if;
    for u in select f, e::bigint as id from unnest('{add_lists,remove_lists}'::text[]) f,
                    jsonb_array_elements_text(p_change->f) e order by 2
    loop
        perform from godwit.lists l where l.tenant_id = p_tenant and l.id = u.id for key share;
        if not found then
            raise exception 'there is no list %', godwit.id_text('lst', u.id)
                using errcode = 'GW002', column = u.f;
        end if;
    end loop;
end $$;

-- Who it is, from now on.
create or replace function godwit.bulk_take(b godwit.bulk_edits, p_now timestamptz)
returns void language plpgsql
set jit = off
as $$
declare
    v_ids bigint[];
begin
    if b.predicate is null then
        perform from godwit.lists l
          where l.tenant_id = b.tenant_id and l.id = b.list_id for key share;
        if not found then
            raise exception 'there is no list % any more', godwit.id_text('lst', b.list_id)
                using errcode = 'GW002', column = 'list_id';
        end if;
        v_ids := array(select m.contact_id from godwit.list_members m
            where m.tenant_id = b.tenant_id and m.list_id = b.list_id order by 1);
    else
        execute 'select array_agg(c.id order by c.id) from godwit.contacts c '
            'where c.tenant_id = $1 and ' || godwit.predicate_sql(b.predicate)
           into v_ids using b.tenant_id, b.predicate, p_now;
    end if;
    perform godwit.bulk_keep(b.tenant_id, b.operation_id, coalesce(v_ids, '{}'));
exception
    when query_canceled then
        raise exception 'the predicate takes too long; make it simpler' using errcode = 'GW001';
end $$;

-- Change these: who was changed, how many there are, [{"contact_id","message"}] of
-- those who could not take all of it and stay as they were.
create or replace function godwit.bulk_change(p_tenant int, p_ids bigint[], p_change jsonb,
    p_now timestamptz, out changed bigint[], out present bigint, out refusals jsonb)
language plpgsql
as $$
declare
    v_set constant jsonb := (p_change->'set') - 'attributes';
    v_patch constant jsonb := p_change#>'{set,attributes}';
    v_more constant text[] := array(select jsonb_array_elements_text(p_change->'add_tags'));
    v_less constant text[] := array(select jsonb_array_elements_text(p_change->'remove_tags'));
    v_in constant bigint[] := array(select e::bigint
        from jsonb_array_elements_text(p_change->'add_lists') e);
    v_out constant bigint[] := array(select e::bigint
        from jsonb_array_elements_text(p_change->'remove_lists') e);
begin
    -- in order, so that two who do this do not wait for each other
    perform from godwit.contacts c where c.tenant_id = p_tenant and c.id = any (p_ids)
      order by c.id for no key update;
    with new as materialized (
        select c.id, n.zone, n.locale, n.owner, n.company_id, a.attributes, t.tags,
               (n.zone, n.locale, n.owner, n.company_id, a.attributes, t.tags) is distinct from
               (c.zone, c.locale, c.owner, c.company_id, c.attributes, c.tags) as differs,
               case when cardinality(t.tags) > 100 then 'would have more than 100 tags'
                    when length(a.attributes::text) > 65536
                    then 'would have more than 64 KiB of attributes' end as why
          from godwit.contacts c
         cross join lateral jsonb_populate_record(c, v_set) n
         cross join lateral (select case when v_patch is null then c.attributes
               else godwit.merge_patch(c.attributes, v_patch) end as attributes) a
         cross join lateral (select nullif(array(select distinct x from unnest(c.tags || v_more) x
               where x <> all (v_less) order by 1), '{}') as tags) t
         where c.tenant_id = p_tenant and c.id = any (p_ids)
    ), written as (
        update godwit.contacts c
           set zone = n.zone, locale = n.locale, owner = n.owner, company_id = n.company_id,
               attributes = n.attributes, tags = n.tags, updated_at = p_now
          from new n
         where c.tenant_id = p_tenant and c.id = n.id and n.differs and n.why is null
        returning c.id
    ), untagged as (
        delete from godwit.contact_tags t using new n
         where t.tenant_id = p_tenant and t.tag = any (v_less) and t.contact_id = n.id
           and n.why is null
    ), tagged as (
        insert into godwit.contact_tags (tenant_id, tag, contact_id)
        select p_tenant, x, n.id from new n, unnest(v_more) x where n.why is null
        on conflict do nothing
    ), entered as (
        insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select p_tenant, l, n.id, p_now from new n, unnest(v_in) l where n.why is null
        on conflict do nothing
        returning contact_id
    ), left_it as (
        delete from godwit.list_members m using new n
         where m.tenant_id = p_tenant and m.list_id = any (v_out) and m.contact_id = n.id
           and n.why is null
        returning m.contact_id
    )
    select array(select id from written union select contact_id from entered
                 union select contact_id from left_it),
           count(*), coalesce(jsonb_agg(jsonb_build_object('contact_id',
               godwit.id_text('ct', n.id), 'message', n.why) order by n.id)
               filter (where n.why is not null), '[]')
      into changed, present, refusals from new n;
end $$;

-- A step of an operation: who it is, or the next part of them; how many it has been
-- of how many. Who went into another since is that one.
create or replace function godwit.bulk_turn(p_tenant int, p_operation bigint,
    p_now timestamptz, out done bigint, out total bigint)
language plpgsql
as $$
declare
    b godwit.bulk_edits;
    p godwit.bulk_parts;
    v_ids bigint[];
    r record;
begin
    select * into b from godwit.bulk_edits e
     where e.tenant_id = p_tenant and e.operation_id = p_operation for update;
    perform godwit.bulk_hold(p_tenant, b.change);
    if b.total is null then
        perform godwit.bulk_take(b, p_now);
    else
        delete from godwit.bulk_parts o
         where o.tenant_id = p_tenant and o.operation_id = p_operation and o.n = (
               select min(n) from godwit.bulk_parts u
                where u.tenant_id = p_tenant and u.operation_id = p_operation)
        returning * into p;
        v_ids := array(select distinct coalesce(a.into_id, i) from unnest(p.ids) i
            left join godwit.contact_alias a on a.tenant_id = p_tenant and a.contact_id = i);
        r := godwit.bulk_change(p_tenant, v_ids, b.change, p_now);
        perform godwit.contacts_changed(p_tenant, r.changed, p_now);
        update godwit.bulk_edits e
           set done = e.done + coalesce(cardinality(p.ids), 0),
               changed = e.changed + cardinality(r.changed),
               gone = e.gone + coalesce(cardinality(p.ids), 0) - r.present,
               refused = e.refused + jsonb_array_length(r.refusals),
               refusals = jsonb_path_query_array(e.refusals || r.refusals, '$[0 to 99]')
         where e.tenant_id = p_tenant and e.operation_id = p_operation;
    end if;
    select e.done, e.total into done, total from godwit.bulk_edits e
     where e.tenant_id = p_tenant and e.operation_id = p_operation;
end $$;

-- Its end, however it came: what was done, and nothing is left to do.
create or replace function godwit.bulk_settle(p_tenant int, p_operation bigint)
returns jsonb language sql
as $$
    with parts as (
        delete from godwit.bulk_parts p
         where p.tenant_id = p_tenant and p.operation_id = p_operation
    ), e as (
        delete from godwit.bulk_edits o
         where o.tenant_id = p_tenant and o.operation_id = p_operation
        returning *
    )
    select jsonb_build_object('contacts', e.total, 'done', e.done, 'changed', e.changed,
        'unchanged', e.done - e.changed - e.gone - e.refused, 'gone', e.gone,
        'refused', e.refused, 'refusals', e.refusals) from e
$$;

revoke execute on function godwit.bulk_take(godwit.bulk_edits, timestamptz),
    godwit.bulk_change(int, bigint[], jsonb, timestamptz),
    godwit.bulk_turn(int, bigint, timestamptz) from gw_api, gw_search;
