-- Campaigns: create, run, look.

-- All of it but its texts, which lists do not even read.
create or replace function godwit.campaign_head(c godwit.campaigns)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cmp', c.id), 'name', c.name,
        'state', c.state, 'list_id', godwit.id_text('lst', c.list_id),
        'segment_id', godwit.id_text('seg', c.segment_id), 'from', c.from_address,
        'subject', v.subject, 'locale', v.locale, 'rate', c.rate, 'test', c.test,
        'tracking', c.tracking, 'utm', c.utm, 'files', godwit.files_json(c.files),
        'created_at', c.created_at, 'started_at', c.started_at, 'finished_at', c.finished_at,
        'problem', coalesce(c.problem, godwit.campaign_waits(c, auth.now())))
      from godwit.template_versions v
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version $$;

create or replace function godwit.campaign_json(c godwit.campaigns)
returns jsonb language sql stable
as $$ select godwit.campaign_head(c) || jsonb_build_object('html', v.html, 'text', v.text,
        'variants', godwit.variants_json(v.variants),
        'experiment', godwit.experiment_json(c.tenant_id, c.id, v.arms))
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

-- The address that {"from"} holds: `Name <mail@example.com>` or an address.
create or replace function godwit.read_from(p_body jsonb)
returns text language plpgsql stable
as $$
declare
    v text := btrim(godwit.read_line(p_body, 'from', 3, 500, true));
begin
    if not godwit.is_email(coalesce(substring(v from '<([^<>]*)>$'), v)) then
        perform godwit.invalid('from', '"from" is not an address like Name <mail@example.com>');
    end if;
    return v;
end $$;

-- The list of {"list_id"}, kept from going until this request ends; GW002.
create or replace function godwit.read_list(p_body jsonb)
returns bigint language plpgsql
as $$
declare
    v_list bigint := godwit.read_id(p_body, 'list_id', 'lst');
begin
    perform from godwit.lists where tenant_id = auth.tenant() and id = v_list for key share;
    if not found then
        raise exception 'there is no list %', p_body->>'list_id'
            using errcode = 'GW002', column = 'list_id';
    end if;
    return v_list;
end $$;

-- The segment of {"segment_id"}, or null, kept from going until this request ends; GW002.
create or replace function godwit.read_segment(p_body jsonb)
returns bigint language plpgsql
as $$
declare
    v_segment bigint := godwit.read_id(p_body, 'segment_id', 'seg', false);
begin
    perform from godwit.segments where tenant_id = auth.tenant() and id = v_segment for key share;
    if not found and v_segment is not null then
        raise exception 'there is no segment %', p_body->>'segment_id'
            using errcode = 'GW002', column = 'segment_id';
    end if;
    return v_segment;
end $$;

-- {"name","list_id","segment_id"?,"from","rate"?,"tracking"?,"utm"?,"files"?} and content; rate
-- in messages per second.
create or replace function api.campaigns_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_list bigint;
    v_from text;
    v_files jsonb;
    c godwit.campaigns;
begin
    perform godwit.read_body(p_body, array['name', 'list_id', 'segment_id', 'from', 'rate',
        'tracking', 'utm', 'files', 'experiment', '_compiled'] || godwit.content_fields());
    v_files := godwit.read_files(p_body);
    v_from := godwit.read_from(p_body);
    v_list := godwit.read_list(p_body);
    insert into godwit.campaigns (tenant_id, name, list_id, segment_id, template_id,
        template_version, from_address, rate, tracking, utm, files, host_id, state, test,
        created_at)
    values (auth.tenant(), godwit.read_line(p_body, 'name', 1, 200, true), v_list,
        godwit.read_segment(p_body), godwit.template_store(p_body, null), 1, v_from,
        godwit.read_int(p_body, 'rate', 1, 1000000),
        coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean, true),
        godwit.read_utm(p_body), v_files, godwit.files_host(auth.tenant(), v_files), 'draft',
        auth.is_test(), auth.now())
    returning * into c;
    perform godwit.experiment_store(c, p_body);
    perform godwit.audit('campaigns_create', godwit.id_text('cmp', c.id), null,
        p_body - '_compiled');
    return godwit.campaign_json(c);
end $$;

-- The draft of {"id"}, locked, as If-Match wants it; GW003 for one that has
-- been started.
create or replace function godwit.campaign_draft(p_body jsonb, p_verb text)
returns godwit.campaigns language plpgsql
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body, true);
begin
    perform godwit.match(p_body, godwit.campaign_json(c));
    if c.started_at is not null or c.state not in ('draft', 'cancelled')
        or (p_verb = 'changed' and c.state <> 'draft')
    then
        raise exception 'campaign % is %; only a draft can be %', godwit.id_text('cmp', c.id),
            c.state, p_verb using errcode = 'GW003', column = 'id';
    end if;
    return c;
end $$;

-- A draft: what is named changes.
create or replace function api.campaigns_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_draft(p_body, 'changed');
    v_was jsonb := godwit.campaign_json(c);
    t godwit.templates;
begin
    perform godwit.read_body(p_body, array['id', 'name', 'list_id', 'segment_id', 'from', 'rate',
        'tracking', 'utm', 'files', 'experiment', '_compiled', '_if_match']
        || godwit.content_fields());
    c.files := case when p_body ? 'files' then godwit.read_files(p_body) else c.files end;
    select * into t from godwit.templates
     where tenant_id = c.tenant_id and id = c.template_id for update;
    update godwit.campaigns set
           name = case when p_body ? 'name' then godwit.read_line(p_body, 'name', 1, 200, true)
                       else c.name end,
           list_id = case when p_body ? 'list_id' then godwit.read_list(p_body)
                          else c.list_id end,
           segment_id = case when p_body ? 'segment_id' then godwit.read_segment(p_body)
                             else c.segment_id end,
           from_address = case when p_body ? 'from' then godwit.read_from(p_body)
                               else c.from_address end,
           rate = case when p_body ? 'rate' then godwit.read_int(p_body, 'rate', 1, 1000000)
                       else c.rate end,
           tracking = coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean,
                               c.tracking),
           utm = case when p_body ? 'utm' then godwit.read_utm(p_body) else c.utm end,
           files = c.files, host_id = godwit.files_host(c.tenant_id, c.files),
           template_version = godwit.template_revise(t, p_body)
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.experiment_store(c, p_body);
    perform godwit.audit('campaigns_update', godwit.id_text('cmp', c.id), v_was,
        godwit.campaign_json(c));
    return godwit.campaign_json(c);
end $$;

-- A draft, or one that was cancelled before it began.
create or replace function api.campaigns_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_draft(p_body, 'deleted');
    v_was jsonb := godwit.campaign_json(c);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    delete from godwit.campaigns where tenant_id = c.tenant_id and id = c.id;
    delete from godwit.template_versions
     where tenant_id = c.tenant_id and template_id = c.template_id;
    delete from godwit.templates where tenant_id = c.tenant_id and id = c.template_id;
    perform godwit.audit('campaigns_delete', godwit.id_text('cmp', c.id), v_was, null);
    return null;
end $$;

create or replace function api.campaigns_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.campaign_json(godwit.campaign_find(p_body));
end $$;

-- Without their texts.
create or replace function api.campaigns_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'campaigns_list', 'godwit.campaigns t', 't.id',
    'godwit.campaign_head(t)', array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz'],
        ['name', 't.name', 'text']], array[
        ['state', 'word draft running paused finished cancelled', 't.state = %s'],
        ['list_id', 'id lst', 't.list_id = %s'],
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

-- Freeze the audience: the members of the list now, of a campaign with a segment those
-- who are in it now, ids ascending, packed.
create or replace function godwit.campaign_freeze(p_tenant int, p_campaign bigint, p_list bigint)
returns bigint language plpgsql
as $$
declare
    v_audience bigint;
    v_predicate jsonb := (select s.predicate from godwit.campaigns c
        join godwit.segments s on s.tenant_id = c.tenant_id and s.id = c.segment_id
       where c.tenant_id = p_tenant and c.id = p_campaign);
begin
    insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
    select p_tenant, p_campaign, no, min(contact_id),
           array_agg((contact_id - base)::int order by contact_id)
      from (select contact_id, no, min(contact_id) over (partition by no) as base
              from (select contact_id,
                           ((row_number() over (order by contact_id) - 1) / 4096)::int as no
                      from godwit.list_members
                     where tenant_id = p_tenant and list_id = p_list
                       and (v_predicate is null or contact_id in (
                            select auth.predicate_find(p_tenant, v_predicate, auth.now())))) r) b
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
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.campaign_json(c));
    if c.state <> all (p_from) then
        raise exception 'campaign % is %; % needs one that is %', godwit.id_text('cmp', c.id),
            c.state, replace(p_operation, 'campaigns_', ''), array_to_string(p_from, ' or ')
            using errcode = 'GW003', column = 'id';
    end if;
    -- a test stays one, whoever starts it; what has gone out goes on live alone
    if p_to = 'running' and c.started_at is not null and auth.is_test() and not c.test then
        raise exception 'a key for tests can not resume campaign %, which is not a test',
            godwit.id_text('cmp', c.id) using errcode = 'GW004', column = 'id';
    end if;
    update godwit.campaigns set state = p_to,
           test = c.test or (p_to = 'running' and auth.is_test()),
           started_at = coalesce(started_at, case when p_to = 'running' then auth.now() end),
           finished_at = case when p_to = 'cancelled' and v_was = 'draft' then auth.now() end
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.changed(c.tenant_id, 'campaign', c.id::text, auth.now());
    perform godwit.emit_campaign(c, 'campaign.' || case p_operation
        when 'campaigns_start' then 'started' when 'campaigns_resume' then 'resumed'
        else p_to end, auth.now());
    perform godwit.audit(p_operation, godwit.id_text('cmp', c.id),
        jsonb_build_object('state', v_was), jsonb_build_object('state', p_to));
    return godwit.campaign_json(c);
end $$;

-- {"id"}: what stands against its start, and what speaks against it.
create or replace function api.campaigns_preflight(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return (select jsonb_build_object('id', godwit.id_text('cmp', c.id),
            'ready', coalesce(bool_and(f.level <> 'blocker'), true),
            'findings', coalesce(jsonb_agg(jsonb_build_object('level', f.level, 'code', f.code,
                'message', f.message) order by f.level, f.code, f.message), '[]'))
        from godwit.campaign_findings(c, auth.now()) f);
end $$;

-- What the workspace says of links holds from the start on as the campaign's
-- own; the links and where they lead.
create or replace function godwit.campaign_freeze_links(c godwit.campaigns)
returns void language plpgsql
as $$
declare
    v_params text[];
begin
    update godwit.campaigns u
       set utm = coalesce(c.utm, t.utm, '{}'), tracking = c.tracking and t.tracking
      from auth.tenants t
     where u.tenant_id = c.tenant_id and u.id = c.id and t.id = c.tenant_id
    returning godwit.utm_params(u.utm) into v_params;
    insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
    select c.tenant_id, c.id, (l->>'index')::int, godwit.link_target(l, v_params),
           (l->>'fixed')::boolean
      from godwit.template_versions v, jsonb_array_elements(v.links) l
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version;
    perform from godwit.links where tenant_id = c.tenant_id and campaign_id = c.id
        and octet_length(url) > 2048;
    if found then
        raise exception 'a link has more than 2048 bytes with the parameters of "utm"; shorten '
            'either' using errcode = 'GW003', column = 'utm';
    end if;
    insert into godwit.change_log (tenant_id, kind, key, at)
    select c.tenant_id, 'link', c.id || '.' || index, auth.now()
      from godwit.links where tenant_id = c.tenant_id and campaign_id = c.id and fixed;
end $$;

create or replace function api.campaigns_start(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_moved jsonb := godwit.campaign_move(p_body, 'campaigns_start', array['draft'], 'running');
    c godwit.campaigns := godwit.campaign_find(p_body);
    x godwit.experiments;
    v_audience bigint;
    v_gate bigint := 0;
    v_why text;
begin
    -- of a test nothing leaves this house
    select f.message into v_why from godwit.campaign_findings(c, auth.now()) f
     where f.level = 'blocker' and f.code <> 'no_members' and not c.test
     order by f.code limit 1;
    if found then
        raise exception '%', v_why using errcode = 'GW003', column = 'id';
    end if;
    v_audience := godwit.campaign_freeze(c.tenant_id, c.id, c.list_id);
    if v_audience = 0 then
        raise exception 'list % has no members%; add contacts before the start',
            godwit.id_text('lst', c.list_id), coalesce(' in segment '
                || godwit.id_text('seg', c.segment_id), '')
            using errcode = 'GW003', column = 'id';
    end if;
    select * into x from godwit.experiments where tenant_id = c.tenant_id and campaign_id = c.id;
    if found then
        v_gate := godwit.experiment_freeze(x);
        if v_gate = 0 then
            raise exception 'nobody on list % is in the test; make "test" larger',
                godwit.id_text('lst', c.list_id) using errcode = 'GW003', column = 'experiment';
        end if;
    end if;
    insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, gate, held, updated_at)
    values (c.tenant_id, c.id, v_audience, v_gate, v_gate between 1 and v_audience - 1,
        auth.now());
    -- what others make of them from now on is not for this campaign
    update godwit.campaigns set snippets = godwit.snippets_of(array(
            select n from godwit.template_versions v, godwit.calls_names(v.calls) n
             where v.tenant_id = c.tenant_id and v.template_id = c.template_id
               and v.version = c.template_version))
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    if octet_length(c.snippets::text) > 1000000 then
        raise exception 'the snippets that campaign % calls have more than 1 MB',
            godwit.id_text('cmp', c.id) using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.campaign_freeze_links(c);
    return godwit.campaign_json(godwit.campaign_find(p_body));
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
    perform godwit.read_body(p_body, array['id', 'fields']);
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
        'uncertain', coalesce(k.uncertain, 0), 'opens', coalesce(t.human_opens, 0),
        'unique_opens', coalesce(t.human_unique_opens, 0),
        'clicks', coalesce(t.human_clicks, 0),
        'unique_clicks', coalesce(t.human_unique_clicks, 0),
        'unsubscribes', coalesce(t.unsubscribes, 0),
        'all', jsonb_build_object('opens', coalesce(t.opens, 0),
            'unique_opens', coalesce(t.unique_opens, 0), 'clicks', coalesce(t.clicks, 0),
            'unique_clicks', coalesce(t.unique_clicks, 0)), 'as_of', auth.now());
end $$;

-- The links of a campaign and who clicked them: humans, and beside them all.
create or replace function api.campaigns_links(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_params text[] := (select godwit.utm_params(coalesce(c.utm, t.utm)) from auth.tenants t
                         where t.id = c.tenant_id);
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return (
        select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object(
                'index', (l->>'index')::int, 'url', l->>'url', 'name', l->>'name',
                'locale', l->>'locale',
                'fixed', (l->>'fixed')::boolean,
                'target', case when (l->>'fixed')::boolean
                               then godwit.link_target(l, v_params) end,
                'clicks', coalesce(e.clicks, 0), 'unique_clicks', coalesce(e.persons, 0),
                'all', jsonb_build_object('clicks', coalesce(e.all_clicks, 0),
                    'unique_clicks', coalesce(e.all_persons, 0)))
            order by (l->>'index')::int), '[]'), 'next', null)
          from godwit.template_versions v
         cross join jsonb_array_elements(v.links) l
          left join (select link, count(*) as all_clicks,
                            count(distinct contact_id) as all_persons,
                            count(*) filter (where class = 1) as clicks,
                            count(distinct contact_id) filter (where class = 1) as persons
                       from godwit.events where tenant_id = c.tenant_id
                        and campaign_id = c.id and kind = 2 group by link) e
            on e.link = (l->>'index')::int
         where v.tenant_id = c.tenant_id and v.template_id = c.template_id
           and v.version = c.template_version);
end $$;
