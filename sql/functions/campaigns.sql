-- What may become of a campaign, its start and its copies: for operations, and for the
-- worker, who enters the workspace as `system` before.

-- The one table of what can be done to a campaign in which state, what it becomes, and what
-- webhooks are told. prepare, begin, fail, drain and finish are the worker's.
create or replace function godwit.campaign_moves()
returns table (does text, was text, becomes text, told text) language sql immutable parallel safe
as $$ select m.does, w, m.becomes, m.told
        from (values
            ('schedule', '{draft}'::text[], 'scheduled', 'scheduled'),
            ('unschedule', '{scheduled,failed}', 'draft', null),
            ('start', '{draft,scheduled}', 'running', 'started'),
            ('prepare', '{scheduled}', 'preparing', null),
            ('begin', '{preparing}', 'running', 'started'),
            ('fail', '{preparing}', 'failed', 'failed'),
            ('pause', '{running,finishing}', 'paused', 'paused'),
            ('resume', '{paused}', 'running', 'resumed'),
            ('drain', '{running}', 'finishing', null),
            ('finish', '{running,finishing,scheduled}', 'finished', 'finished'),
            ('cancel', '{draft,scheduled,preparing,running,paused,finishing}', 'cancelled',
                'cancelled')) m(does, was, becomes, told), unnest(m.was) w $$;

-- Held by all who ask for messages of a transactional campaign, and against them by who cancels it.
create or replace function godwit.calls_lock(p_tenant int, p_campaign bigint, p_shared boolean)
returns void language plpgsql
as $$
begin
    if p_shared then
        perform pg_advisory_xact_lock_shared(hashtextextended('calls ' || p_campaign, p_tenant));
    else
        perform pg_advisory_xact_lock(hashtextextended('calls ' || p_campaign, p_tenant));
    end if;
end $$;

-- Do that to a campaign that the caller has locked; GW003 says why not. p_why: the reason of a
-- pause or a failure. Nothing else changes the state of one.
create or replace function godwit.campaign_step(c godwit.campaigns, p_does text, p_why text,
    p_now timestamptz)
returns godwit.campaigns language plpgsql
as $$
declare
    v_was text := c.state;
    m record;
begin
    -- whoever asks for a message of it now has it, or finds it cancelled
    perform godwit.calls_lock(c.tenant_id, c.id, false)
      where c.kind = 'transactional' and p_does = 'cancel';
    select * into m from godwit.campaign_moves() v where v.does = p_does and v.was = c.state;
    if not found then
        raise exception 'campaign % is %; % needs one that is %', godwit.id_text('cmp', c.id),
            c.state, p_does, (select string_agg(v.was, ' or ') from godwit.campaign_moves() v
                               where v.does = p_does)
            using errcode = 'GW003', column = 'id';
    end if;
    -- a test stays one, whoever starts it, now or at its time; what has gone out goes on live alone
    if m.becomes = 'running' and c.started_at is not null and auth.is_test() and not c.test then
        raise exception 'a key for tests can not resume campaign %, which is not a test',
            godwit.id_text('cmp', c.id) using errcode = 'GW004', column = 'id';
    end if;
    update godwit.campaigns set state = m.becomes,
           test = c.test or (m.becomes in ('scheduled', 'running') and auth.is_test()),
           started_at = coalesce(started_at, case when m.becomes = 'running' then p_now end),
           finished_at = case when m.becomes in ('finished', 'failed')
                                or m.becomes = 'cancelled' and started_at is null then p_now end,
           archived_at = case when m.becomes = 'cancelled' then archived_at end,
           due_at = case when m.becomes in ('scheduled', 'preparing') then c.due_at end,
           resumed_at = case p_does when 'resume' then p_now else resumed_at end,
           paused = case when m.becomes = 'paused' then jsonb_build_object(
               'by', current_setting('app.actor'), 'reason', p_why, 'at', p_now) end,
           problem = case when m.becomes = 'failed' then p_why
                          when m.becomes <> 'finished' and v_was <> 'failed' then problem end
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.changed(c.tenant_id, 'campaign', c.id::text, p_now);
    perform godwit.emit_campaign(c, 'campaign.' || m.told, p_now) where m.told is not null;
    perform godwit.audit('campaigns_' || p_does, godwit.id_text('cmp', c.id),
        jsonb_build_object('state', v_was),
        jsonb_strip_nulls(jsonb_build_object('state', m.becomes, 'reason', p_why)));
    return c;
end $$;

-- Keep these contacts, in this order, as the audience: packed.
create or replace function godwit.audience_pack(p_tenant int, p_campaign bigint,
    p_contacts bigint[])
returns void language sql
as $$
    delete from godwit.audience_blocks where tenant_id = p_tenant and campaign_id = p_campaign;
    insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
    select p_tenant, p_campaign, no, min(id), array_agg((id - base)::int order by n)
      from (select id, n, ((n - 1) / 4096)::int as no,
                   min(id) over (partition by (n - 1) / 4096) as base
              from unnest(p_contacts) with ordinality u(id, n)) m
     group by no;
$$;

-- Freeze the audience: the members of the list now, of a campaign with a segment those
-- who are in it now, of one that asks those who have not said and may be asked; ids ascending,
-- packed. Nobody is asked by a test. GW003 when that segment is gone or can not be asked.
create or replace function godwit.campaign_freeze(p_tenant int, p_campaign bigint, p_list bigint)
returns bigint language plpgsql
as $$
declare
    v_audience bigint;
    v_segment bigint;
    v_predicate jsonb;
    v_asks boolean;
    v_test boolean;
begin
    select c.segment_id, s.predicate, c.kind = 'confirm', c.test
      into v_segment, v_predicate, v_asks, v_test
      from godwit.campaigns c
      left join godwit.segments s on s.tenant_id = c.tenant_id and s.id = c.segment_id
     where c.tenant_id = p_tenant and c.id = p_campaign;
    if v_segment is not null and v_predicate is null then
        raise exception 'segment % is gone; name another, or none for the whole list',
            godwit.id_text('seg', v_segment) using errcode = 'GW003', column = 'segment_id';
    end if;
    insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
    select p_tenant, p_campaign, no, min(contact_id),
           array_agg((contact_id - base)::int order by contact_id)
      from (select contact_id, no, min(contact_id) over (partition by no) as base
              from (select contact_id,
                           ((row_number() over (order by contact_id) - 1) / 4096)::int as no
                      from godwit.list_members m
                     where tenant_id = p_tenant and list_id = p_list
                       and not (v_asks and exists (select from godwit.subscriptions s
                            where s.tenant_id = p_tenant and s.list_id = p_list
                              and s.contact_id = m.contact_id
                              and godwit.confirmation_barred(s, auth.now())))
                       and (v_predicate is null or contact_id in (
                            select auth.predicate_find(p_tenant, v_predicate, auth.now())))) r) b
     group by no, base;
    insert into godwit.subscriptions as s (tenant_id, list_id, contact_id, asked_at, asked)
    select p_tenant, p_list, b.base + o, auth.now(), 1
      from godwit.audience_blocks b, unnest(b.offsets) o
     where v_asks and not v_test and b.tenant_id = p_tenant and b.campaign_id = p_campaign
     order by 3
        on conflict (tenant_id, list_id, contact_id) do update set asked_at = excluded.asked_at,
           asked = 1 + case when s.asked_at > excluded.asked_at - interval '7 days'
                            then s.asked else 0 end;
    select coalesce(sum(cardinality(offsets)), 0) into v_audience
      from godwit.audience_blocks where tenant_id = p_tenant and campaign_id = p_campaign;
    return v_audience;
exception
    when data_exception then
        if v_segment is null then
            raise;
        end if;
        raise exception 'Postgres refuses the predicate of segment %: %; mend it',
            godwit.id_text('seg', v_segment), left(sqlerrm, 300)
            using errcode = 'GW003', column = 'segment_id';
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

-- The audience of one that starts by that step, with its cursor. GW003: there is none.
create or replace function godwit.campaign_gather(c godwit.campaigns, p_does text,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    x godwit.experiments;
    v_audience bigint;
    v_gate bigint := 0;
begin
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
    insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, gate, held, own_time,
        updated_at)
    values (c.tenant_id, c.id, v_audience, v_gate, v_gate between 1 and v_audience - 1,
        p_does = 'begin', p_now);
    perform godwit.audience_next(c, p_now);
end $$;

-- Start a campaign by that step: its audience, unless its messages are asked for one by one, and
-- all that it says are frozen. GW003 says why not.
create or replace function godwit.campaign_begin(c godwit.campaigns, p_does text,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_why text;
begin
    c := godwit.campaign_step(c, p_does, null, p_now);
    if c.schedule ? 'repeat' then
        raise exception 'campaign % repeats; schedule it, or take "repeat" out of its schedule',
            godwit.id_text('cmp', c.id) using errcode = 'GW003', column = 'id';
    end if;
    -- of a test nothing leaves this house
    select f.message into v_why from godwit.campaign_findings(c, p_now) f
     where f.level = 'blocker' and f.code <> 'no_members' and not c.test
     order by f.code limit 1;
    if found then
        raise exception '%', v_why using errcode = 'GW003', column = 'id';
    end if;
    if c.kind = 'transactional' then
        insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, updated_at)
        values (c.tenant_id, c.id, 0, p_now);
    else
        perform godwit.campaign_gather(c, p_does, p_now);
    end if;
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
end $$;

-- A draft that says what a campaign says now.
create or replace function godwit.campaign_copy(c godwit.campaigns, p_name text, p_test boolean,
    p_now timestamptz)
returns godwit.campaigns language plpgsql
as $$
declare
    v_from godwit.campaigns := c;
begin
    insert into godwit.templates (tenant_id, version, channel, created_at, updated_at)
    select tenant_id, 1, channel, p_now, p_now from godwit.templates
     where tenant_id = c.tenant_id and id = c.template_id returning id into c.template_id;
    insert into godwit.template_versions
    select n.* from godwit.template_versions v, jsonb_populate_record(v, jsonb_build_object(
           'template_id', c.template_id, 'version', 1, 'created_at', p_now)) n
     where v.tenant_id = v_from.tenant_id and v.template_id = v_from.template_id
       and v.version = v_from.template_version;
    insert into godwit.campaigns (tenant_id, name, list_id, segment_id, template_id,
        template_version, from_address, rate, category, tracking, utm, files, host_id, schedule,
        auto_pause, cloned_from, state, test, created_at, kind, concurrency)
    values (c.tenant_id, p_name, c.list_id, c.segment_id, c.template_id, 1, c.from_address, c.rate,
        c.category, c.tracking, c.utm, c.files, c.host_id, c.schedule, c.auto_pause, v_from.id,
        'draft', p_test, p_now, c.kind, c.concurrency)
    returning * into c;
    insert into godwit.experiments (tenant_id, campaign_id, names, weights, hold_out, test,
        metric, rule, least, hours, fallback)
    select tenant_id, c.id, names, weights, hold_out, test, metric, rule, least, hours, fallback
      from godwit.experiments where tenant_id = c.tenant_id and campaign_id = v_from.id;
    return c;
end $$;

-- The cursor of a campaign is at its end: it is over, or what is left are later attempts.
create or replace function godwit.campaign_wind(p_tenant int, p_campaign bigint,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    c godwit.campaigns;
    v_left boolean;
begin
    select k.in_flight > 0 or exists (select from godwit.mail_queue q where q.qshard = 0
               and q.tenant_id = p_tenant and q.campaign_id in (p_campaign, -p_campaign))
      into v_left
      from godwit.campaign_cursors k
     where k.tenant_id = p_tenant and k.campaign_id = p_campaign and k.pos = k.audience;
    if not found then
        return;
    end if;
    select * into c from godwit.campaigns
     where tenant_id = p_tenant and id = p_campaign and finished_at is null
       and (state = 'running' and kind <> 'transactional'
            or state in ('finishing', 'cancelled') and not v_left) for update;
    if not found then
        return;
    end if;
    if c.kind = 'transactional' and exists (select from godwit.mail_queue q where q.qshard = 0
            and q.tenant_id = p_tenant and q.campaign_id = -p_campaign)
    then
        return;         -- asked for, and cancelled, between the two statements
    end if;
    if c.state = 'cancelled' then
        update godwit.campaigns set finished_at = p_now, problem = null
         where tenant_id = p_tenant and id = p_campaign;
        perform godwit.changed(p_tenant, 'campaign', p_campaign::text, p_now);
    else
        perform auth.enter(jsonb_build_object('tenant', p_tenant, 'now', p_now)),
                godwit.campaign_step(c, case when v_left then 'drain' else 'finish' end, null,
                    p_now);
    end if;
end $$;
