-- When campaigns go and what pauses them by itself; what the role cron does with one.

-- The zone of a schedule: its own, else that of the workspace. A time of each contact's own comes
-- first where the day begins first.
create or replace function godwit.schedule_zone(p_schedule jsonb, p_zone text)
returns text language sql immutable parallel safe
as $$ select case when p_schedule->>'each_zone' = 'true' then 'Pacific/Kiritimati'
                  else coalesce(p_schedule->>'zone', p_zone) end $$;

-- The first instant after p_after, or the only one, that a schedule names; p_zone: that of the
-- workspace.
create or replace function godwit.schedule_next(p_schedule jsonb, p_zone text, p_after timestamptz)
returns timestamptz language sql stable
as $$ select case when p_schedule ? 'repeat'
             then godwit.rule_next(p_schedule->>'repeat', l.at, z.zone, p_after)
             else coalesce(godwit.instant(p_schedule->>'at'),
                           godwit.local_instant(l.at, z.zone)) end
        from (select godwit.schedule_zone(p_schedule, p_zone)) z(zone),
             lateral (select coalesce(godwit.local_time(p_schedule->>'at'),
                             godwit.instant(p_schedule->>'at') at time zone z.zone)) l(at) $$;

-- {"windows"} of a schedule: each with a beginning, an end behind it and days.
create or replace function godwit.schedule_windows(j jsonb)
returns void language plpgsql stable
as $$
declare
    w jsonb;
begin
    if jsonb_typeof(j->'windows') <> 'array'
        or jsonb_array_length(j->'windows') not between 1 and 21
    then
        perform godwit.invalid('windows', '"windows" is not a list of 1 to 21');
    end if;
    for w in select * from jsonb_array_elements(j->'windows') loop
        perform godwit.read_body(w, array['days', 'from', 'to']);
        if godwit.read_line(w, 'from', 5, 5, true) !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
            or godwit.read_line(w, 'to', 5, 5, true) !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
            or w->>'from' >= w->>'to'
        then
            perform godwit.invalid('windows', format('"from" %s and "to" %s are no hours like '
                '08:00 and 18:00 of one day', w->>'from', w->>'to'));
        end if;
        if w ? 'days' and (jsonb_typeof(w->'days') <> 'array' or w->'days' = '[]'
            or not w->'days' <@ '["mo", "tu", "we", "th", "fr", "sa", "su"]')
        then
            perform godwit.invalid('windows', '"days" are not some of mo, tu, we, th, fr, sa, su');
        end if;
    end loop;
end $$;

-- {"schedule"}: {"at"?,"zone"?,"each_zone"?,"best_hour"?,"repeat"?,"windows"?,"spread"?}, or null.
create or replace function godwit.read_schedule(p_body jsonb)
returns jsonb language plpgsql
as $$
declare
    j jsonb := jsonb_strip_nulls(p_body->'schedule');
    v_each boolean;
    v_at timestamptz;
    v_open int;
begin
    if p_body->>'schedule' is null then
        return null;
    end if;
    perform godwit.read_body(j, array['at', 'zone', 'each_zone', 'best_hour', 'repeat', 'windows',
        'spread']);
    perform godwit.read_filter(j, 'best_hour', 'flag');
    v_each := coalesce(godwit.read_filter(j, 'each_zone', 'flag')::boolean, false);
    if not godwit.is_zone(godwit.read_line(j, 'zone', 1, 64)) then
        perform godwit.invalid('zone', '"zone" is not a time zone like Europe/Vienna');
    end if;
    perform godwit.read_line(j, 'at', 1, 40, v_each or j ? 'repeat');
    v_at := godwit.schedule_next(j - 'repeat', 'UTC', null);
    if j ? 'at' and (v_at is null or v_at not between '2000-01-01Z' and '2100-01-01Z') then
        perform godwit.invalid('at', '"at" is neither an instant like 2026-01-31T12:00:00Z nor a '
            'local time like 2026-01-31T09:00, of this century');
    end if;
    if v_each and godwit.local_time(j->>'at') is null then
        perform godwit.invalid('at', '"at" has a zone, and "each_zone" takes that of each contact; '
            'give a local time like 2026-01-31T09:00');
    end if;
    perform godwit.rule_parts(godwit.read_line(j, 'repeat', 1, 200)) where j ? 'repeat';
    perform godwit.schedule_windows(j) where j ? 'windows';
    perform godwit.read_int(j, 'spread', 1, 10080);
    select extract(epoch from sum(h.closes - h.opens)) / 60 * 8 / 9 into v_open
      from godwit.schedule_hours(j - 'zone', 'UTC', '2001-01-01Z') h where j ?& '{windows,spread}';
    if (j->>'spread')::int > v_open then
        perform godwit.invalid('spread', format('"spread" is more than the %s minutes that '
            '"windows" are open in eight weeks; make it shorter, or them longer', v_open));
    end if;
    return j;
exception
    when sqlstate 'GW001' then
        perform godwit.invalid('schedule', sqlerrm);
end $$;

-- May its mails go at that time, by its hours?
create or replace function godwit.schedule_open(p_schedule jsonb, p_zone text, p_now timestamptz)
returns boolean language sql stable
as $$ select not coalesce(p_schedule ? 'windows', false) or exists (
        select from jsonb_to_recordset(p_schedule->'windows')
                        w(days text[], "from" time, "to" time),
               (select p_now at time zone coalesce(p_schedule->>'zone', p_zone)) l(at)
         where l.at::time >= w."from" and l.at::time < w."to"
           and (w.days is null or ('{mo,tu,we,th,fr,sa,su}'::text[])[extract(isodow from l.at)]
                = any (w.days))) $$;

-- Its hours from p_from on, until so many days later: one after the other, those that overlap as
-- one, each with what was open before it; without any it is open for ever.
create or replace function godwit.schedule_hours(p_schedule jsonb, p_zone text,
    p_from timestamptz, p_days int default 62)
returns table (opens timestamptz, closes timestamptz, before interval) language sql stable
as $$
    with h as (
        select range_agg(tstzrange(greatest(o.at, p_from), c.at)) as hours
          from (select coalesce(p_schedule->>'zone', p_zone)) z(zone),
               generate_series(0, p_days) n,
               lateral (select (p_from at time zone z.zone)::date + n) d(day),
               jsonb_to_recordset(p_schedule->'windows') w(days text[], "from" time, "to" time),
               lateral (select godwit.local_instant(d.day + w."from", z.zone)) o(at),
               lateral (select godwit.local_instant(d.day + w."to", z.zone)) c(at)
         where (w.days is null or ('{mo,tu,we,th,fr,sa,su}'::text[])[extract(isodow from d.day)]
                = any (w.days)) and c.at > greatest(o.at, p_from)
    )
    select lower(r), upper(r), coalesce(sum(upper(r) - lower(r)) over (order by r
           rows between unbounded preceding and 1 preceding), interval '0')
      from h cross join unnest(h.hours) r where p_schedule ? 'windows'
    union all
    select p_from, 'infinity', interval '0' where not coalesce(p_schedule ? 'windows', false)
$$;

-- How far a window of a cursor may go that begins at p_from: to the end of the test of an
-- experiment, and of the part of the audience that is due. p_from itself: no window may begin.
-- p_now null: the campaign is cancelled, all of it passes.
create or replace function godwit.cursor_end(k godwit.campaign_cursors, p_from bigint,
    p_now timestamptz)
returns bigint language sql stable
as $$ select case when p_now is not null and (k.held and p_from >= k.gate or p.opens > p_now)
                  then p_from
                  else least(case when p_from < k.gate then k.gate else k.audience end, p.gate) end
        from (select) one
        left join lateral (select g.gate, g.opens from unnest(k.gates, k.opens) g(gate, opens)
                            where g.gate > p_from order by g.gate limit 1) p on true $$;

-- The ordinal where what is due of an audience ends.
create or replace function godwit.cursor_due(k godwit.campaign_cursors, p_now timestamptz)
returns bigint language sql stable
as $$ select least(case when k.held and p_now is not null then k.gate else k.audience end,
        case when k.gates is not null and p_now is not null then coalesce((
            select max(g.gate) from unnest(k.gates, k.opens) g(gate, opens)
             where g.opens <= p_now), 0) end) $$;

-- When a recipient's part of the audience is due; null: all are at once.
create or replace function godwit.recipient_due(p_tenant int, p_campaign bigint, p_contact bigint)
returns timestamptz language sql stable
as $$ select g.opens
        from godwit.audience_blocks b
        join godwit.campaign_cursors k on k.tenant_id = p_tenant and k.campaign_id = p_campaign
       cross join lateral unnest(k.gates, k.opens) g(gate, opens)
       where b.tenant_id = p_tenant and b.campaign_id = p_campaign
         and p_contact between b.base and b.base + 2147483647
         and g.gate >= b.no * 4096::bigint
             + array_position(b.offsets, (p_contact - b.base)::int)
       order by g.gate limit 1 $$;

-- What a campaign under way waits for by its own schedule, in one phrase; null: nothing.
create or replace function godwit.schedule_waits(c godwit.campaigns, p_now timestamptz)
returns text language sql stable
as $$ select case
        when w.hours is not null
        then to_char(w.hours at time zone 'UTC',
                     '"it goes on in its hours, at "YYYY-MM-DD HH24:MI "UTC"')
        else (select to_char(min(g.opens) at time zone 'UTC',
                     '"the next of its recipients are due at "YYYY-MM-DD HH24:MI "UTC"')
                from godwit.campaign_cursors k
               cross join lateral unnest(k.gates, k.opens) g(gate, opens)
               where k.tenant_id = c.tenant_id and k.campaign_id = c.id and g.opens > p_now
                 and g.gate > k.pos and k.pos = godwit.cursor_due(k, p_now))
        end
       from (select (select min(h.opens) from auth.tenants t, lateral godwit.schedule_hours(
                            c.schedule, t.zone, p_now, 7) h
                      where t.id = c.tenant_id and not godwit.schedule_open(c.schedule, t.zone,
                            p_now))) w(hours)
      where c.schedule ?| '{windows,spread,each_zone,best_hour}' $$;

-- The first instant from p_from on at which the clocks of a zone show that time of the day.
create or replace function godwit.time_next(p_time time, p_zone text, p_from timestamptz)
returns timestamptz language sql stable
as $$ select min(i.at)
        from generate_series(0, 1) d,
             lateral (select godwit.local_instant((p_from at time zone p_zone)::date + d + p_time,
                                                  p_zone)) i(at)
       where i.at >= p_from $$;

-- What comes next of the frozen audience in parts: by when it is the time of the schedule in each
-- contact's zone (p_each), from then on his best hour (p_best), and spread. Where these differ it
-- is sorted by them. It begins where the parts that are known end, and goes to the end of the test
-- of an experiment, or of the turn of a bandit, while the others are held: their times are found
-- when that is decided, and are the next from then on.
create or replace function godwit.audience_parts(c godwit.campaigns, p_each boolean,
    p_best boolean, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_zone text := (select coalesce(c.schedule->>'zone', t.zone) from auth.tenants t
                     where t.id = c.tenant_id);
    v_spread interval := make_interval(mins => coalesce((c.schedule->>'spread')::int, 0));
    -- each due time has as many: the cursor carries all parts
    v_steps int := case when not c.schedule ? 'spread' then 1 when p_each or p_best then 60
                        else 480 end;
    k godwit.campaign_cursors;
    v_from bigint;
    v_to bigint;
    v_contacts bigint[];
    v_gates bigint[];
    v_opens timestamptz[];
begin
    select * into k from godwit.campaign_cursors
     where tenant_id = c.tenant_id and campaign_id = c.id;
    v_from := coalesce(k.gates[cardinality(k.gates)], 0);
    v_to := case when k.held then k.gate else k.audience end;
    -- of one that is cancelled meanwhile all passes in the order that it has
    if v_from >= v_to or k.intent_end > v_from then
        return;
    end if;
    with a as materialized (
        select b.no * 4096::bigint + o.n as n, b.base + o.off as id, coalesce(p.zone, '') as zone,
               coalesce(h.hour, -1) as hour
          from godwit.audience_blocks b
         cross join unnest(b.offsets) with ordinality o(off, n)
          left join godwit.contacts p on (p_each or p_best) and p.tenant_id = c.tenant_id
           and p.id = b.base + o.off
          left join (select * from godwit.best_hours(c.tenant_id, c.id, v_zone, p_now)
                      where p_best) h on h.contact_id = b.base + o.off
         where b.tenant_id = c.tenant_id and b.campaign_id = c.id
           and b.no between v_from / 4096 and (v_to - 1) / 4096
           and b.no * 4096::bigint + o.n > v_from and b.no * 4096::bigint + o.n <= v_to
    ), z as materialized (
        select d.zone, d.hour, godwit.hour_next(case when not p_each then p_now
                   when v_from = 0 then f.at
                   else godwit.time_next(w.at::time, l.zone, f.at) end, d.hour, l.zone) as due
          from (select distinct zone, hour from a) d
         cross join lateral (select case when godwit.is_zone(d.zone) then d.zone
                                         else v_zone end) l(zone)
         cross join lateral (select godwit.local_time(c.schedule->>'at')) w(at)
         cross join lateral (select greatest(p_now, godwit.local_instant(w.at, l.zone))) f(at)
    ), s as (
        select a.n, a.id, z.due, ((row_number() over w - 1) * v_steps
               / count(*) over (partition by z.due))::int as step
          from a join z using (zone, hour)
        window w as (partition by z.due order by a.n)
    ), h as materialized (
        -- of what is open after the due time, from which on hours stand for it
        select d.due, h.opens, h.before,
               lead(h.before) over (partition by d.due order by h.before) as after
          from (select distinct due from z) d
         cross join lateral godwit.schedule_hours(c.schedule, v_zone, d.due) h
    ), t as materialized (
        select d.due, d.step, h.opens + (d.open - h.before) as opens
          from (select distinct due, step, v_spread * step / v_steps as open from s) d
          join h on h.due = d.due and h.before <= d.open and (d.open < h.after) is not false
    ), m as materialized (
        select s.n, s.id, t.opens from s join t using (due, step)
    ), g as (
        select opens, v_from + sum(count(*)) over (order by opens)::bigint as gate
          from m group by opens
    )
    select (select array_agg(m.id order by m.opens, m.n) from m where p_each or p_best),
           array_agg(g.gate order by g.opens), array_agg(g.opens order by g.opens)
      into v_contacts, v_gates, v_opens from g;
    perform godwit.audience_pack(c.tenant_id, c.id,
        array(select godwit.audience_ids(c.tenant_id, c.id, 0, v_from)) || v_contacts
        || array(select godwit.audience_ids(c.tenant_id, c.id, v_to, k.audience)))
      where p_each or p_best;
    update godwit.campaign_cursors set gates = k.gates || v_gates, opens = k.opens || v_opens
     where tenant_id = c.tenant_id and campaign_id = c.id;
end $$;

-- What comes next of the audience of a campaign gets its times by its schedule, if it has any.
create or replace function godwit.audience_next(c godwit.campaigns, p_now timestamptz)
returns void language sql
as $$ select godwit.audience_parts(c, k.own_time and coalesce(
                 (c.schedule->>'each_zone')::boolean, false), k.own_time and coalesce(
                 (c.schedule->>'best_hour')::boolean, false), p_now)
        from godwit.campaign_cursors k
       where k.tenant_id = c.tenant_id and k.campaign_id = c.id
         and c.schedule ?| '{each_zone,best_hour,spread}' $$;

-- What pauses a campaign by itself: more than `percent` of its mails, once `least` of them were
-- tried. Complaints are those that receivers report, bounces addresses that are dead, errors all
-- other failures.
create or replace function godwit.auto_pause(c godwit.campaigns)
returns jsonb language sql immutable parallel safe
as $$ select '{"complaints": {"percent": 0.3, "least": 1000},
               "bounces": {"percent": 10, "least": 500},
               "errors": {"percent": 50, "least": 500}}'::jsonb || coalesce(c.auto_pause, '{}') $$;

-- {"auto_pause"}: what of it is another, null where nothing is to pause it; null: the usual.
create or replace function godwit.read_auto_pause(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    j jsonb := p_body->'auto_pause';
    k text;
begin
    if p_body->>'auto_pause' is null then
        return null;
    end if;
    perform godwit.read_body(j, array['complaints', 'bounces', 'errors']);
    for k in select o from jsonb_object_keys(j) o where j->>o is not null loop
        perform godwit.read_body(j->k, array['percent', 'least']);
        if godwit.read_int(j->k, 'least', 1, 1000000) is null
            or jsonb_typeof(j->k->'percent') is distinct from 'number'
            or (j->k->>'percent')::numeric not between 0.01 and 100
        then
            perform godwit.invalid(k, format('"%s" has not both: a percent from 0.01 to 100 and '
                'the least number of mails, 1 to 1000000', k));
        end if;
    end loop;
    return j;
exception
    when sqlstate 'GW001' then
        perform godwit.invalid('auto_pause', sqlerrm);
end $$;

-- Why a campaign must pause, in one phrase; null: nothing says so. What happened before it was
-- resumed counts no more.
create or replace function godwit.campaign_limit(c godwit.campaigns, k godwit.campaign_cursors)
returns text language sql stable
as $$ select format('%s: %s of %s mails (%s %%), and the limit is %s %%', l.what, l.n, t.tried,
                    round(l.n * 100.0 / t.tried, 2), j.percent)
        from (select k.sent + k.failed - k.judged[1]) t(tried),
             (values ('complaints', k.complained - k.judged[2]), ('bounces',
                 k.bounced - k.judged[3]), ('errors', k.failed - k.bounced - k.judged[4]))
                 l(what, n),
             jsonb_to_record(nullif(godwit.auto_pause(c)->l.what, 'null'))
                 j(percent numeric, least bigint)
       where t.tried >= j.least and l.n * 100 > j.percent * t.tried
       order by l.n::numeric / t.tried / j.percent desc limit 1 $$;

-- One that repeats is due: a campaign of its own goes, and the next is awaited. Of several that
-- were missed the last one alone is made.
create or replace function godwit.campaign_occur(c godwit.campaigns, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_zone text := (select t.zone from auth.tenants t where t.id = c.tenant_id);
    v_local timestamp;
    v_missed int := 0;
    v_next timestamptz;
    n godwit.campaigns;
begin
    loop
        v_next := godwit.schedule_next(c.schedule, v_zone, c.due_at);
        exit when v_next is null or v_next > p_now;
        c.due_at := v_next;
        v_missed := v_missed + 1;
    end loop;
    v_local := c.due_at at time zone godwit.schedule_zone(c.schedule, v_zone);
    n := godwit.campaign_copy(c, left(c.name, 189) || to_char(v_local, ' YYYY-MM-DD'), c.test,
        p_now);
    update godwit.campaigns set occurrence_at = c.due_at,
           schedule = n.schedule - 'repeat' || jsonb_build_object('at', to_char(v_local,
               'YYYY-MM-DD"T"HH24:MI:SS'))
     where tenant_id = n.tenant_id and id = n.id returning * into n;
    perform godwit.audit('campaigns_clone', godwit.id_text('cmp', n.id), null, jsonb_build_object(
        'cloned_from', godwit.id_text('cmp', c.id), 'occurrence_at', c.due_at,
        'missed', v_missed));
    n.due_at := c.due_at;
    n := godwit.campaign_step(n, 'schedule', null, p_now);
    if v_next is null then
        perform godwit.campaign_step(c, 'finish', null, p_now);
    else
        update godwit.campaigns set due_at = v_next where tenant_id = c.tenant_id and id = c.id;
        perform godwit.changed(c.tenant_id, 'campaign', c.id::text, p_now);
    end if;
end $$;

-- Do the next thing that is due of a campaign; true: something more is due at once.
create or replace function godwit.campaign_due(p_tenant int, p_campaign bigint, p_now timestamptz)
returns boolean language plpgsql
as $$
declare
    c godwit.campaigns;
    v_why text;
begin
    -- somebody else is at it: the next round
    select * into c from godwit.campaigns
     where tenant_id = p_tenant and id = p_campaign for update skip locked;
    perform auth.enter(jsonb_build_object('tenant', p_tenant, 'now', p_now));
    if c.state = 'scheduled' and c.due_at <= p_now then
        if c.schedule ? 'repeat' then
            perform godwit.campaign_occur(c, p_now);
        else
            perform godwit.campaign_step(c, 'prepare', null, p_now);
        end if;
        return true;
    elsif c.state = 'preparing' then
        begin
            perform godwit.campaign_begin(c, 'begin', p_now);
        exception
            -- what has nothing to do with it: the next round; a function is missing while
            -- another version is put in
            when transaction_rollback or insufficient_resources or system_error
                or undefined_function then
                raise;
            when query_canceled then
                v_why := 'to find its audience takes too long; make its segment simpler';
            when others then
                v_why := case when sqlstate like 'GW%' then sqlerrm
                              else 'Postgres refuses its start: ' || left(sqlerrm, 300) end;
        end;
        perform godwit.campaign_step(c, 'fail', v_why, p_now) where v_why is not null;
    elsif c.state in ('running', 'finishing') then
        select godwit.campaign_limit(c, k) into v_why from godwit.campaign_cursors k
         where k.tenant_id = p_tenant and k.campaign_id = p_campaign;
        perform godwit.campaign_step(c, 'pause', v_why, p_now) where v_why is not null;
    end if;
    return false;
end $$;

revoke execute on function godwit.campaign_due(int, bigint, timestamptz) from gw_api, gw_search;
