-- Lists: named sets of contacts.

-- Its members are counted in the order of their key: where one list has nearly
-- all of them the planner would read the whole table for every other list.
create or replace function godwit.list_json(l godwit.lists)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('lst', l.id), 'name', l.name,
        'public', l.public, 'double_opt_in', l.double_opt_in,
        'members', (select count(*) from (select from godwit.list_members m
                     where m.tenant_id = l.tenant_id and m.list_id = l.id
                     order by m.contact_id) o),
        'created_at', l.created_at) $$;

-- Tell of a list; who is in it is told of contacts.
create or replace function godwit.list_emit(l godwit.lists, p_type text)
returns void language sql
as $$ select godwit.emit(l.tenant_id, p_type, jsonb_build_object(
        'id', godwit.id_text('lst', l.id), 'name', l.name, 'created_at', l.created_at),
        auth.now()) $$;

create or replace function api.lists_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists;
begin
    perform godwit.read_body(p_body, array['name', 'public', 'double_opt_in']);
    insert into godwit.lists (tenant_id, name, public, double_opt_in, created_at)
    values (auth.tenant(), godwit.read_line(p_body, 'name', 1, 200, true),
        coalesce(godwit.read_filter(p_body, 'public', 'flag')::boolean, false),
        coalesce(godwit.read_filter(p_body, 'double_opt_in', 'flag')::boolean, false), auth.now())
    returning * into l;
    perform godwit.audit('lists_create', godwit.id_text('lst', l.id), null, to_jsonb(l)),
            godwit.list_emit(l, 'list.created');
    return godwit.list_json(l);
exception
    when unique_violation then
        raise exception 'a list named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

-- The list of {"id"}, locked when it is to change; GW002.
create or replace function godwit.list_find(p_body jsonb, p_lock boolean default false)
returns godwit.lists language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'lst');
    l godwit.lists;
begin
    if p_lock then
        select * into l from godwit.lists
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into l from godwit.lists where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no list %', p_body->>'id' using errcode = 'GW002', column = 'id';
    end if;
    return l;
end $$;

create or replace function api.lists_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.list_json(godwit.list_find(p_body));
end $$;

create or replace function api.lists_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'lists_list', 'godwit.lists t', 't.id', 'godwit.list_json(t)',
    array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz'],
        ['name', 't.name', 'text']], array[
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

create or replace function api.lists_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists := godwit.list_find(p_body, true);
    v_was jsonb := jsonb_build_object('name', l.name, 'public', l.public,
        'double_opt_in', l.double_opt_in);
begin
    perform godwit.read_body(p_body, array['id', 'name', 'public', 'double_opt_in',
        '_if_match']);
    perform godwit.match(p_body, godwit.list_json(l));
    update godwit.lists set
           name = case when p_body ? 'name' then godwit.read_line(p_body, 'name', 1, 200, true)
                       else l.name end,
           public = coalesce(godwit.read_filter(p_body, 'public', 'flag')::boolean, l.public),
           double_opt_in = coalesce(
               godwit.read_filter(p_body, 'double_opt_in', 'flag')::boolean, l.double_opt_in)
     where tenant_id = l.tenant_id and id = l.id returning * into l;
    perform godwit.audit('lists_update', godwit.id_text('lst', l.id), v_was,
        jsonb_build_object('name', l.name, 'public', l.public, 'double_opt_in',
            l.double_opt_in)),
            godwit.list_emit(l, 'list.updated');
    return godwit.list_json(l);
exception
    when unique_violation then
        raise exception 'a list named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

-- The list and its memberships; contacts stay, so does what campaigns froze.
create or replace function api.lists_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists := godwit.list_find(p_body, true);
    v_user text;
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.list_json(l));
    select 'campaign ' || godwit.id_text('cmp', c.id) into v_user from godwit.campaigns c
     where c.tenant_id = l.tenant_id and c.list_id = l.id
       -- who of it has confirmed is asked when his mail is due
       and c.finished_at is null and c.state <> 'cancelled'
       and (c.started_at is null or l.double_opt_in) limit 1;
    if not found then
        select 'import ' || godwit.id_text('imp', i.id) into v_user from godwit.imports i
         where i.tenant_id = l.tenant_id and i.list_id = l.id and i.state = 'running' limit 1;
    end if;
    if found then
        raise exception 'list % is needed by %', godwit.id_text('lst', l.id), v_user
            using errcode = 'GW003', column = 'id';
    end if;
    delete from godwit.list_members where tenant_id = l.tenant_id and list_id = l.id;
    delete from godwit.lists where tenant_id = l.tenant_id and id = l.id;
    perform godwit.changed(l.tenant_id, 'contacts', '', auth.now());
    perform godwit.audit('lists_delete', godwit.id_text('lst', l.id), to_jsonb(l), null),
            godwit.list_emit(l, 'list.deleted');
    return null;
end $$;

create or replace function api.lists_members(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists := godwit.list_find(p_body);
begin
    return godwit.list(p_body, 'lists_members', $q$godwit.list_members t
        join godwit.lists l on l.tenant_id = t.tenant_id and l.id = t.list_id
        join godwit.contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
        left join godwit.subscriptions s on s.tenant_id = t.tenant_id
         and s.list_id = t.list_id and s.contact_id = t.contact_id
        cross join lateral godwit.member_state(s, l.double_opt_in) m$q$,
        't.contact_id', $q$jsonb_build_object('contact_id', 'ct_' || t.contact_id,
            'email', c.email, 'first_name', c.first_name, 'last_name', c.last_name,
            'added_at', t.added_at, 'state', m, 'state_at', case m when 'left' then s.said_at
                when 'unconfirmed' then coalesce(s.asked_at, t.added_at)
                else coalesce(s.confirmed_at, s.said_at, t.added_at) end)$q$,
        array[['contact_id', 't.contact_id', 'bigint']],
        array[['id', 'id lst', 't.list_id = %s'],
              ['state', 'word subscribed unconfirmed left', 'm = %s']]);
end $$;

-- {"id","contact_ids":[...]} -> {"added","members"}: members twice count once.
create or replace function api.lists_add(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_ids bigint[] := godwit.read_contacts(p_body);
    l godwit.lists := godwit.list_find(p_body, true);
    v_added bigint;
begin
    perform godwit.read_body(p_body, array['id', 'contact_ids']);
    -- locked in order: none goes meanwhile
    perform from godwit.contacts c where c.tenant_id = l.tenant_id and c.id = any (v_ids)
      order by c.id for key share;
    perform godwit.contacts_there(l.tenant_id, v_ids);
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select l.tenant_id, l.id, i, auth.now() from unnest(v_ids) i
    on conflict do nothing;
    get diagnostics v_added = row_count;
    perform godwit.contacts_changed(l.tenant_id, v_ids, auth.now());
    perform godwit.audit('lists_add', godwit.id_text('lst', l.id), null,
        jsonb_build_object('added', v_added));
    return jsonb_build_object('added', v_added, 'members', godwit.list_json(l)->'members');
end $$;

-- {"id","contact_ids":[...]} -> {"removed","members"}: who is no member stays none.
create or replace function api.lists_remove(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_ids bigint[] := godwit.read_contacts(p_body);
    l godwit.lists := godwit.list_find(p_body, true);
    v_removed bigint;
begin
    perform godwit.read_body(p_body, array['id', 'contact_ids']);
    delete from godwit.list_members m where m.tenant_id = l.tenant_id and m.list_id = l.id
       and m.contact_id = any (v_ids);
    get diagnostics v_removed = row_count;
    perform godwit.contacts_changed(l.tenant_id, v_ids, auth.now());
    perform godwit.audit('lists_remove', godwit.id_text('lst', l.id), null,
        jsonb_build_object('removed', v_removed));
    return jsonb_build_object('removed', v_removed, 'members', godwit.list_json(l)->'members');
end $$;

-- {"id","contact_id","from"?}: he is asked by mail whether he wants the list, unless he has
-- said so. {"list_id","contact_id","state","asked_at","message_id"}.
create or replace function api.lists_subscribe(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    l godwit.lists := godwit.list_find(p_body);
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct');
    v_from text := case when p_body ? 'from' then godwit.read_from(p_body) end;
    c godwit.contacts;
    s godwit.subscriptions;
    v_why text;
    v_message bigint;
begin
    perform godwit.read_body(p_body, array['id', 'contact_id', 'from']);
    select * into c from godwit.contacts
     where tenant_id = l.tenant_id and id = v_contact for update;
    if not found then
        raise exception 'there is no contact %', p_body->>'contact_id'
            using errcode = 'GW002', column = 'contact_id';
    end if;
    if not l.double_opt_in then
        perform godwit.refuse_subscribe('list ' || godwit.id_text('lst', l.id)
            || ' asks nobody; add him as a member, or set "double_opt_in"', 'id');
    end if;
    insert into godwit.subscriptions (tenant_id, list_id, contact_id)
    values (l.tenant_id, l.id, c.id) on conflict do nothing;
    select * into s from godwit.subscriptions
     where tenant_id = l.tenant_id and list_id = l.id and contact_id = c.id for update;
    if s.confirmed_at is null or not s.wanted then
        select coalesce(godwit.confirmation_wait(s, auth.now()),
                case when c.email is null then 'has no e-mail address' end,
                (select 'is suppressed: ' || u.reason from godwit.suppressions u
                  where u.tenant_id = c.tenant_id and godwit.stops_messages(u.reason)
                    and u.address_hash = godwit.address_hash(c.tenant_id, c.email)))
          into v_why;
        if v_why is not null then
            perform godwit.refuse_subscribe(godwit.id_text('ct', c.id) || ' ' || v_why,
                'contact_id');
        end if;
        v_message := godwit.confirmation_send(l, c, v_from, auth.now());
        update godwit.subscriptions u set asked_at = auth.now(), asked = 1 + case
               when u.asked_at > auth.now() - interval '7 days' then u.asked else 0 end
         where u.tenant_id = l.tenant_id and u.list_id = l.id and u.contact_id = c.id
        returning * into s;
    end if;
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    values (l.tenant_id, l.id, c.id, auth.now()) on conflict do nothing;
    perform godwit.contacts_changed(l.tenant_id, array[c.id], auth.now());
    perform godwit.audit('lists_subscribe', godwit.id_text('lst', l.id), null,
        jsonb_build_object('contact_id', godwit.id_text('ct', c.id),
            'message_id', godwit.id_text('msg', v_message)));
    return jsonb_build_object('list_id', godwit.id_text('lst', l.id),
        'contact_id', godwit.id_text('ct', c.id),
        'state', case when v_message is null then 'confirmed' else 'asked' end,
        'asked_at', s.asked_at, 'confirmed_at', s.confirmed_at,
        'message_id', godwit.id_text('msg', v_message));
end $$;

create or replace function godwit.refuse_subscribe(p_why text, p_field text)
returns void language plpgsql
as $$ begin raise exception '%', p_why using errcode = 'GW003', column = p_field; end $$;
