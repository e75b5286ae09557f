-- Demo data: a shop as it would be after some weeks, and its end, step by step. What is
-- made is noted in the transaction that makes it, and nothing else is ever removed.

create or replace function godwit.demo_state(p_tenant int)
returns text language sql stable
as $$ select coalesce((
        select case when o.state in ('queued', 'running')
                    then case o.kind when 'demo_load' then 'loading' else 'removing' end
                    when d.whole then 'loaded' else 'partial' end
          from godwit.demos d
          left join godwit.operations o on o.qshard = 0 and o.tenant_id = p_tenant
               and o.id = d.operation_id
         where d.tenant_id = p_tenant), 'none') $$;

create or replace function godwit.demo_letter(p_title text, p_text text, p_first text,
    p_second text)
returns text language sql immutable
as $$ select format('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>%1$s'
    '</title></head><body><h1>%1$s</h1><p>Hello {{ contact.first_name | default: "there" }},</p>'
    '<p>%2$s</p><p><a href="https://shop.example.com/%3$s">%3$s</a> '
    '<a href="https://shop.example.com/%4$s">%4$s</a></p>'
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>',
    p_title, p_text, p_first, p_second) $$;

-- Bodies that a handler of operations compiles first: a segment, two templates.
create or replace function godwit.demo_bodies()
returns jsonb language sql immutable
as $$ select jsonb_build_array(
    jsonb_build_object('handler', 'predicate', 'body', jsonb_build_object(
        'name', 'Regulars (demo)', 'predicate', '{"all": [{"tag": "regular"}]}'::jsonb)),
    jsonb_build_object('handler', 'template', 'body', jsonb_build_object(
        'name', 'Autumn letter (demo)', 'subject', 'The teas of autumn are here',
        'html', godwit.demo_letter('Teas of autumn',
            'the first teas of the year have come in.', 'teas', 'recipes'))),
    jsonb_build_object('handler', 'template', 'body', jsonb_build_object(
        'name', 'Winter letter (demo)',
        'subject', 'Cups for long evenings, {{ contact.first_name | default: "friend" }}',
        'html', godwit.demo_letter('Cups for long evenings',
            'our potter has made new cups by hand.', 'cups', 'workshop')))) $$;

-- That this was made; its id.
create or replace function godwit.demo_note(p_kind text, p_type text, p_doc jsonb)
returns text language sql
as $$ insert into godwit.demo_made (tenant_id, kind, id)
      values (auth.tenant(), p_kind, godwit.id_parse(p_type, p_doc->>'id', 'id'))
      returning p_doc->>'id' $$;

-- The id that was noted, the p_nth of its kind.
create or replace function godwit.demo_id(p_kind text, p_nth int default 1)
returns bigint language sql stable
as $$ select id from godwit.demo_made where tenant_id = auth.tenant() and kind = p_kind
       order by id offset p_nth - 1 limit 1 $$;

-- A hundred contacts, in the list. An address that is somebody's already is left out, and
-- so is an attribute that a field has typed.
create or replace function godwit.demo_contacts(p_part int)
returns void language plpgsql
as $$
declare
    v_tenant constant int := auth.tenant();
    v_first constant text[] := string_to_array(
        'Ada Ben Cleo Dan Eva Finn Gul Hana Ivo Jana Kim Lea Mia Noa Omar Pia', ' ');
    v_last constant text[] := string_to_array('Acker Brandt Cohen Dietz Ebert Fuchs Gomez Haas '
        'Ito Jung Kraus Lang Moser Novak Okoye', ' ');
    v_zone constant text[] := string_to_array(
        'Europe/Berlin Europe/London America/New_York Asia/Tokyo Europe/Lisbon', ' ');
    v_city constant text[] := '{Berlin,London,New York,Tokyo,Lisbon}';
    v_typed constant text[] := array(select key from godwit.fields where tenant_id = v_tenant);
    v_ids bigint[];
begin
    perform godwit.quota_contacts_lock(v_tenant, 100, auth.now());
    perform godwit.quota_contacts(v_tenant, 100, auth.now());
    with made as (
        insert into godwit.contacts (tenant_id, email, first_name, last_name, zone, locale,
            attributes, tags, created_at, updated_at)
        select v_tenant, n.email, n.first, n.last, v_zone[1 + i % 5], 'en',
               jsonb_build_object('city', v_city[1 + i % 5], 'orders', i * 7 % 12,
                   'likes', (array['green tea', 'black tea', 'cups'])[1 + i % 3]) - v_typed,
               case when i % 9 = 0 then '{demo,wholesale}' when i % 3 = 0 then '{demo,regular}'
                    else '{demo}' end::text[],
               auth.now() - i * interval '5 hours', auth.now() - i * interval '5 hours'
          from generate_series(100 * p_part + 1, 100 * p_part + 100) i
         cross join lateral (select v_first[1 + i % 16] as first, v_last[1 + i % 15] as last) f
         cross join lateral (select f.*, lower(format('%s.%s.%s@shop.example.com', f.first,
               f.last, i)) as email) n
         where not exists (select from godwit.contacts c
                            where c.tenant_id = v_tenant and lower(c.email) = n.email)
        returning id, tags
    ), noted as (
        insert into godwit.demo_made (tenant_id, kind, id)
        select v_tenant, 'contact', id from made
    ), tagged as (
        insert into godwit.contact_tags (tenant_id, tag, contact_id)
        select v_tenant, t, id from made, unnest(tags) t
    ), entered as (
        insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select v_tenant, godwit.demo_id('list'), id, auth.now() from made
    )
    select array_agg(id) into v_ids from made;
    perform godwit.changed(v_tenant, 'contact', i::text, auth.now()) from unnest(v_ids) i;
end $$;

-- What came of a campaign: drawn by a hash, so that each run is the same.
create or replace function godwit.demo_came(p_campaign bigint, p_at timestamptz)
returns void language plpgsql
as $$
declare
    v_tenant constant int := auth.tenant();
begin
    insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts, code)
    select v_tenant, p_campaign, id, p_at + (id % 97) * interval '25 seconds',
           case when abs(hashint8(id * 31)) % 100 < 3 then 3 else 2 end, 1,
           case when abs(hashint8(id * 31)) % 100 < 3 then 550 else 250 end
      from godwit.demo_made where tenant_id = v_tenant and kind = 'contact';
    insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link)
    select v_tenant, e.at, p_campaign, s.contact_id, u.kind, 1,
           case u.kind when 2 then abs(hashint8(s.contact_id + 5)) % 2 end
      from godwit.sends s
     cross join (values (1, 46), (2, 17), (3, 1)) u(kind, share)
     cross join lateral (select s.at + interval '1 minute' + interval '12 days'
           * power(abs(hashint8(s.contact_id * 7 + u.kind)) % 1000 / 1000.0, 3) as at) e
     where s.tenant_id = v_tenant and s.campaign_id = p_campaign and s.state = 2
       and e.at <= auth.now()
       and abs(hashint8(s.contact_id * 13 + u.kind * 17)) % 100 < u.share;
    insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at,
        unsubscribed_at, class, human)
    select v_tenant, p_campaign, contact_id, min(at) filter (where kind = 1),
           min(at) filter (where kind = 2), min(at) filter (where kind = 3), 1,
           bit_or(case when kind < 3 then kind else 0 end)
      from godwit.events where tenant_id = v_tenant and campaign_id = p_campaign
     group by contact_id;
    insert into godwit.campaign_hours (tenant_id, campaign_id, hour, kind, class, n)
    select v_tenant, p_campaign, date_trunc('hour', at), kind, class, count(*)
      from godwit.events where tenant_id = v_tenant and campaign_id = p_campaign group by 3, 4, 5;
    insert into godwit.campaign_totals (tenant_id, campaign_id, opens, clicks, unique_opens,
        unique_clicks, unsubscribes, human_opens, human_clicks, human_unique_opens,
        human_unique_clicks)
    select v_tenant, p_campaign, o, c, o, c, u, o, c, o, c
      from (select count(opened_at) o, count(clicked_at) c, count(unsubscribed_at) u
              from godwit.engagement
             where tenant_id = v_tenant and campaign_id = p_campaign) g;
    insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, failed,
        updated_at)
    select v_tenant, p_campaign, count(*), count(*), count(*) filter (where state = 2),
           count(*) filter (where state = 3), auth.now()
      from godwit.sends where tenant_id = v_tenant and campaign_id = p_campaign;
    perform godwit.rollup_campaign(v_tenant, p_campaign, auth.now());
end $$;

-- A campaign of so many days ago. It is over when it is made: no worker ever sends of it.
create or replace function godwit.demo_campaign(p_nth int, p_name text, p_days int)
returns void language plpgsql
as $$
declare
    v_at constant timestamptz := auth.now() - p_days * interval '1 day';
    c godwit.campaigns;
begin
    c.id := godwit.id_parse('cmp', godwit.demo_note('campaign', 'cmp',
        api.campaigns_create(jsonb_build_object('name', p_name,
            'list_id', godwit.id_text('lst', godwit.demo_id('list')),
            'template_id', godwit.id_text('tpl', godwit.demo_id('template', p_nth)),
            'from', 'Corner Shop <hello@shop.example.com>'))), 'id');
    update godwit.campaigns u
       set state = 'finished', created_at = v_at - interval '1 day', started_at = v_at,
           finished_at = v_at + interval '45 minutes'
     where u.tenant_id = auth.tenant() and u.id = c.id returning * into c;
    perform godwit.campaign_freeze_links(c);
    perform godwit.demo_came(c.id, v_at);
end $$;

-- Step p_n of six.
create or replace function godwit.demo_step(p_n int, p_bodies jsonb)
returns void language plpgsql
as $$
declare
    v_body jsonb;
    v_id text;
begin
    if p_n = 0 then
        perform godwit.demo_note('list', 'lst',
            api.lists_create('{"name": "Newsletter (demo)"}'));
    end if;
    if p_n < 3 then
        perform godwit.demo_contacts(p_n);
    elsif p_n = 3 then
        perform godwit.demo_note('segment', 'seg', api.segments_create(p_bodies#>'{0,body}'));
        for v_body in select p_bodies#>array[i::text, 'body'] from generate_series(1, 2) i loop
            v_id := godwit.demo_note('template', 'tpl', api.templates_create(v_body));
            perform api.templates_publish(jsonb_build_object('id', v_id, 'version', 1));
        end loop;
    elsif p_n = 4 then
        perform godwit.demo_campaign(1, 'Teas of autumn (demo)', 16);
    elsif p_n = 5 then
        perform godwit.demo_campaign(2, 'Cups for long evenings (demo)', 4);
    end if;
end $$;

-- A campaign with all that came of it.
create or replace function godwit.demo_campaign_drop(c godwit.campaigns)
returns void language plpgsql
as $$
declare
    t text;
begin
    insert into godwit.change_log (tenant_id, kind, key, at)
    select c.tenant_id, 'link', c.id || '.' || index, auth.now()
      from godwit.links where tenant_id = c.tenant_id and campaign_id = c.id and fixed;
    foreach t in array array['links', 'campaign_cursors', 'sends', 'events', 'engagement',
        'campaign_totals', 'campaign_hours', 'rollups', 'rollup_states'] loop
        execute format('delete from godwit.%I where tenant_id = $1 and campaign_id = $2', t)
          using c.tenant_id, c.id;
    end loop;
    delete from godwit.campaigns where tenant_id = c.tenant_id and id = c.id;
    delete from godwit.template_versions
     where tenant_id = c.tenant_id and template_id = c.template_id;
    delete from godwit.templates where tenant_id = c.tenant_id and id = c.template_id;
end $$;

-- Remove one; false: own data needs it. What is gone already counts as removed.
create or replace function godwit.demo_drop(m godwit.demo_made)
returns boolean language plpgsql
as $$
declare
    v_id constant jsonb := jsonb_build_object('id', godwit.id_text(case m.kind
        when 'list' then 'lst' when 'segment' then 'seg' else 'tpl' end, m.id));
    c godwit.contacts;
    g godwit.campaigns;
begin
    if m.kind = 'contact' then
        select * into c from godwit.contacts
         where tenant_id = m.tenant_id and id = m.id for update;
        if found and cardinality(godwit.person_ids(m.tenant_id, m.id)) > 1 then
            return false;
        elsif found then
            perform godwit.contact_drop(c);
        end if;
    elsif m.kind = 'campaign' then
        select * into g from godwit.campaigns
         where tenant_id = m.tenant_id and id = m.id for update;
        perform godwit.demo_campaign_drop(g) where found;
    elsif m.kind = 'template' then
        perform api.templates_delete(v_id) from godwit.templates
          where tenant_id = m.tenant_id and id = m.id;
    elsif m.kind = 'segment' then
        perform from godwit.segments where tenant_id = m.tenant_id and id = m.id for update;
        if exists (select from godwit.campaigns
                    where tenant_id = m.tenant_id and segment_id = m.id) then
            return false;
        end if;
        perform api.segments_delete(v_id) from godwit.segments
          where tenant_id = m.tenant_id and id = m.id;
    else
        perform from godwit.lists where tenant_id = m.tenant_id and id = m.id for update;
        if exists (select from godwit.campaigns
                    where tenant_id = m.tenant_id and list_id = m.id)
            or exists (select from godwit.list_members
                        where tenant_id = m.tenant_id and list_id = m.id)
        then
            return false;
        end if;
        perform api.lists_delete(v_id) from godwit.lists
          where tenant_id = m.tenant_id and id = m.id;
    end if;
    return true;
end $$;

-- The next hundred of what was made, in the order in which nothing needs what is gone.
create or replace function godwit.demo_less(d godwit.demos)
returns void language plpgsql
as $$
declare
    m godwit.demo_made;
    v_removed int := 0;
    v_kept int := 0;
begin
    for m in select * from godwit.demo_made where tenant_id = d.tenant_id
              order by array_position('{campaign,template,segment,contact,list}', kind), id
              limit 100
    loop
        if godwit.demo_drop(m) then
            v_removed := v_removed + 1;
        else
            v_kept := v_kept + 1;
        end if;
        delete from godwit.demo_made
         where tenant_id = m.tenant_id and kind = m.kind and id = m.id;
    end loop;
    update godwit.demos
       set removed = removed + v_removed, kept = kept + v_kept, done = done + v_removed + v_kept
     where tenant_id = d.tenant_id;
end $$;

-- A step of an operation, as whoever has asked for it; how many it has been of how many.
create or replace function godwit.demo_turn(p_tenant int, p_operation bigint,
    p_now timestamptz, p_bodies jsonb, out done bigint, out total bigint)
language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    o godwit.operations;
    d godwit.demos;
begin
    perform set_config('app.tenant', p_tenant::text, true);
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = p_tenant and id = p_operation;
    perform auth.context(p_tenant::text, null, null, null, o.input->>'actor', '{*}', false,
        o.request_id, null, p_now);
    select * into d from godwit.demos
     where tenant_id = p_tenant and operation_id = p_operation for update;
    if o.kind = 'demo_load' then
        perform godwit.demo_step(d.done, p_bodies);
        update godwit.demos u set done = least(u.done + 1, 6) where tenant_id = p_tenant
        returning u.done, 6 into done, total;
    else
        perform godwit.demo_less(d);
        select u.done, u.done + (select count(*) from godwit.demo_made m
                                  where m.tenant_id = p_tenant)
          into done, total from godwit.demos u where u.tenant_id = p_tenant;
    end if;
end $$;

-- The end of an operation, however it came; the result of a removal.
create or replace function godwit.demo_settle(p_tenant int, p_kind text, p_state text)
returns jsonb language plpgsql
as $$
declare
    v_result jsonb;
begin
    if p_state = 'done' and p_kind = 'demo_remove' then
        delete from godwit.demos where tenant_id = p_tenant
        returning jsonb_build_object('removed', removed, 'kept', kept) into v_result;
    elsif p_state = 'done' then
        update godwit.demos set whole = true where tenant_id = p_tenant;
    end if;
    return v_result;
end $$;

revoke execute on function godwit.demo_turn(int, bigint, timestamptz, jsonb),
    godwit.demo_drop(godwit.demo_made), godwit.demo_less(godwit.demos),
    godwit.demo_campaign_drop(godwit.campaigns), godwit.demo_came(bigint, timestamptz)
    from gw_api, gw_search;
