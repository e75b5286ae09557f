-- Campaigns: create, run, look.

-- All of it but its texts, which lists do not even read.
create or replace function godwit.campaign_head(c godwit.campaigns)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cmp', c.id), 'name', c.name,
        'kind', c.kind, 'state', c.state, 'list_id', godwit.id_text('lst', c.list_id),
        'segment_id', godwit.id_text('seg', c.segment_id), 'from', c.from_address,
        'template_id', godwit.id_text('tpl', v.origin), 'template_version', v.origin_version,
        'channel', coalesce(v.content->>'channel', 'email'),
        'subject', v.subject, 'locale', v.locale, 'rate', c.rate,
        'concurrency', c.concurrency, 'test', c.test,
        'category', c.category, 'tracking', c.tracking, 'utm', c.utm,
        'files', godwit.files_json(c.files),
        'schedule', c.schedule, 'due_at', c.due_at, 'auto_pause', godwit.auto_pause(c),
        'paused', c.paused, 'cloned_from', godwit.id_text('cmp', c.cloned_from),
        'occurrence_at', c.occurrence_at, 'public_title', c.public_title,
        'created_at', c.created_at, 'started_at', c.started_at, 'finished_at', c.finished_at,
        'archived_at', c.archived_at,
        'problem', coalesce(c.problem, godwit.campaign_waits(c, auth.now())))
      from godwit.template_versions v
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version $$;

create or replace function godwit.campaign_json(c godwit.campaigns)
returns jsonb language sql stable
as $$ select godwit.campaign_head(c) || jsonb_build_object('html', v.html, 'text', v.text,
        'variants', godwit.variants_json(v.variants),
        'experiment', godwit.experiment_json(c.tenant_id, c.id, v.arms))
        || case when v.content is not null then jsonb_build_object('content', v.content->'doc')
                else '{}' end
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

-- {"from"} of a campaign on a channel, and what it has that only mail can have.
create or replace function godwit.read_sender(p_body jsonb, p_channel text)
returns text language plpgsql stable
as $$
begin
    if p_channel <> 'email' and jsonb_path_exists(p_body, '$.files[*]') then
        perform godwit.invalid('files', format('"files" go with mail, and this is for %s',
            p_channel));
    end if;
    if p_channel <> 'email' and p_body->>'kind' <> 'regular' then
        perform godwit.invalid('kind', format('a campaign of the kind %s is mail, and this is for '
            '%s', p_body->>'kind', p_channel));
    end if;
    return case when p_channel = 'email' or p_body->>'from' is not null
                then godwit.read_from(p_body) else '' end;
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

-- {"kind"}: one whose messages are asked for one by one has nothing that says to whom, or when, all
-- of them go.
create or replace function godwit.read_kind(p_body jsonb)
returns text language plpgsql stable
as $$
declare
    v_kind text := coalesce(godwit.read_word(p_body, 'kind',
        array['regular', 'transactional', 'confirm']), 'regular');
begin
    perform godwit.kind_check(v_kind, p_body);
    if v_kind <> 'transactional' and p_body->>'list_id' is null then
        perform godwit.invalid('list_id', '"list_id" is missing');
    end if;
    return v_kind;
end $$;

create or replace function godwit.kind_check(p_kind text, p_body jsonb)
returns void language plpgsql stable
as $$
declare
    f text;
begin
    foreach f in array array['list_id', 'segment_id', 'schedule', 'experiment', 'category'] loop
        if p_kind = 'transactional' and p_body->>f is not null then
            perform godwit.invalid(f, format('a transactional campaign has no "%s": '
                'campaigns_send says who gets a message, and each goes at once', f));
        end if;
    end loop;
end $$;

-- {"name","kind"?,"list_id","segment_id"?,"from" (of mail),"rate"?,"concurrency"?,
-- "tracking"?,"utm"?,"files"?,"schedule"?,"auto_pause"?} and content, or the template whose live
-- version it takes; rate in messages per second.
create or replace function api.campaigns_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_kind text;
    v_list bigint;
    v_template bigint;
    v_from text;
    v_files jsonb;
    c godwit.campaigns;
begin
    perform godwit.read_body(p_body, array['name', 'kind', 'list_id', 'segment_id', 'from', 'rate',
        'concurrency', 'category', 'tracking', 'utm', 'files', 'schedule', 'auto_pause',
        'experiment', 'template_id', '_compiled'] || godwit.content_fields());
    v_kind := godwit.read_kind(p_body);
    v_files := godwit.read_files(p_body);
    if v_kind <> 'transactional' then
        v_list := godwit.read_list(p_body);
    end if;
    v_template := godwit.template_store(p_body, null);
    select godwit.read_sender(p_body, t.channel) into v_from from godwit.templates t
     where t.tenant_id = auth.tenant() and t.id = v_template;
    insert into godwit.campaigns (tenant_id, name, list_id, segment_id, template_id,
        template_version, from_address, rate, category, tracking, utm, files, host_id, schedule,
        auto_pause, state, test, created_at, kind, concurrency)
    values (auth.tenant(), godwit.read_line(p_body, 'name', 1, 200, true), v_list,
        godwit.read_segment(p_body), v_template, 1, v_from,
        godwit.read_int(p_body, 'rate', 1, 1000000), godwit.read_line(p_body, 'category', 1, 40),
        coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean, true),
        godwit.read_utm(p_body), v_files, godwit.files_host(auth.tenant(), v_files),
        godwit.read_schedule(p_body), godwit.read_auto_pause(p_body), 'draft', auth.is_test(),
        auth.now(), v_kind, godwit.read_int(p_body, 'concurrency', 1, 10000))
    returning * into c;
    perform godwit.experiment_store(c, p_body);
    perform godwit.audit('campaigns_create', godwit.id_text('cmp', c.id), null,
        p_body - '_compiled');
    return godwit.campaign_json(c);
end $$;

-- The draft of {"id"}, locked, as If-Match wants it; GW003 for one that has
-- been started. One that is not over may be changed in its pace and limits.
create or replace function godwit.campaign_draft(p_body jsonb, p_verb text)
returns godwit.campaigns language plpgsql
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body, true);
begin
    perform godwit.match(p_body, godwit.campaign_json(c));
    if p_verb = 'changed'
        and c.state in ('scheduled', 'preparing', 'running', 'paused', 'finishing')
        and p_body - array['id', 'rate', 'concurrency', 'auto_pause', '_compiled', '_if_match']
            = '{}'
    then
        return c;
    end if;
    if c.started_at is not null or c.state not in ('draft', 'cancelled', 'failed')
        or (p_verb = 'changed' and c.state <> 'draft')
    then
        raise exception 'campaign % is %; only a draft can be %', godwit.id_text('cmp', c.id),
            c.state, p_verb using errcode = 'GW003', column = 'id';
    end if;
    return c;
end $$;

-- What is named changes, of a draft; the mail role heeds a new rate or bound within a look.
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
        'concurrency', 'category', 'tracking', 'utm', 'files', 'schedule', 'auto_pause',
        'experiment', 'template_id', '_compiled', '_if_match'] || godwit.content_fields());
    perform godwit.kind_check(c.kind, p_body);
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
           from_address = case when p_body ? 'from' or t.channel <> 'email'
                               then godwit.read_sender(p_body, t.channel)
                               else c.from_address end,
           rate = case when p_body ? 'rate' then godwit.read_int(p_body, 'rate', 1, 1000000)
                       else c.rate end,
           concurrency = case when p_body ? 'concurrency'
                              then godwit.read_int(p_body, 'concurrency', 1, 10000)
                              else c.concurrency end,
           category = case when p_body ? 'category'
                           then godwit.read_line(p_body, 'category', 1, 40) else c.category end,
           tracking = coalesce(godwit.read_filter(p_body, 'tracking', 'flag')::boolean,
                               c.tracking),
           utm = case when p_body ? 'utm' then godwit.read_utm(p_body) else c.utm end,
           files = c.files, host_id = case when c.started_at is null
               then godwit.files_host(c.tenant_id, c.files) else c.host_id end,
           schedule = case when p_body ? 'schedule' then godwit.read_schedule(p_body)
                           else c.schedule end,
           auto_pause = case when p_body ? 'auto_pause' then godwit.read_auto_pause(p_body)
                             else c.auto_pause end,
           template_version = godwit.template_revise(t, p_body)
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.experiment_store(c, p_body);
    perform godwit.audit('campaigns_update', godwit.id_text('cmp', c.id), v_was,
        godwit.campaign_json(c));
    return godwit.campaign_json(c);
end $$;

-- A draft, or one that has ended before it began.
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
        ['state', 'word draft scheduled preparing running paused finishing finished cancelled '
            'failed', 't.state = %s'],
        ['kind', 'word regular transactional confirm', 't.kind = %s'],
        ['archived', 'flag', '(t.archived_at is not null) = %s'],
        ['list_id', 'id lst', 't.list_id = %s'],
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

-- The campaign of {"id"}, locked, as If-Match wants it; p_fields: what the body may hold besides.
create or replace function godwit.campaign_take_up(p_body jsonb, p_fields text[] default '{}')
returns godwit.campaigns language plpgsql
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', '_if_match'] || p_fields);
    perform godwit.match(p_body, godwit.campaign_json(c));
    return c;
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

create or replace function api.campaigns_start(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.campaign_begin(godwit.campaign_take_up(p_body), 'start', auth.now());
    return godwit.campaign_json(godwit.campaign_find(p_body));
end $$;

-- {"id","reason"?}
create or replace function api.campaigns_pause(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_json(godwit.campaign_step(
             godwit.campaign_take_up(p_body, array['reason']), 'pause',
             godwit.read_line(p_body, 'reason', 1, 200), auth.now())) $$;

-- What its limits have counted so far, they count no more.
create or replace function api.campaigns_resume(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_step(godwit.campaign_take_up(p_body), 'resume', null,
        auth.now());
begin
    update godwit.campaign_cursors
       set judged = array[sent + failed, complained, bounced, failed - bounced]
     where tenant_id = c.tenant_id and campaign_id = c.id;
    return godwit.campaign_json(c);
end $$;

-- What is not sent yet will pass as suppressed, reason `cancelled`.
create or replace function api.campaigns_cancel(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_json(godwit.campaign_step(godwit.campaign_take_up(p_body), 'cancel',
             null, auth.now())) $$;

-- {"id","name"?}: a draft that says the same.
create or replace function api.campaigns_clone(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
begin
    perform godwit.read_body(p_body, array['id', 'name']);
    perform from godwit.lists where tenant_id = c.tenant_id and id = c.list_id for key share;
    if not found and c.list_id is not null then
        raise exception 'list % of campaign % is gone', godwit.id_text('lst', c.list_id),
            godwit.id_text('cmp', c.id) using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.calls_check(v.calls) from godwit.template_versions v
      where v.tenant_id = c.tenant_id and v.template_id = c.template_id
        and v.version = c.template_version;
    c := godwit.campaign_copy(c, coalesce(godwit.read_line(p_body, 'name', 1, 200),
        left('Copy of ' || c.name, 200)), auth.is_test(), auth.now());
    perform godwit.audit('campaigns_clone', godwit.id_text('cmp', c.id), null,
        godwit.campaign_json(c));
    return godwit.campaign_json(c);
end $$;
