-- Schedules: when they say, their hours, parts of an audience, limits, and each step of one.
select plan(89);

-- ---- when
create function pg_temp.next(p_schedule jsonb, p_zone text default 'Europe/Vienna')
returns text language sql as $$
    select to_char(godwit.schedule_next(p_schedule, p_zone, '2031-01-01Z') at time zone 'UTC',
                   'MM-DD HH24:MI') $$;
select is(pg_temp.next('{"at":"2031-07-01T09:00"}'), '07-01 07:00', 'in the zone of the workspace');
select is(pg_temp.next('{"at":"2031-07-01T09:00","zone":"Asia/Tokyo"}'), '07-01 00:00',
    'its own');
select is(pg_temp.next('{"at":"2031-07-01T09:00Z","zone":"Asia/Tokyo"}'), null,
    'no seconds, no instant');
select is(pg_temp.next('{"at":"2031-07-01T09:00:00Z","zone":"Asia/Tokyo"}'), '07-01 09:00',
    'an instant');
select is(pg_temp.next('{"at":"2031-07-01T09:00","zone":"Asia/Tokyo","each_zone":true}'),
    '06-30 19:00', 'where the day begins first');
select is(pg_temp.next('{"at":"2030-07-01T09:00","repeat":"FREQ=MONTHLY"}'), '01-01 08:00',
    'the next of a rule');

-- ---- what is refused
create function pg_temp.refused(p_schedule jsonb)
returns text language plpgsql as $$
begin
    perform godwit.read_schedule(jsonb_build_object('schedule', p_schedule));
    return null;
exception
    when sqlstate 'GW001' then
        return left(sqlerrm, 30);
end $$;
select is(pg_temp.refused(s), w, s::text)
  from (values ('{"at":"1999-12-31T09:00"}'::jsonb, '"at" is neither an instant lik'),
        ('{"at":"2100-01-02T09:00"}', '"at" is neither an instant lik'),
        ('{"each_zone":true}', '"at" is missing'), ('{"at":null,"spread":5}', null),
        ('{"at":"2031-01-01T09:00","zone":"Mars"}', '"zone" is not a time zone like'),
        ('{"spread":10081}', '"spread" is not a whole number'), ('{"spread":10080}', null),
        ('{"windows":[]}', '"windows" is not a list of 1 t'),
        ('{"windows":[{"from":"08:00","to":"24:00"}]}', null),
        ('{"windows":[{"from":"08:00","to":"24:01"}]}', '"from" 08:00 and "to" 24:01 ar'),
        ('{"windows":[{"from":"08:00","to":"09:00","days":[]}]}', '"days" are not some of mo, tu,'),
        ('{"windows":[{"from":"08:00","to":"09:00","days":["mo","xx"]}]}',
         '"days" are not some of mo, tu,')) u(s, w);
select is(pg_temp.refused(jsonb_build_object('windows',
    jsonb_agg('{"from":"08:00","to":"09:00"}'::jsonb))),
    case when n > 21 then '"windows" is not a list of 1 t' end, n || ' windows')
  from (values (21), (22)) u(n), generate_series(1, n) group by n;

-- ---- hours
create function pg_temp.open(p_schedule jsonb, p_at timestamptz)
returns text language sql as $$
    select format('%s %s', godwit.schedule_open(p_schedule, 'Europe/Vienna', p_at),
        (select string_agg(to_char(opens at time zone 'UTC', 'DD HH24:MI-')
                || to_char(closes at time zone 'UTC', 'DD HH24:MI ')
                || to_char(before, 'HH24:MI'), ', ' order by opens)
           from godwit.schedule_hours(p_schedule, 'Europe/Vienna', p_at, 1))) $$;
select is(pg_temp.open('{"windows":[{"from":"08:00","to":"12:00","days":["tu"]}]}',
    a::timestamptz), w, a)
  from (values ('2031-07-01T06:00Z', 't 01 06:00-01 10:00 00:00'),
               ('2031-07-01T05:59:59Z', 'f 01 06:00-01 10:00 00:00'),
               ('2031-07-01T09:30Z', 't 01 09:30-01 10:00 00:00'),
               ('2031-07-01T10:00Z', 'f '),
               ('2031-06-30T07:00Z', 'f 01 06:00-01 10:00 00:00')) u(a, w);
select is(pg_temp.open('{"zone":"Asia/Tokyo","windows":[{"from":"08:00","to":"12:00"},
    {"from":"11:00","to":"13:00"},{"from":"20:00","to":"24:00"}]}', '2031-06-30T23:00Z'),
    't 30 23:00-01 04:00 00:00, 01 11:00-01 15:00 05:00, 01 23:00-02 04:00 09:00, '
    '02 11:00-02 15:00 14:00', 'what overlaps is one');
select is(pg_temp.open('{"windows":[{"from":"02:50","to":"03:10"}]}', '2031-03-29T23:00Z'),
    'f 31 00:50-31 01:10 00:00', 'none on a day whose clock leaves its beginning out');
select is(godwit.schedule_open(null, 'UTC', '2031-01-01Z'), true, 'without any it is always open');

-- ---- how far a window may go, and what is due
create function pg_temp.ends(p_held boolean, p_gate bigint, p_gates jsonb, p_now timestamptz)
returns text language sql as $$
    select string_agg(godwit.cursor_end(k, i, p_now)::text, ' ' order by i) || ' of '
           || godwit.cursor_due(k, p_now)
      from (select jsonb_populate_record(null::godwit.campaign_cursors, jsonb_build_object(
               'audience', 9, 'held', p_held, 'gate', p_gate, 'gates', p_gates,
               'opens', case when p_gates is not null
                             then '["2031-01-01Z","2031-01-02Z","2031-01-03Z"]'::jsonb end))) u(k),
           unnest('{0,2,3,4,6}'::bigint[]) i group by k $$;
select is(pg_temp.ends(false, 0, null, '2031-01-01Z'), '9 9 9 9 9 of 9', 'all');
select is(pg_temp.ends(true, 3, null, '2031-01-01Z'), '3 3 3 4 6 of 3', 'the test, and no further');
select is(pg_temp.ends(false, 3, null, '2031-01-01Z'), '3 3 9 9 9 of 9', 'no window over its end');
select is(pg_temp.ends(false, 0, '[2,6,9]', '2031-01-02Z'), '2 6 6 6 6 of 6', 'what is due');
select is(pg_temp.ends(false, 0, '[2,6,9]', '2030-12-31Z'), '0 2 3 4 6 of 0', 'nothing yet');
select is(pg_temp.ends(true, 3, '[2,6,9]', null), '2 3 6 6 9 of 9', 'all of one that is cancelled');

-- ---- parts of an audience
insert into godwit.contacts (tenant_id, id, email, zone, created_at, updated_at)
overriding system value
select 1, 3000 + i, format('z%s@example.com', i), z, '2026-01-01Z', '2026-01-01Z'
  from unnest('{Asia/Tokyo,null,Europe/Vienna,Asia/Tokyo,Mars/Phobos}'::text[])
       with ordinality u(z, i);
insert into godwit.campaigns (tenant_id, id, name, list_id, template_id, template_version,
    from_address, state, created_at) overriding system value
values (1, 950, 'c', 1, 1, 1, 'a@example.com', 'draft', '2026-01-01Z');
insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, updated_at)
values (1, 950, 5, '2026-01-01Z');
create function pg_temp.parts(p_schedule jsonb, p_each boolean, p_now timestamptz)
returns text language sql as $$
    delete from godwit.audience_blocks where campaign_id = 950;
    insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
    values (1, 950, 0, 3000, '{1,2,3,4,5}');
    update godwit.campaigns set schedule = p_schedule where id = 950;
    update godwit.campaign_cursors set gates = null, opens = null where campaign_id = 950;
    select godwit.audience_parts(c, p_each, p_schedule ? 'best_hour', p_now)
      from godwit.campaigns c where c.id = 950;
    select string_agg(format('%s %s', to_char(g.opens at time zone 'UTC', 'DD HH24:MI'),
               (select string_agg((i - 3000)::text, '' order by n)
                  from godwit.audience_ids(1, 950, g.was, g.gate) with ordinality a(i, n))), ', '
               order by g.gate)
      from (select u.gate, u.opens, coalesce(lag(u.gate) over (order by u.gate), 0) as was
              from godwit.campaign_cursors k, unnest(k.gates, k.opens) u(gate, opens)
             where k.campaign_id = 950) g $$;
select is(pg_temp.parts('{"at":"2031-08-04T09:00","each_zone":true,"zone":"Europe/Vienna"}', true,
    '2031-08-03T19:00Z'), '04 00:00 14, 04 07:00 235', 'each zone at its time');
select is(array(select to_char(godwit.recipient_due(1, 950, i) at time zone 'UTC', 'HH24')
                  from unnest('{3001,3004,3002,3005,3006}'::bigint[]) i),
    '{00,00,07,07,null}', 'when who is due');
select is(pg_temp.parts('{"at":"2031-08-04T09:00","each_zone":true,"zone":"Europe/Vienna"}', true,
    '2031-08-04T03:00Z'), '04 03:00 14, 04 07:00 235', 'at once where it has passed');
select is(pg_temp.parts('{"at":"2031-08-04T09:00","each_zone":true,"zone":"Europe/Vienna",
    "spread":60}', true, '2031-08-03T19:00Z'),
    '04 00:00 1, 04 00:30 4, 04 07:00 2, 04 07:20 3, 04 07:40 5', 'each spread');
select is(pg_temp.parts('{"spread":40,"zone":"UTC","windows":[{"from":"08:00","to":"08:20"}]}',
    false, '2031-08-04T08:00Z'), '04 08:00 1, 04 08:08 2, 04 08:16 3, 05 08:04 4, 05 08:12 5',
    'of its hours alone');

-- behind a test, or a turn of a bandit, the times of the others are found once they go
update godwit.campaign_cursors set own_time = true, held = true, gate = 3 where campaign_id = 950;
create function pg_temp.more(p_set text, p_now timestamptz)
returns text language plpgsql as $$
begin
    execute 'update godwit.campaign_cursors set ' || p_set || ' where campaign_id = 950';
    perform godwit.audience_next(c, p_now) from godwit.campaigns c where c.id = 950;
    return (select string_agg(to_char(o at time zone 'UTC', 'DD HH24:MI ') || g, ', ' order by g)
              from godwit.campaign_cursors k, unnest(k.gates, k.opens) u(g, o)
             where k.campaign_id = 950)
           || ': ' || array(select i - 3000 from godwit.audience_ids(1, 950, 0, 5) i)::text;
end $$;
select is(pg_temp.parts('{"at":"2031-08-04T09:00","each_zone":true,"zone":"Europe/Vienna"}', true,
    '2031-08-03T19:00Z'), '04 00:00 1, 04 07:00 23', 'the test alone');
select is(pg_temp.more('updated_at = updated_at', '2031-08-04T07:00Z'),
    '04 00:00 1, 04 07:00 3: {1,2,3,4,5}', 'no more while it is held');
select is(pg_temp.more('gate = 4', '2031-08-04T08:00Z'),
    '04 00:00 1, 04 07:00 3, 05 00:00 4: {1,2,3,4,5}', 'the first turn');
select is(pg_temp.more('intent_end = 5, held = false', '2031-08-04T08:00Z'),
    '04 00:00 1, 04 07:00 3, 05 00:00 4: {1,2,3,4,5}', 'none when they have been taken');
select is(pg_temp.more('intent_end = 0', '2031-08-05T07:00Z'),
    '04 00:00 1, 04 07:00 3, 05 00:00 4, 05 07:00 5: {1,2,3,4,5}', 'the last one');
select is(pg_temp.more('gates = ''{2}'', opens = ''{2031-08-04Z}''', '2031-08-05T07:00:01Z'),
    '04 00:00 2, 06 00:00 3, 06 07:00 5: {1,2,4,3,5}', 'the next day where it has passed');
update godwit.campaign_cursors set own_time = false, gate = 0 where campaign_id = 950;
select is(to_char(godwit.time_next(t, 'Europe/Vienna', a) at time zone 'UTC', 'DD HH24:MI'), w,
    t || ' from ' || a)
  from (values ('09:00'::time, '2031-07-01T07:00Z'::timestamptz, '01 07:00'),
               ('09:00', '2031-07-01T07:00:01Z', '02 07:00'),
               ('23:30', '2031-07-01T22:10Z', '02 21:30'),
               ('00:10', '2031-07-01T22:00Z', '01 22:10')) u(t, a, w);

-- three acts of 3001 at 20 in his zone and one at 7, two of 3002 alone
insert into godwit.campaigns (tenant_id, id, name, list_id, template_id, template_version,
    from_address, state, created_at, started_at) overriding system value
select 1, 960 + i, 'c', 1, 1, 1, 'a@example.com', 'finished', '2031-07-01Z', '2031-07-01Z'
  from generate_series(1, 4) i;
create function pg_temp.act(p_campaign bigint, p_contact bigint, p_at timestamptz, p_human int)
returns void language sql as $$
    insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at, class,
        human) values (1, p_campaign, p_contact, p_at - interval '9 hours', p_at, 1, p_human) $$;
select pg_temp.act(960 + i, 3001, godwit.local_instant(d, (select zone from godwit.contacts
           where tenant_id = 1 and id = 3001)), 3)
  from unnest('{2031-07-01 20:10,2031-07-02 20:50,2031-07-03 07:00,2031-07-04 20:00}'::timestamp[])
       with ordinality u(d, i);
select pg_temp.act(960 + i, 3002, '2031-07-02 11:00Z', 3) from generate_series(1, 2) i;
select is(pg_temp.parts('{"at":"2031-08-04T09:00","best_hour":true,"zone":"Europe/Vienna"}', false,
    '2031-08-04T07:00Z'), '04 07:00 2345, 04 11:00 1', 'at the best hour; two acts are too few');

-- ---- limits
create function pg_temp.limits(p jsonb)
returns text language plpgsql as $$
begin
    return godwit.read_auto_pause(jsonb_build_object('auto_pause', p));
exception
    when sqlstate 'GW001' then
        return left(sqlerrm, 20);
end $$;
select is(pg_temp.limits(s), w, s::text)
  from (values ('{"errors":{"percent":0.01,"least":1000000}}'::jsonb,
                '{"errors": {"least": 1000000, "percent": 0.01}}'),
               ('{"errors":{"percent":0.009,"least":1}}', '"errors" has not bot'),
               ('{"errors":{"percent":1,"least":1000001}}', '"least" is not a who'),
               ('{"errors":{"percent":1,"least":1,"more":1}}', 'there is no field "m'),
               ('{"opens":{"percent":1,"least":1}}', 'there is no field "o'),
               ('{"errors":null}', '{"errors": null}')) u(s, w);

-- ---- each step
select auth.enter('{"tenant":1,"now":"2031-01-09Z"}');
create function pg_temp.step(p_row jsonb, p_does text, p_why text default null)
returns text language sql as $$
    update godwit.campaigns c set state = r.state, started_at = r.started_at,
           finished_at = r.finished_at, archived_at = r.archived_at, due_at = r.due_at,
           paused = r.paused, problem = r.problem, resumed_at = r.resumed_at, schedule = null
      from jsonb_populate_record(null::godwit.campaigns, p_row) r where c.id = 950;
    select concat_ws(' ', n.state, 'started ' || to_char(n.started_at, 'DD'),
               'finished ' || to_char(n.finished_at, 'DD'), 'archived ' || to_char(n.archived_at,
               'DD'), 'due ' || to_char(n.due_at, 'DD'), 'resumed ' || to_char(n.resumed_at, 'DD'),
               'paused ' || (n.paused->>'reason'), 'problem ' || n.problem)
      from godwit.campaigns c, godwit.campaign_step(c, p_does, p_why, '2031-01-09Z') n
     where c.id = 950 $$;
select is(pg_temp.step(r, does, 'why'), w, does || ' of ' || (r->>'state'))
  from (values ('{"state":"draft","archived_at":"2031-01-01Z"}'::jsonb, 'start',
            'running started 09'),
        ('{"state":"draft","archived_at":"2031-01-01Z","due_at":"2031-01-20Z"}', 'schedule',
            'scheduled due 20'),
        ('{"state":"scheduled","due_at":"2031-01-20Z"}', 'prepare', 'preparing due 20'),
        ('{"state":"preparing","due_at":"2031-01-20Z"}', 'begin', 'running started 09'),
        ('{"state":"preparing","due_at":"2031-01-20Z"}', 'fail', 'failed finished 09 problem why'),
        ('{"state":"failed","finished_at":"2031-01-02Z","problem":"p"}', 'unschedule', 'draft'),
        ('{"state":"scheduled","due_at":"2031-01-20Z"}', 'unschedule', 'draft'),
        ('{"state":"running","started_at":"2031-01-02Z","problem":"p"}', 'pause',
            'paused started 02 paused why problem p'),
        ('{"state":"paused","started_at":"2031-01-02Z","paused":{"reason":"r"}}', 'resume',
            'running started 02 resumed 09'),
        ('{"state":"running","started_at":"2031-01-02Z","resumed_at":"2031-01-03Z"}', 'drain',
            'finishing started 02 resumed 03'),
        ('{"state":"finishing","started_at":"2031-01-02Z","problem":"p"}', 'finish',
            'finished started 02 finished 09'),
        ('{"state":"running","started_at":"2031-01-02Z","problem":"p"}', 'cancel',
            'cancelled started 02 problem p'),
        ('{"state":"draft","archived_at":"2031-01-01Z"}', 'cancel',
            'cancelled finished 09 archived 01')) u(r, does, w);
select is((select string_agg(m.does, ' ' order by m.does) from godwit.campaign_moves() m
            where not exists (select from godwit.audit a
                   where a.tenant_id = 1 and a.object = 'cmp_950'
                     and a.operation = 'campaigns_' || m.does)), null, 'all of them are audited');

-- ---- its end
create function pg_temp.ends(p_state text, p_flying int, p_waits boolean, p_pos int default 5)
returns text language sql as $$
    update godwit.campaigns set state = p_state, started_at = '2031-01-02Z', finished_at = null,
           paused = null, problem = 'p' where id = 950;
    update godwit.campaign_cursors set pos = p_pos, in_flight = p_flying where campaign_id = 950;
    delete from godwit.mail_queue where campaign_id = 950;
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
        route)
    select 1, 950, 3001, 1, '2031-01-02Z', '2031-01-02Z', 'r' where p_waits;
    select godwit.campaign_wind(1, 950, '2031-01-09Z');
    select concat_ws(' ', state, to_char(finished_at, 'DD'), problem) from godwit.campaigns
     where id = 950 $$;
select is(pg_temp.ends(s, f, w, p), e, format('%s, %s in flight%s, at %s', s, f,
              case when w then ', one waits' else '' end, p))
  from (values ('running', 0, false, 5, 'finished 09'), ('running', 1, false, 5, 'finishing p'),
               ('running', 0, true, 5, 'finishing p'), ('finishing', 0, true, 5, 'finishing p'),
               ('finishing', 1, false, 5, 'finishing p'), ('finishing', 0, false, 5, 'finished 09'),
               ('cancelled', 0, true, 5, 'cancelled p'), ('cancelled', 0, false, 5, 'cancelled 09'),
               ('paused', 0, false, 5, 'paused p'), ('running', 0, false, 4, 'running p'))
       u(s, f, w, p, e);

-- ---- what cron does
create function pg_temp.raises() returns trigger language plpgsql as $$
begin
    raise exception 'it can not' using errcode = current_setting('app.raises');
end $$;
create trigger raises before insert on godwit.audience_blocks
    for each row execute function pg_temp.raises();
insert into godwit.list_members values (1, 1, 3001, '2026-01-01Z');
create function pg_temp.due(p_state text, p_due timestamptz, p_raises text default null)
returns text language plpgsql as $$
declare
    v boolean;
begin
    perform set_config('app.raises', p_raises, true);
    update godwit.campaigns set state = p_state, started_at = null, finished_at = null,
           problem = null, due_at = p_due where id = 950;
    delete from godwit.campaign_cursors where campaign_id = 950;
    v := godwit.campaign_due(1, 950, '2031-01-09Z');
    return (select concat_ws(' ', v, state, problem) from godwit.campaigns where id = 950);
exception
    when transaction_rollback then
        return 'again';
end $$;
select is(pg_temp.due('scheduled', '2031-01-09T00:00:01Z'), 'f scheduled', 'not before its time');
select is(pg_temp.due('scheduled', '2031-01-09Z'), 't preparing', 'then it goes on at once');
select is(pg_temp.due('preparing', '2031-01-09Z', '40001'), 'again',
    'what is not of it is tried again');
select is(pg_temp.due('preparing', '2031-01-09Z', '57014'),
    'f failed to find its audience takes too long; make its segment simpler',
    'what takes too long');
select is(pg_temp.due('preparing', '2031-01-09Z', '23514'),
    'f failed Postgres refuses its start: it can not', 'and whatever else is over');
select is(pg_temp.due('preparing', '2031-01-09Z', 'GW003'), 'f failed it can not', 'in its words');

-- ---- which of two limits is named, and what is waited for
select ok(godwit.campaign_limit(jsonb_populate_record(null::godwit.campaigns, '{}'),
    jsonb_populate_record(null::godwit.campaign_cursors, '{"sent":890,"failed":110,"bounced":110,
        "complained":4,"judged":[0,0,0,0]}')) like 'complaints%', 'the one that is passed by most');
create function pg_temp.waits(p_pos int)
returns text language sql as $$
    insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, gates, opens,
        updated_at) values (1, 950, 9, p_pos, '{3,6,9}', '{2031-01-01Z,2031-01-10Z,2031-01-11Z}',
        '2031-01-01Z') on conflict (tenant_id, campaign_id) do update set pos = excluded.pos;
    update godwit.campaigns set schedule = '{"spread":60}' where id = 950;
    select godwit.schedule_waits(c, '2031-01-09Z') from godwit.campaigns c where id = 950 $$;
select is(pg_temp.waits(2), null, 'nothing while some are due');
select is(pg_temp.waits(3), 'the next of its recipients are due at 2031-01-10 00:00 UTC',
    'then the next part');
select * from finish();
