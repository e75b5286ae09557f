-- The policy: who is refused by which step, until when quiet hours last, who is over a cap.
select plan(25);

-- ---- steps that refuse, by kind and channel: the first in the order has the word
create function pg_temp.against(p_kind text, p_channel text, p_said int, p_suppressed text,
    p_wanted boolean default null, p_email text default 'a@example.com',
    p_phone text default '+491701234567')
returns text language sql as $$
    select godwit.policy_against(p_kind, p_channel,
        jsonb_populate_record(null::godwit.contacts, jsonb_build_object('id', 1, 'email', p_email,
            'phone', p_phone, 'consent_email', p_said, 'consent_sms', p_said,
            'consent_whatsapp', p_said, 'consent_voice', p_said)), p_suppressed,
        jsonb_populate_record(null::godwit.subscriptions,
            jsonb_build_object('wanted', p_wanted)), false,
        jsonb_populate_record(null::godwit.preferences,
            '{"paused_until":"2026-03-03T00:00:00Z"}'), 7, '2026-03-02Z') $$;
select is(string_agg(format('%s %s: %s', k, h, coalesce(pg_temp.against(k, h, 1, null), '-')), ', '
              order by k, h), 'campaign email: paused, campaign sms: paused, reply email: -, '
              'reply sms: -, transactional email: -, transactional sms: -', 'what he has chosen')
  from unnest('{campaign,transactional,reply}'::text[]) k, unnest('{email,sms}'::text[]) h;
select is(string_agg(format('%s %s: %s', k, h, coalesce(pg_temp.against(k, h, 2, null), '-')), ', '
              order by k, h), 'campaign email: consent is revoked, campaign sms: consent is '
              'revoked, reply email: -, reply sms: -, transactional email: -, transactional sms: '
              'consent is revoked', 'consent that is revoked')
  from unnest('{campaign,transactional,reply}'::text[]) k, unnest('{email,sms}'::text[]) h;
select is(string_agg(format('%s %s: %s', k, h, coalesce(pg_temp.against(k, h, 0, null), '-')), ', '
              order by k, h), 'campaign email: paused, campaign voice: no consent was given, '
              'reply email: -, reply voice: -, transactional email: -, transactional voice: -',
              'consent that nobody has given')
  from unnest('{campaign,transactional,reply}'::text[]) k, unnest('{email,voice}'::text[]) h;
select is(string_agg(format('%s %s: %s', k, s, coalesce(pg_temp.against(k, 'email', 2, s), '-')),
              ', ' order by k, s), 'campaign complaint: complaint, campaign manual: manual, '
              'reply complaint: complaint, reply manual: -, transactional complaint: complaint, '
              'transactional manual: -', 'a suppression comes before consent')
  from unnest('{campaign,transactional,reply}'::text[]) k, unnest('{complaint,manual}'::text[]) s;
select is(pg_temp.against('campaign', 'voice', 1, 'do_not_call', false), 'left the list',
    'an opt-out before the do-not-call list');
select is(godwit.policy_dnc('campaign', 'voice', 'do_not_call'), 'do not call', 'which refuses');
select is(godwit.policy_dnc('reply', 'sms', 'do_not_call'), null, 'but an answer');
select is(pg_temp.against('campaign', 'email', 2, 'complaint', false, null),
    'the contact has no e-mail address', 'no address comes before all');
select is(pg_temp.against('reply', 'sms', 1, null, null, 'a@example.com', null),
    'the contact has no telephone number', 'nor number');

-- ---- quiet hours
create function pg_temp.hours(p_zones text[], p_from time, p_to time, p_at timestamptz)
returns text language sql as $$
    select to_char(opens at time zone 'UTC', 'DD HH24:MI') || ' '
           || to_char(closes at time zone 'UTC', 'DD HH24:MI')
      from godwit.policy_hours(p_zones, p_from, p_to, p_at) $$;
select is(pg_temp.hours('{Europe/Berlin}', '21:00', '08:00', '2026-01-05T10:00Z'),
    '05 10:00 05 20:00', 'by day it is now, until the evening');
select is(pg_temp.hours('{Europe/Berlin}', '21:00', '08:00', '2026-01-05T23:00Z'),
    '06 07:00 06 20:00', 'at night the morning, though it is tomorrow there already');
select is(pg_temp.hours('{Europe/Berlin}', '12:00', '13:00', '2026-01-05T11:00Z'),
    '05 12:00 06 11:00', 'the first minute is quiet, the last is not');
select is(pg_temp.hours('{Europe/Berlin,America/New_York}', '21:00', '08:00',
    '2026-01-05T20:30Z'), '06 13:00 06 20:00', 'in several zones it is day in all of them');
select is(pg_temp.hours('{Europe/Berlin,Pacific/Auckland}', '17:00', '09:00',
    '2026-01-05T10:00Z'), null, 'and in these never');
select is(pg_temp.hours('{Europe/Berlin}', '21:00', '08:00', '2026-03-28T23:00Z'),
    '29 06:00 29 19:00', 'an hour less in the night when clocks go on');
select is(pg_temp.hours('{Europe/Berlin}', '21:00', '08:00', '2026-10-24T23:00Z'),
    '25 07:00 25 20:00', 'an hour more when they go back');

create function pg_temp.quiet(p_zone text, p_from time, p_to time, p_at timestamptz)
returns boolean language sql as $$
    select case when p_from < p_to then t >= p_from and t < p_to else t >= p_from or t < p_to end
      from (select (p_at at time zone p_zone)::time) u(t) $$;
-- every quarter of an hour of the days around a change of clocks
create temp table looks as
select z.zone, z.day::timestamptz + i * interval '15 minutes' as at, q.f, q.t, h.*
  from (values ('Europe/Berlin', '2026-03-28'), ('Europe/Berlin', '2026-10-24'),
               ('America/New_York', '2026-03-07'), ('America/New_York', '2026-10-31'),
               ('Australia/Lord_Howe', '2026-04-04'), ('Australia/Lord_Howe', '2026-10-03'),
               ('America/Santiago', '2026-04-04'), ('Africa/Cairo', '2026-04-23'),
               ('Asia/Kathmandu', '2026-06-01')) z(zone, day)
 cross join generate_series(0, 287) i
 cross join (values ('21:00'::time, '08:00'::time), ('02:15', '02:45'), ('23:30', '00:30'),
                    ('01:00', '03:00')) q(f, t)
 cross join lateral godwit.policy_hours(array[z.zone], q.f, q.t,
       z.day::timestamptz + i * interval '15 minutes') h;
select is((select count(*) from looks where pg_temp.quiet(zone, f, t, opens)
    or opens < at or closes <= opens), 0::bigint, 'nothing is ever sent in quiet hours');
select is((select count(*) from looks where (opens = at) = pg_temp.quiet(zone, f, t, at)),
    0::bigint, 'and outside of them nobody waits');
select is((select count(*) from looks where opens - at > (t - f + interval '25 hours')
    or closes - opens > interval '26 hours'), 0::bigint, 'nor for more than a night');

-- ---- what puts off whom
select is(q.wait, w, n)
  from (values ('UTC', '+49301', 3, '{"reason":"quiet hours","at":5}'::jsonb, 'first quiet hours'),
               ('Mars', '+49301', 2, '{"reason":"quiet hours","at":7}', 'the longest prefix'),
               (null, '+49401', 2, '{"at":6}', 'a shorter one'),
               (null, '+49401', 3, '{"reason":"frequency cap","at":1}', 'then caps'),
               (null, '+33123', 2, '{"at":9}', 'none'), (null, null, 2, '{"at":9}', 'no number')
       ) u(z, f, i, w, n)
 cross join lateral godwit.policy_wait('{"":{"until":9},"UTC":{"later":5},"+49":{"until":6},
       "+4930":{"later":7}}', '{"3":1}', z, f, i) q;
select * from finish();
