-- Segments: contacts by a predicate. The worker keeps who is in them.

create or replace function godwit.segment_json(s godwit.segments)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('seg', s.id), 'name', s.name,
        'predicate', s.predicate, 'english', s.english, 'members', s.members,
        'counted_at', s.counted_at, 'counting', s.refresh_pos is not null, 'problem', s.problem,
        'created_at', s.created_at, 'updated_at', s.updated_at) $$;

-- The segment of {"id"}, locked when it is to change; GW002.
create or replace function godwit.segment_find(p_body jsonb, p_lock boolean default false)
returns godwit.segments language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'seg');
    s godwit.segments;
begin
    if p_lock then
        select * into s from godwit.segments
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into s from godwit.segments where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no segment %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return s;
end $$;

-- The predicate of the body, which the handler has judged.
create or replace function godwit.read_predicate(p_body jsonb)
returns jsonb language plpgsql stable
as $$
begin
    if p_body->'predicate' is null then
        perform godwit.invalid('predicate', '"predicate" is missing');
    end if;
    if p_body#>>'{_compiled,english}' is null then
        perform godwit.invalid('predicate', '"predicate" was not judged');
    end if;
    return p_body->'predicate';
end $$;

create or replace function godwit.segment_taken(p_body jsonb)
returns void language plpgsql
as $$
begin
    raise exception 'a segment named "%" is there already', p_body->>'name'
        using errcode = 'GW003', column = 'name';
end $$;

create or replace function api.segments_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments;
begin
    perform godwit.read_body(p_body, array['name', 'predicate', '_compiled']);
    if (select count(*) from godwit.segments where tenant_id = auth.tenant()) >= 200 then
        raise exception 'a workspace has 200 segments at most; delete one'
            using errcode = 'GW003', column = 'name';
    end if;
    insert into godwit.segments (tenant_id, name, predicate, english, phrases, created_at,
        updated_at)
    values (auth.tenant(), godwit.read_line(p_body, 'name', 1, 200, true),
        godwit.read_predicate(p_body), p_body#>>'{_compiled,english}',
        p_body#>'{_compiled,phrases}', auth.now(), auth.now())
    returning * into s;
    perform godwit.audit('segments_create', godwit.id_text('seg', s.id), null,
        godwit.segment_json(s));
    return godwit.segment_json(s);
exception
    when unique_violation then
        perform godwit.segment_taken(p_body);
end $$;

create or replace function api.segments_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.segment_json(godwit.segment_find(p_body));
end $$;

create or replace function api.segments_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'segments_list', 'godwit.segments t', 't.id',
    'godwit.segment_json(t)', array[
        ['id', 't.id', 'bigint'],
        ['name', 't.name', 'text']], array[
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

-- Another predicate: all are looked at anew.
create or replace function api.segments_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments := godwit.segment_find(p_body, true);
    v_was jsonb := godwit.segment_json(s);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'predicate', '_compiled', '_if_match']);
    perform godwit.match(p_body, v_was);
    if p_body ? 'predicate' then
        s.predicate := godwit.read_predicate(p_body);
        s.english := p_body#>>'{_compiled,english}';
        s.phrases := p_body#>'{_compiled,phrases}';
        s.refresh_pos := 0;
        s.problem := null;
    end if;
    update godwit.segments set
           name = case when p_body ? 'name' then godwit.read_line(p_body, 'name', 1, 200, true)
                       else s.name end,
           predicate = s.predicate, english = s.english, phrases = s.phrases,
           refresh_pos = s.refresh_pos, problem = s.problem, updated_at = auth.now()
     where tenant_id = s.tenant_id and id = s.id returning * into s;
    perform godwit.audit('segments_update', godwit.id_text('seg', s.id), v_was,
        godwit.segment_json(s));
    return godwit.segment_json(s);
exception
    when unique_violation then
        perform godwit.segment_taken(p_body);
end $$;

-- Its contacts stay, so does what campaigns froze.
create or replace function api.segments_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments := godwit.segment_find(p_body, true);
    v_campaign bigint;
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.segment_json(s));
    select c.id into v_campaign from godwit.campaigns c
     where c.tenant_id = s.tenant_id and c.segment_id = s.id
       and c.started_at is null and c.finished_at is null limit 1;
    if found then
        raise exception 'segment % is needed by campaign %', godwit.id_text('seg', s.id),
            godwit.id_text('cmp', v_campaign) using errcode = 'GW003', column = 'id';
    end if;
    delete from godwit.segment_members where tenant_id = s.tenant_id and segment_id = s.id;
    delete from godwit.segment_timers
     where qshard = 0 and tenant_id = s.tenant_id and segment_id = s.id;
    delete from godwit.segments where tenant_id = s.tenant_id and id = s.id;
    perform godwit.audit('segments_delete', godwit.id_text('seg', s.id), godwit.segment_json(s),
        null);
    return null;
end $$;

-- {"predicate"}: how many contacts it finds, with the interval that holds for 95
-- of 100 samples (of a binomial count, by its score). A small workspace is counted.
create or replace function api.segments_estimate(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_predicate jsonb := godwit.read_predicate(p_body);
    v_small boolean;
    k bigint;
    v_half float8;
begin
    perform godwit.read_body(p_body, array['predicate', '_compiled']);
    v_small := (select count(*) from (select from godwit.contacts
                 where tenant_id = auth.tenant() limit 20001) c) <= 20000;
    k := auth.predicate_count(auth.tenant(), v_predicate, not v_small, auth.now());
    v_half := 1.96 * sqrt(0.99 * (4 * k + 1.96 * 1.96 * 0.99));
    return jsonb_build_object('english', p_body#>>'{_compiled,english}', 'exact', v_small,
        'contacts', case when v_small then k else k * 100 end,
        'low', case when v_small then k
                    else greatest(k, round((2 * k + 1.96 * 1.96 * 0.99 - v_half) / 0.02)) end,
        'high', case when v_small then k
                     else round((2 * k + 1.96 * 1.96 * 0.99 + v_half) / 0.02) end,
        'as_of', auth.now());
end $$;

-- {"predicate"}: how many contacts it finds, every one looked at.
create or replace function api.segments_count(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['predicate', '_compiled']);
    return jsonb_build_object('english', p_body#>>'{_compiled,english}', 'contacts',
        auth.predicate_count(auth.tenant(), godwit.read_predicate(p_body), false, auth.now()),
        'as_of', auth.now());
end $$;

create or replace function api.segments_members(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments := godwit.segment_find(p_body);
begin
    return godwit.list(p_body, 'segments_members', $q$godwit.segment_members t
        join godwit.contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id$q$,
        't.contact_id', $q$jsonb_build_object('contact_id', godwit.id_text('ct', t.contact_id),
            'email', c.email, 'since', t.since)$q$, array[
            ['contact_id', 't.contact_id', 'bigint']], array[
            ['id', 'id seg', 't.segment_id = %s']]);
end $$;

-- {"id","contact_id"}: is the contact in it, and which of its conditions hold now.
create or replace function api.segments_why(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments := godwit.segment_find(p_body);
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct');
    v_since timestamptz;
    v_doc jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'contact_id', 'fields']);
    v_doc := auth.predicate_why(s.tenant_id, v_contact, s.predicate, s.phrases, auth.now());
    if v_doc is null then
        raise exception 'there is no contact %', p_body->>'contact_id'
            using errcode = 'GW002', column = 'contact_id';
    end if;
    select m.since into v_since from godwit.segment_members m
     where m.tenant_id = s.tenant_id and m.segment_id = s.id and m.contact_id = v_contact;
    return v_doc || jsonb_build_object('id', godwit.id_text('seg', s.id), 'contact_id',
        godwit.id_text('ct', v_contact), 'english', s.english, 'since', v_since,
        'as_of', auth.now());
end $$;

-- {"segment_ids"}: how many members each has, and each two of them together.
create or replace function api.segments_overlap(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_ids bigint[];
    v_missing text;
begin
    perform godwit.read_body(p_body, array['segment_ids']);
    if jsonb_typeof(p_body->'segment_ids') is distinct from 'array'
        or jsonb_array_length(p_body->'segment_ids') not between 2 and 10
    then
        perform godwit.invalid('segment_ids', '"segment_ids" is not an array of 2 to 10 ids');
    end if;
    v_ids := array(select distinct godwit.id_parse('seg', i, 'segment_ids')
                     from jsonb_array_elements_text(p_body->'segment_ids') i order by 1);
    select godwit.id_text('seg', i) into v_missing from unnest(v_ids) i
     where not exists (select from godwit.segments s
                        where s.tenant_id = auth.tenant() and s.id = i) limit 1;
    if found then
        raise exception 'there is no segment %', v_missing
            using errcode = 'GW002', column = 'segment_ids';
    end if;
    return jsonb_build_object('segments', (
            select jsonb_agg(jsonb_build_object('id', godwit.id_text('seg', s.id), 'name', s.name,
                'members', s.members) order by s.id)
              from godwit.segments s where s.tenant_id = auth.tenant() and s.id = any (v_ids)),
        'overlaps', (
            select coalesce(jsonb_agg(jsonb_build_object('segment_ids', jsonb_build_array(
                    godwit.id_text('seg', a), godwit.id_text('seg', b)), 'members', (
                    select count(*) from godwit.segment_members x
                      join godwit.segment_members y on y.tenant_id = auth.tenant()
                       and y.segment_id = b and y.contact_id = x.contact_id
                     where x.tenant_id = auth.tenant() and x.segment_id = a)) order by a, b), '[]')
              from unnest(v_ids) a, unnest(v_ids) b where a < b),
        'as_of', auth.now());
end $$;

-- {"id","name"}: a list of those who are in it at this moment, for good.
create or replace function api.segments_snapshot(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.segments := godwit.segment_find(p_body);
    l godwit.lists;
begin
    perform godwit.read_body(p_body, array['id', 'name']);
    insert into godwit.lists (tenant_id, name, created_at)
    values (s.tenant_id, godwit.read_line(p_body, 'name', 1, 200, true), auth.now())
    returning * into l;
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select s.tenant_id, l.id, f, auth.now()
      from auth.predicate_find(s.tenant_id, s.predicate, auth.now()) f;
    perform godwit.audit('segments_snapshot', godwit.id_text('seg', s.id), null,
        godwit.list_json(l)), godwit.list_emit(l, 'list.created');
    return godwit.list_json(l);
exception
    when unique_violation then
        raise exception 'a list named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;
