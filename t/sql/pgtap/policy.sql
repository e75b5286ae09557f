-- The policy: who is refused by which step, until when quiet hours last, who is over a cap.
select plan(44);

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
-- ---- what a step asks of whom, and what he has said of a channel
select is(string_agg(k || ' ' || s, ', ' order by k, s), 'reply consent, reply dnc, '
    'reply frequency_cap, reply opt_out, reply quiet_hours, reply quota, transactional dnc, '
    'transactional frequency_cap, transactional opt_out, transactional quiet_hours, '
    'transactional quota', 'who is exempt of what')
  from unnest('{campaign,transactional,reply}'::text[]) k, unnest('{address,suppression,consent,'
    'opt_out,dnc,quiet_hours,frequency_cap,quota,sandbox}'::text[]) s
 where godwit.policy_exempt(s, k);
select is(string_agg(h || godwit.policy_said(h, jsonb_populate_record(null::godwit.contacts,
              jsonb_build_object('consent_' || h, 1))), ' ' order by h),
              'email1 sms1 voice1 whatsapp1', 'each channel has a word of its own')
  from unnest('{email,sms,whatsapp,voice}'::text[]) h;
select is(pg_temp.against('reply', 'sms', 1, null, null, null), null, 'a text needs no address');
select is(pg_temp.against('reply', 'email', 1, null, null, 'a@example.com', null), null,
    'a mail no number');
select is(array(select godwit.policy_puts_off(w)
                  from unnest('{quiet hours,frequency cap,paused}'::text[]) w),
    '{t,t,f}', 'what puts off');

-- ---- the rules of a workspace
create function pg_temp.rules(p_caps jsonb, p_zones text default 'Europe/Berlin',
    p_from text default '21:00', p_to text default '08:00')
returns godwit.policy_rules language sql as $$
    select jsonb_populate_record(null::godwit.policy_rules, jsonb_build_object('tenant_id', 1,
        'version', 1, 'quiet_hours', jsonb_build_object('email', jsonb_build_object('from',
        p_from, 'to', p_to)), 'zones', string_to_array(p_zones, ' '),
        'zones_by_number', '{"+49":["Europe/Berlin"]}'::jsonb, 'caps', p_caps)) $$;
insert into godwit.contacts (tenant_id, id, email, zone, created_at, updated_at)
overriding system value
select t, i, format('q%s@example.com', i), z, '2026-01-01Z', '2026-01-01Z'
  from (values (1, 2000, 'America/New_York'), (1, 2001, 'Mars/Phobos'), (1, 2002, 'Asia/Kolkata'),
               (2, 2000, 'Asia/Tokyo')) u(t, i, z);
select is((select string_agg(k, ' ' order by k) from jsonb_object_keys(godwit.policy_quiet(
    pg_temp.rules('[]'), 'email', '{2000,2001}', '2026-03-05Z')) k), ' +49 America/New_York',
    'of the zones of these contacts of this workspace');
select is(godwit.policy_quiet(pg_temp.rules('[]'), 'sms', '{2000}', '2026-03-05Z'), null,
    'of a channel without them nothing');
select is(godwit.policy_quiet(pg_temp.rules('[]', 'Europe/Berlin Pacific/Auckland', '17:00',
    '09:00'), 'email', '{}', '2026-01-05T10:00Z')->'', '{"later": 1767693600000000}',
    'where it is never day it is asked again tomorrow');
select is(string_agg(coalesce(c, '-') || ': ' || n, ', ' order by c),
    'news: 2 4, offers: 2 3, -: 2',
    'which caps count a message')
  from unnest('{news,offers,null}'::text[]) c, lateral (
       select string_agg(k.n::text, ' ' order by k.n)
         from godwit.policy_caps(pg_temp.rules('[{"channel":"sms","count":1,"days":1},
            {"channel":"email","count":1,"days":1},
            {"channel":"email","category":"offers","count":1,"days":1},
            {"channel":"email","category":"news","count":1,"days":1}]'), 'email', c) k) u(n);

-- ---- what others have sent: 801 asks
insert into godwit.templates (tenant_id, id, version, channel, created_at, updated_at)
overriding system value
select 1, i, 1, case i when 806 then 'sms' else 'email' end, '2026-01-01Z', '2026-01-01Z'
  from generate_series(801, 809) i;
insert into godwit.campaigns (tenant_id, id, name, list_id, template_id, template_version,
    from_address, state, category, test, created_at, started_at, finished_at)
overriding system value
select 1, i, 'c', 1, i, 1, 'a@example.com', 'running', case i when 803 then 'offers' end,
       i = 804, '2026-01-01Z', '2026-01-01Z', case i when 805 then '2026-02-01Z'::timestamptz
                                                     when 803 then '2026-03-04T13:00Z' end
  from generate_series(801, 809) i;
insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, intent_end,
    updated_at)
select 1, i, 5000, case i when 807 then 1 else 3 end, 3, '2026-01-01Z'
  from generate_series(801, 809) i;
insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
values (1, 807, 0, 1000, '{0,1,2,3,4}'), (1, 809, 1, 9000, '{7,8,9}');
insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
select 1, 809, 0, 1000, array_agg(i) from generate_series(0, 4095) i;
insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
    host_id, route)
values (1, 808, 1003, 1, '2026-03-01Z', '2026-03-01Z', 1, 'r'),
       (1, 808, 1004, 1, '2026-03-01Z', '2026-03-01Z', null, 'r');
insert into godwit.contact_alias values (1, 5, 1006), (2, 1, 1006);
insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
values (1, 802, 1000, '2026-03-03Z', 2), (1, 803, 1000, '2026-03-04T12:00Z', 2),
       (1, 801, 1000, '2026-03-04Z', 2), (1, 804, 1000, '2026-03-04Z', 2),
       (1, 805, 1000, '2026-03-04Z', 2), (1, 806, 1000, '2026-03-04Z', 2),
       (1, 802, 1004, '2026-02-20Z', 2), (1, 802, 1005, '2026-03-04Z', 1),
       (1, 803, 1005, '2026-03-04Z', 7), (1, 807, 1005, '2026-03-04Z', 3),
       (1, 802, 5, '2026-03-04Z', 2), (1, 802, 1, '2026-03-04Z', 2),
       (2, 802, 1001, '2026-03-04Z', 2);
select is((select string_agg(format('%s<%s%s', h.contact_id, h.campaign_id,
              case when under_way then '?' end), ' ' order by h.contact_id, h.campaign_id)
             from godwit.policy_had(1, 801, 'email', ids, '7 days', '2026-03-05Z') h),
    '1000<802 1000<803 1001<807? 1002<807? 1003<808? 1005<802? 1005<803 1006<802', what)
  from (values ('{1000,1001,1002,1003,1004,1005,1006}'::bigint[], 'side by side'),
               ('{1000,1001,1002,1003,1004,1005,1006,900000}', 'far apart')) u(ids, what);
select is(array(select godwit.audience_ids(1, 809, 4094, 4097)), '{5094,5095,9007}',
    'an audience goes on in the next block');

create function pg_temp.capped(p_caps text, p_category text default null,
    p_now timestamptz default '2026-03-05T01:00Z')
returns text language sql as $$
    select to_char(godwit.instant_of(godwit.policy_capped(pg_temp.rules(jsonb_agg(
            jsonb_build_object('channel', 'email', 'count', split_part(k, ' ', 1),
                'days', split_part(k, ' ', 2), 'category', nullif(split_part(k, ' ', 3), '')))),
            'email', 801, p_category, '{1000}', p_now)->'1000') at time zone 'UTC', 'MM-DD HH24')
      from string_to_table(p_caps, ',') k $$;
select is(pg_temp.capped('1 1'), '03-05 12', 'a day after the last');
select is(pg_temp.capped('2 7'), '03-10 00', 'of two, when the first of them is long ago');
select is(pg_temp.capped('3 7'), null, 'two are less than three');
select is(pg_temp.capped('1 1,2 7'), '03-10 00', 'of two caps the later');
select is(pg_temp.capped('1 1,9 30', null, '2026-03-06Z'), null, 'each counts its own days');
select is(pg_temp.capped('1 30 offers', 'offers'), '04-03 12', 'those of a category');
select is(pg_temp.capped('1 30 news', 'news'), null, 'and of no other');
select * from finish();
