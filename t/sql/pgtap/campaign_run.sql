-- The ledger and the queue: two hosts, two lives, words that come late.
select plan(23);

insert into godwit.campaigns (tenant_id, id, name, list_id, template_id, template_version,
    from_address, state, created_at, started_at) overriding system value
select 1, i, 'c', 1, 1, 1, 'a@example.com', 'running', '2026-01-01Z', '2026-01-01Z'
  from generate_series(901, 903) i;
insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, intent_end, host_id,
    epoch, updated_at) values (1, 901, 9, 9, 9, 1, 4, '2026-01-01Z'),
    (1, 902, 9, 0, 5, 1, 4, '2026-01-01Z'), (1, 903, 9, 0, 5, 2, 4, '2026-01-01Z');

-- contact, holder, attempts, at (minute): queued, and one in flight at host 2
create function pg_temp.given(p_contact bigint, p_host int, p_attempts int, p_minute int)
returns void language sql as $$
    insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts, code)
    values (1, 901, p_contact, '2026-01-01Z'::timestamptz + p_minute * interval '1 minute', 0,
            p_attempts, 451);
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
        host_id, route)
    values (1, 901, p_contact, p_attempts, '2026-01-01T09:00Z', '2026-01-01Z', p_host, 'r') $$;
-- a word of a host on a contact
create function pg_temp.word(p_call text, p_host int, p_contact bigint, p_state int,
    p_attempts int, p_minute int)
returns int language plpgsql as $$
declare v int;
begin
    execute format('select godwit.campaign_%s($1, $2%s, array[1], array[901::bigint],
        array[$3], array[$4::smallint], array[$5::smallint], array[451::smallint],
        array[$2], array[''''], array[''later''], array[$2 + interval ''1 hour''])', p_call,
        case p_call when 'recover' then ', false' end)
       into v using p_host, '2026-01-01Z'::timestamptz + p_minute * interval '1 minute',
            p_contact, p_state, p_attempts;
    return v;
end $$;
create function pg_temp.row(p_contact bigint) returns text language sql as $$
    select format('%s/%s %s', s.state, s.attempts, coalesce(q.host_id::text, '-'))
      from godwit.sends s left join godwit.mail_queue q using (tenant_id, campaign_id, contact_id)
     where s.tenant_id = 1 and s.campaign_id = 901 and s.contact_id = p_contact $$;

select pg_temp.given(1, 2, 1, 0), pg_temp.given(2, 1, 2, 5), pg_temp.given(3, 1, 1, 5),
       pg_temp.given(4, null, 1, 5);
insert into godwit.sends (tenant_id, campaign_id, contact_id, at, host_id, state, attempts)
values (1, 901, 5, '2026-01-01Z', 2, 1, 1);

-- ---- one that another host holds
select is(pg_temp.word('settle', 1, 1, 0, 2, 9), 0, 'no word of a host that does not hold it');
select is(pg_temp.row(1), '0/1 2', 'frees the row of another');
select is(pg_temp.word('recover', 1, 1, 2, 1, 9), 0, 'nor does a recovery');
select is(pg_temp.row(1), '0/1 2', 'settle it');
select is(pg_temp.word('settle', 1, 5, 2, 1, 9), 0, 'nor what is in flight elsewhere');
select is(pg_temp.word('settle', 2, 1, 2, 2, 9), 1, 'its holder settles it');

-- ---- a word that is older than the row
select pg_temp.word('recover', 1, 2, 0, 1, 3);
select is(pg_temp.row(2), '0/2 -', 'an attempt the journal does not know stays one');
select is((select due from godwit.mail_queue where contact_id = 2), '2026-01-01T09:00Z',
    'and its time stays');
select is(pg_temp.word('settle', 1, 3, 0, 2, 9), 1, 'the next attempt counts');
select is(pg_temp.word('settle', 1, 3, 0, 2, 9), 0, 'once');

-- ---- recovery fences the closes of the life before
select is((select array_agg(epoch order by campaign_id) from godwit.campaign_cursors),
    array[6, 6, 4]::bigint[], 'two recoveries of host 1: so many epochs of its campaigns');
select is(godwit.campaign_close(1, 902, 4, 1, 0, 5, 5, '2026-01-01Z', null, array_fill(0, array[8]),
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'), 'lost', 'a close that comes late is void');

-- ---- who is put off before an attempt: the time of his attempts begins then; after one it stands
-- still until then, nine minutes of it gone; it goes on with the next one
select pg_temp.given(8, 1, 1, 5);
create function pg_temp.waits(p_attempts int, p_minute int, p_reason text, p_due timestamptz)
returns timestamptz language plpgsql as $$
declare
    v_now timestamptz := '2026-01-01Z'::timestamptz + p_minute * interval '1 minute';
begin
    update godwit.mail_queue set host_id = 1 where campaign_id = 901 and contact_id = 8;
    perform godwit.campaign_settle(1, v_now, '{1}', '{901}', '{8}', '{0}',
        array[p_attempts::smallint], '{null}', array[v_now], array[p_reason], '{""}', array[p_due]);
    return (select first_at from godwit.mail_queue where campaign_id = 901 and contact_id = 8);
end $$;
select is(pg_temp.waits(1, 9, 'quiet hours', '2026-01-01T20:00Z'), '2026-01-01T19:51Z', 'put off');
select is(pg_temp.waits(2, 1201, 'later', '2026-01-01T21:00Z'), '2026-01-01T19:51Z',
    'then refused');
delete from godwit.sends where contact_id = 8;
delete from godwit.mail_queue where contact_id = 8;

-- ---- what is due is claimed, and of one that is cancelled passes
insert into godwit.contacts (tenant_id, id, email, created_at, updated_at) overriding system value
select 1, i, format('c%s@example.com', i), '2026-01-01Z', '2026-01-01Z'
  from generate_series(11, 12) i;
insert into godwit.campaigns (tenant_id, id, name, list_id, template_id, template_version,
    from_address, state, created_at, started_at) overriding system value
values (1, 904, 'c', 1, 1, 1, 'a@example.com', 'finishing', '2026-01-01Z', '2026-01-01Z');
create function pg_temp.claims(p_state text, p_until timestamptz)
returns text language sql as $$
    update godwit.campaigns set state = p_state where id = 904;
    delete from godwit.mail_queue where campaign_id = 904;
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
        route)
    values (1, 904, 11, 1, '2026-01-01T09:00Z', '2026-01-01Z', 'r'),
           (1, 904, 12, 1, '2026-01-01T09:30Z', '2026-01-01Z', 'r');
    select string_agg(concat_ws(' ', contact_id, reason), ', ' order by contact_id)
      from godwit.campaign_claim(3, '{1}', '{904}', '{10}', array[p_until]) $$;
select is(pg_temp.claims('finishing', '2026-01-01T09:00Z'), '11', 'who is due');
select is(pg_temp.claims('cancelled', '9999-01-01Z'), '11 cancelled, 12 cancelled', 'all of one');
select is(pg_temp.claims('paused', '2026-01-01T10:00Z'), null, 'nobody of one that is paused');
delete from godwit.mail_queue where campaign_id = 904;

-- ---- another host
create function pg_temp.take(p_host int, p_campaign bigint, p_now timestamptz)
returns bigint language sql as $$
    select t.epoch from godwit.campaign_cursors k, lateral godwit.campaign_take(1, p_campaign,
           p_host, k.epoch, null, 5, p_now, p_now) t where k.campaign_id = p_campaign limit 1 $$;
update godwit.campaign_cursors set audience = 19, lease_until = '2026-01-01T10:00Z'
 where campaign_id = 901;
select is(pg_temp.take(2, 901, '2026-01-01T09:59Z'), null, 'waits for the end of a lease');
select is(pg_temp.take(1, 903, '2030-01-01Z'), null, 'never gets an open intent');
select is(pg_temp.take(2, 901, '2026-01-01T10:00Z'), 7::bigint, 'goes on under a new epoch');

-- ---- a journal with a hole: what the host may have sent is uncertain, once
insert into godwit.audience_blocks (tenant_id, campaign_id, no, base, offsets)
select 1, i, 0, 100, array[0, 1, 2, 3, 4, 5, 6, 7, 8] from generate_series(902, 903) i;
select pg_temp.given(6, 1, 1, 5), pg_temp.given(7, 2, 1, 5);
create function pg_temp.hole() returns int language sql as $$
    select godwit.campaign_recover(1, '2026-01-01T10:00Z', true, '{1}', '{902}', '{101}', '{2}',
        '{1}', '{250}', '{2026-01-01Z}', '{""}', '{ok}', '{2026-01-01Z}') $$;
select is(array[pg_temp.hole(), pg_temp.hole()], array[6, 0],
    'a word counts, who has none becomes uncertain, once');
select is((select array_agg(contact_id || '/' || state order by campaign_id, contact_id)
             from godwit.sends where campaign_id > 901 or contact_id in (4, 6, 7)),
    array['4/0', '6/7', '7/0', '100/7', '101/2', '102/7', '103/7', '104/7'],
    'its intents and claims, nobody else''s');
select is((select array_agg(sent || '/' || uncertain order by campaign_id)
             from godwit.campaign_cursors), array['1/1', '1/4', '0/0'], 'the counters say so');

select * from finish();
