-- Campaigns: create, run, look.

create or replace function godwit.campaign_json(c godwit.campaigns)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cmp', c.id), 'name', c.name,
        'state', c.state, 'list_id', godwit.id_text('lst', c.list_id), 'from', c.from_address,
        'subject', v.subject, 'html', v.html, 'text', v.text, 'rate', c.rate,
        'created_at', c.created_at, 'started_at', c.started_at, 'finished_at', c.finished_at,
        'problem', c.problem)
      from godwit.template_versions v
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version $$;

-- The campaign of {"id"}, locked when it is to change; GW002.
create or replace function godwit.campaign_find(p_body jsonb, p_lock boolean default false)
returns godwit.campaigns language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'cmp');
    c godwit.campaigns;
begin
    if p_lock then
        select * into c from godwit.campaigns
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into c from godwit.campaigns where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no campaign %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return c;
end $$;

-- {"name","list_id","from","subject","html","text"?,"rate"?}; rate in
-- messages per second.
create or replace function api.campaigns_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_list bigint;
    v_from text;
    c godwit.campaigns;
begin
    perform godwit.read_body(p_body, array['name', 'list_id', 'from', 'subject', 'html', 'text',
        'rate', '_compiled']);
    v_list := godwit.read_id(p_body, 'list_id', 'lst');
    v_from := btrim(godwit.read_line(p_body, 'from', 3, 500, true));
    if not godwit.is_email(coalesce(substring(v_from from '<([^<>]*)>$'), v_from)) then
        perform godwit.invalid('from', '"from" is not an address like Name <mail@example.com>');
    end if;
    if not exists (select from godwit.lists where tenant_id = v_tenant and id = v_list) then
        raise exception 'there is no list %', p_body->>'list_id'
            using errcode = 'GW002', column = 'list_id';
    end if;

    insert into godwit.campaigns (tenant_id, name, list_id, template_id, template_version,
        from_address, rate, state, created_at)
    values (v_tenant, godwit.read_line(p_body, 'name', 1, 200, true), v_list,
        godwit.template_store(p_body, null, godwit.read_line(p_body, 'subject', 1, 5000, true),
            godwit.read_text(p_body, 'html', 1, 1000000, true),
            godwit.read_text(p_body, 'text', 0, 1000000)),
        1, v_from, godwit.read_int(p_body, 'rate', 1, 1000000), 'draft', auth.now())
    returning * into c;
    perform godwit.audit('campaigns_create', godwit.id_text('cmp', c.id), null,
        p_body - '_compiled');
    return godwit.campaign_json(c);
end $$;

create or replace function api.campaigns_get(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id']);
    return godwit.campaign_json(godwit.campaign_find(p_body));
end $$;

create or replace function api.campaigns_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := godwit.read_cursor(p_body);
begin
    perform godwit.read_body(p_body, array['cursor', 'limit']);
    return godwit.page(array(
        select jsonb_build_object('key', c.id, 'item', godwit.campaign_json(c) - 'html' - 'text')
          from godwit.campaigns c
         where c.tenant_id = auth.tenant() and c.id > v_after
         order by c.id limit v_limit + 1), v_limit);
end $$;

-- Freeze the audience: the members of the list now, ids ascending, packed.
create or replace function godwit.campaign_freeze(p_tenant int, p_campaign bigint, p_list bigint)
returns bigint language plpgsql
as $$
declare
    v_audience bigint;
begin
    insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
    select p_tenant, p_campaign, no, min(contact_id),
           array_agg((contact_id - base)::int order by contact_id)
      from (select contact_id, no, min(contact_id) over (partition by no) as base
              from (select contact_id,
                           ((row_number() over (order by contact_id) - 1) / 4096)::int as no
                      from godwit.list_members
                     where tenant_id = p_tenant and list_id = p_list) r) b
     group by no, base;
    select coalesce(sum(cardinality(offsets)), 0) into v_audience
      from godwit.audience_blocks where tenant_id = p_tenant and campaign_id = p_campaign;
    return v_audience;
end $$;

-- Move a campaign from one of p_from to p_to; GW003 says why not.
create or replace function godwit.campaign_move(
    p_body jsonb, p_operation text, p_from text[], p_to text)
returns jsonb language plpgsql
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body, true);
    v_was text := c.state;
begin
    perform godwit.read_body(p_body, array['id']);
    if c.state <> all (p_from) then
        raise exception 'campaign % is %; % needs one that is %', godwit.id_text('cmp', c.id),
            c.state, replace(p_operation, 'campaigns_', ''), array_to_string(p_from, ' or ')
            using errcode = 'GW003', column = 'id';
    end if;
    update godwit.campaigns set state = p_to,
           started_at = coalesce(started_at, case when p_to = 'running' then auth.now() end),
           finished_at = case when p_to = 'cancelled' and v_was = 'draft' then auth.now() end
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.changed(c.tenant_id, 'campaign', c.id::text, auth.now());
    perform godwit.audit(p_operation, godwit.id_text('cmp', c.id),
        jsonb_build_object('state', v_was), jsonb_build_object('state', p_to));
    return godwit.campaign_json(c);
end $$;

create or replace function api.campaigns_start(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_result jsonb := godwit.campaign_move(p_body, 'campaigns_start', array['draft'], 'running');
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_audience bigint;
begin
    v_audience := godwit.campaign_freeze(c.tenant_id, c.id, c.list_id);
    if v_audience = 0 then
        raise exception 'list % has no members; add contacts before the start',
            godwit.id_text('lst', c.list_id) using errcode = 'GW003', column = 'id';
    end if;
    insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, updated_at)
    values (c.tenant_id, c.id, v_audience, auth.now());
    insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    select c.tenant_id, c.id, (l->>'index')::int, l->>'url', (l->>'fixed')::boolean
      from godwit.template_versions v, jsonb_array_elements(v.links) l
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version;
    insert into godwit.change_log (tenant_id, kind, key, at)
    select c.tenant_id, 'link', c.id || '.' || index, auth.now()
      from godwit.links where tenant_id = c.tenant_id and campaign_id = c.id and fixed;
    return v_result;
end $$;

create or replace function api.campaigns_pause(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_move(p_body, 'campaigns_pause', array['running'], 'paused') $$;

create or replace function api.campaigns_resume(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_move(p_body, 'campaigns_resume', array['paused'], 'running') $$;

-- What is not sent yet will pass as suppressed, reason `cancelled`.
create or replace function api.campaigns_cancel(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_move(p_body, 'campaigns_cancel',
             array['draft', 'running', 'paused'], 'cancelled') $$;

create or replace function api.campaigns_stats(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    k godwit.campaign_cursors;
    t godwit.campaign_totals;
begin
    perform godwit.read_body(p_body, array['id']);
    select * into k from godwit.campaign_cursors
     where tenant_id = c.tenant_id and campaign_id = c.id;
    select * into t from godwit.campaign_totals
     where tenant_id = c.tenant_id and campaign_id = c.id;
    return jsonb_build_object('id', godwit.id_text('cmp', c.id), 'state', c.state,
        'audience', coalesce(k.audience, 0),
        'queued', coalesce(k.audience - k.in_flight - k.sent - k.failed - k.suppressed
                           - k.invalid - k.not_rendered - k.uncertain, 0),
        'in_flight', coalesce(k.in_flight, 0), 'sent', coalesce(k.sent, 0),
        'failed', coalesce(k.failed, 0), 'suppressed', coalesce(k.suppressed, 0),
        'invalid', coalesce(k.invalid, 0), 'not_rendered', coalesce(k.not_rendered, 0),
        'uncertain', coalesce(k.uncertain, 0), 'opens', coalesce(t.opens, 0),
        'unique_opens', coalesce(t.unique_opens, 0), 'clicks', coalesce(t.clicks, 0),
        'unique_clicks', coalesce(t.unique_clicks, 0),
        'unsubscribes', coalesce(t.unsubscribes, 0), 'as_of', auth.now());
end $$;

-- {"id","state"?,"cursor"?,"limit"?}: recipients that the cursor has passed.
create or replace function api.campaigns_recipients(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_limit int := godwit.read_limit(p_body);
    v_after bigint := godwit.read_cursor(p_body);
    v_word text := godwit.read_text(p_body, 'state', 1, 20);
    v_state smallint := array_position(array['queued', 'in_flight', 'sent', 'failed',
        'suppressed', 'invalid', 'not_rendered', 'uncertain'], v_word) - 1;
begin
    perform godwit.read_body(p_body, array['id', 'state', 'cursor', 'limit']);
    if v_word is not null and v_state is null then
        perform godwit.invalid('state', format('there is no state "%s"', v_word));
    end if;
    return godwit.page(array(
        select jsonb_build_object('key', s.contact_id, 'item', jsonb_build_object(
                   'contact_id', godwit.id_text('ct', s.contact_id), 'email', p.email,
                   'state', godwit.state_name(s.state), 'reason', s.reason, 'code', s.code,
                   'at', s.at, 'message_id', godwit.message_id(s.tenant_id, c.id, s.contact_id,
                        godwit.address_domain(c.from_address))))
          from godwit.sends s
          left join godwit.contacts p on p.tenant_id = s.tenant_id and p.id = s.contact_id
         where s.tenant_id = c.tenant_id and s.campaign_id = c.id and s.contact_id > v_after
           and (v_state is null or s.state = v_state)
         order by s.contact_id limit v_limit + 1), v_limit);
end $$;

-- Why did this recipient (not) get his mail? {"id","email"}.
create or replace function api.campaigns_why(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_contact bigint;
    s godwit.sends;
begin
    perform godwit.read_body(p_body, array['id', 'email']);
    select id into v_contact from godwit.contacts where tenant_id = c.tenant_id
       and lower(email) = lower(godwit.read_line(p_body, 'email', 1, 254, true));
    if not found or not exists (select from godwit.audience_blocks b
        where b.tenant_id = c.tenant_id and b.campaign_id = c.id
          and v_contact between b.base and b.base + b.offsets[cardinality(b.offsets)]
          and (v_contact - b.base)::int = any (b.offsets))
    then
        raise exception '% is not in the audience of campaign %', p_body->>'email',
            godwit.id_text('cmp', c.id) using errcode = 'GW002', column = 'email';
    end if;

    select * into s from godwit.sends
     where tenant_id = c.tenant_id and campaign_id = c.id and contact_id = v_contact;
    return jsonb_build_object(
        'state', coalesce(godwit.state_name(s.state), 'queued'),
        'reason', coalesce(s.reason, case when s.state is null then
            case c.state when 'running' then coalesce(c.problem, 'not reached yet')
                         else format('the campaign is %s', c.state) end end),
        'at', s.at,
        'message_id', godwit.message_id(c.tenant_id, c.id, v_contact,
                                        godwit.address_domain(c.from_address)),
        'attempts', coalesce((select jsonb_agg(jsonb_build_object('at', a.at, 'code', a.code,
                'reply', a.reply) order by a.attempt)
            from (select attempt, at, code, reply from godwit.send_attempts
                   where tenant_id = c.tenant_id and campaign_id = c.id and contact_id = v_contact
                   union all
                  select s.attempts, s.at, s.code, s.reply where s.code is not null
                     and not exists (select from godwit.send_attempts
                        where tenant_id = c.tenant_id and campaign_id = c.id
                          and contact_id = v_contact and attempt = s.attempts)) a), '[]'));
end $$;
