-- How a campaign is sent: windows of its cursor, its ledger, its queue. Called
-- by the role mail, which names the host and the time.

-- Take the next p_n recipients of a campaign for p_host: [pos, intent_end) is
-- what may be on the wire from now on. p_from null begins a life of the host:
-- the first window starts at pos, under a new epoch; later ones start at p_from
-- and may span [pos, intent_end) further while an earlier one is still open.
-- No row when another host holds it, p_epoch is not the epoch any more or the
-- quota of messages is used up, fewer when little of it is left. After
-- its lease another host may have it, but never an open intent: only the journal
-- of its holder knows who of that was sent.
-- verdict: null = send, else the state (4 suppressed, 5 invalid) with reason; 0: not
-- before `until`. What may be sent may be only until then. policy: the version of the
-- rules that said so (policy.sql); address: his on the channel of the campaign.
-- arm: what those get who are not in the test of an experiment; who is in it, or
-- held out, the host works out itself.
-- Recipients that have a row in sends already (settled after a crash) are
-- left out: one row without a contact says that nobody is left of the window.
create or replace function godwit.campaign_take(p_tenant int, p_campaign bigint,
    p_host int, p_epoch bigint, p_from bigint, p_n int, p_now timestamptz,
    p_lease timestamptz)
returns table (epoch bigint, window_from bigint, window_to bigint, contact_id bigint,
    ordinal bigint, first_at timestamptz, verdict smallint, reason text, email text,
    phone text, external_id text, first_name text, last_name text, zone text,
    locale text, attributes jsonb, tracking boolean, arm int, policy int, until bigint,
    address text)
language plpgsql
as $$
#variable_conflict use_column
declare
    k godwit.campaign_cursors;
    v_channel text;
    t auth.tenants;
    c godwit.campaigns;
    x godwit.experiments;
    v_cancelled boolean;
    v_from bigint;
    v_n bigint := p_n;
    v_settled boolean;
    v_asks boolean;
    r godwit.policy_rules;
    v_hours jsonb;
    v_capped jsonb;
begin
    select * into c from godwit.campaigns where tenant_id = p_tenant and id = p_campaign;
    select * into t from auth.tenants where id = p_tenant;
    v_channel := godwit.campaign_channel(c);
    select * into x from godwit.experiments
     where tenant_id = p_tenant and campaign_id = p_campaign;
    v_cancelled := c.state = 'cancelled';
    v_asks := c.kind <> 'confirm' and (select l.double_opt_in from godwit.lists l
                where l.tenant_id = p_tenant and l.id = c.list_id);
    if not (v_cancelled or c.test or t.kind = 'sandbox') then
        v_n := godwit.quota_messages(p_tenant, p_campaign, coalesce(p_from - (
            select u.pos from godwit.campaign_cursors u where u.tenant_id = p_tenant
               and u.campaign_id = p_campaign), 0), p_n, p_now);
        if v_n = 0 then
            return;
        end if;
    end if;
    update godwit.campaign_cursors u
       set host_id = p_host, lease_until = p_lease, updated_at = p_now,
           epoch = u.epoch + case when p_from is null then 1 else 0 end,
           intent_end = least(coalesce(p_from, u.pos) + v_n, godwit.cursor_end(u,
               coalesce(p_from, u.pos), case when not v_cancelled then p_now end))
     where u.tenant_id = p_tenant and u.campaign_id = p_campaign and u.epoch = p_epoch
       and coalesce(p_from, u.pos) < godwit.cursor_end(u, coalesce(p_from, u.pos),
               case when not v_cancelled then p_now end)
       and (p_from is null or (u.host_id = p_host and p_from between u.pos and u.intent_end))
       and (u.host_id is null or u.host_id = p_host or (u.intent_end = u.pos
            and coalesce(u.lease_until, p_now) <= p_now))
    returning * into k;
    if not found then
        return;
    end if;
    v_from := coalesce(p_from, k.pos);
    -- a row of the window or behind it was settled after a crash: ids ascend, so
    -- the last row tells. By order: else all that was sent so far may be read.
    -- In the turns of a bandit they ascend in each alone.
    v_settled := x.rule is not distinct from 'bandit'
        or coalesce((select d.contact_id from godwit.sends d
           where d.tenant_id = p_tenant and d.campaign_id = p_campaign
           order by d.contact_id desc limit 1) >= (
          select b.base + b.offsets[v_from % 4096 + 1] from godwit.audience_blocks b
           where b.tenant_id = p_tenant and b.campaign_id = p_campaign
             and b.no = v_from / 4096), false);
    if not (v_cancelled or c.test or t.kind = 'sandbox')
        and exists (select from godwit.preferences w
                     where w.tenant_id = p_tenant and w.every_days is not null)
    then
        perform godwit.preference_turns(p_tenant, p_campaign, v_channel, c.list_id, v_asks, array(
            select i from godwit.audience_ids(p_tenant, p_campaign, v_from, k.intent_end) i
             where x.campaign_id is null or godwit.experiment_part(x, i) <> -2), p_now);
    end if;
    if not v_cancelled then
        select * into r from godwit.policy_of(p_tenant);
    end if;
    if r.version is not null then
        select w.hours, w.capped into v_hours, v_capped from godwit.policy_waits(r, v_channel, c,
            array(select godwit.audience_ids(p_tenant, p_campaign, v_from, k.intent_end)),
            p_now) w;
    end if;

    return query
    select k.epoch, v_from, k.intent_end, a.id, a.ordinal, null::timestamptz,
           case when v.reason like 'the contact %' then 5::smallint
                when v.reason is not null then 4::smallint
                when l.wait ? 'reason' then 0::smallint end,
           coalesce(v.reason, l.wait->>'reason'),
           p.email, p.phone, p.external_id, p.first_name, p.last_name, p.zone, p.locale,
           p.attributes, p.tracking, case when x.rule = 'bandit'
               then godwit.experiment_arm(x, a.id) else x.winner end, r.version,
           case when v.reason is null then (l.wait->>'at')::bigint end, h.address
      from (select b.no * 4096::bigint + o.n - 1 as ordinal, b.base + o.off as id
              from godwit.audience_blocks b,
                   unnest(b.offsets) with ordinality o(off, n)
             where b.tenant_id = p_tenant and b.campaign_id = p_campaign
               and b.no between v_from / 4096 and (k.intent_end - 1) / 4096) a
      left join godwit.contacts p on p.tenant_id = p_tenant and p.id = a.id
     cross join lateral (select godwit.channel_address(v_channel, p)) h(address)
      -- godwit.address_hash, its key looked up once
      left join godwit.suppressions s on s.tenant_id = p_tenant
           and s.address_hash = sha256(t.hash_opad || sha256(t.hash_ipad || convert_to(
               lower(btrim(h.address) collate "C"), 'UTF8')))
      left join godwit.subscriptions b on b.tenant_id = p_tenant and b.list_id = c.list_id
           and b.contact_id = a.id
      left join godwit.preferences w on w.tenant_id = p_tenant and w.contact_id = a.id
     cross join lateral (select
           case when v_cancelled and p.id is not null then 'cancelled'
                else godwit.policy_against('campaign', v_channel, p, s.reason, b, v_asks, w,
                    p_campaign, p_now)
            end) v(reason)
     cross join lateral godwit.policy_wait(v_hours, v_capped, p.zone, p.phone, a.id) l
     where a.ordinal >= v_from and a.ordinal < k.intent_end
       -- offset 0: one probe of the key a recipient, never a join that reads
       -- all that was sent so far
       and (not v_settled or not exists (select from godwit.sends d
             where d.tenant_id = p_tenant and d.campaign_id = p_campaign
               and d.contact_id = a.id offset 0))
     order by a.ordinal;
    if not found then
        epoch := k.epoch;
        window_from := v_from;
        window_to := k.intent_end;
        return next;
    end if;
end $$;

-- Close a window [p_from, p_pos): a row for each recipient it has passed, the
-- cursor to p_pos, what is intended from there to p_intent, the lease to p_lease.
-- p_counts: how many rows of each state, from 0; p_policy: as campaign_take told it. What came
-- of it: 'closed'; 'before', when a close of it had been done and only its answer was lost;
-- 'lost', when the epoch is another's. Nothing is written then.
create or replace function godwit.campaign_close(p_tenant int, p_campaign bigint,
    p_epoch bigint, p_host int, p_from bigint, p_pos bigint, p_intent bigint,
    p_now timestamptz, p_lease timestamptz, p_counts bigint[],
    p_contact bigint[], p_state smallint[], p_attempts smallint[], p_code smallint[],
    p_at timestamptz[], p_reason text[], p_reply text[], p_due timestamptz[],
    p_tls int[] default null, p_policy int default null)
returns text language plpgsql
as $$
declare
    v_all int[] := array[cardinality(p_contact)];
begin
    perform godwit.quota_messages_lock(array[p_tenant]);
    update godwit.campaign_cursors k
       set pos = p_pos, intent_end = greatest(p_pos, p_intent), updated_at = p_now,
           lease_until = p_lease,
           in_flight = k.in_flight + p_counts[2], sent = k.sent + p_counts[3],
           failed = k.failed + p_counts[4], suppressed = k.suppressed + p_counts[5],
           invalid = k.invalid + p_counts[6], not_rendered = k.not_rendered + p_counts[7],
           uncertain = k.uncertain + p_counts[8]
     where k.tenant_id = p_tenant and k.campaign_id = p_campaign and k.epoch = p_epoch
       and k.pos = p_from;
    if not found then
        return case when exists (select from godwit.campaign_cursors k
                                  where k.tenant_id = p_tenant and k.campaign_id = p_campaign
                                    and k.epoch = p_epoch and k.pos >= p_pos)
                    then 'before' else 'lost' end;
    end if;
    insert into godwit.sends (tenant_id, campaign_id, contact_id, at, host_id, state,
        attempts, code, reason, reply, tls, policy)
    select p_tenant, p_campaign, u.contact, u.at, p_host, u.state, u.attempts, u.code,
           u.reason, u.reply, u.tls, p_policy
      from unnest(p_contact, p_state, p_attempts, p_code, p_at, p_reason, p_reply, p_tls)
        as u(contact, state, attempts, code, at, reason, reply, tls);
    perform godwit.usage_messages(p_tenant, p_campaign, p_counts[1] + p_counts[2] + p_counts[3]
        + p_counts[4] + p_counts[8], p_now);
    if p_counts[4] > 0 then
        perform godwit.suppress_dead(array_fill(p_tenant, v_all), array_fill(p_campaign, v_all),
            p_contact, p_state, p_reason, p_now);
    end if;
    if p_counts[1] > 0 then
        insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due,
            first_at, route)
        select p_tenant, p_campaign, u.contact, u.attempts, u.due,
               case when godwit.policy_puts_off(u.reason) then u.due else u.at end, 'smart_host'
          from unnest(p_contact, p_state, p_attempts, p_at, p_due, p_reason)
            as u(contact, state, attempts, at, due, reason)
         where u.state = 0;
    end if;
    if godwit.sends_wanted(p_tenant) then
        perform godwit.emit_send(p_tenant, p_campaign, u.contact, u.state, u.at, u.code, u.reason,
                p_now)
           from unnest(p_contact, p_state, p_code, p_at, p_reason)
             as u(contact, state, code, at, reason);
    end if;
    return 'closed';
end $$;

-- Settle recipients that have a row: what came of an in_flight or queued one.
-- A row that is final already stays as it is (settling twice changes nothing),
-- so does one that another host holds, and a queued one that knows a later
-- attempt than `queued again` comes from. Those of campaign 0 are messages.
create or replace function godwit.campaign_settle(p_host int, p_now timestamptz,
    p_tenant int[], p_campaign bigint[], p_contact bigint[], p_state smallint[],
    p_attempts smallint[], p_code smallint[], p_at timestamptz[], p_reason text[],
    p_reply text[], p_due timestamptz[], p_tls int[] default null, p_policy int[] default null)
returns int language plpgsql
as $$
declare
    v_n int;
    v_told int;
begin
    if 0 = any (p_campaign) then
        -- messages of campaigns are used when they are sent
        perform godwit.quota_messages_lock(array(
            select distinct m.tenant_id from unnest(p_tenant, p_campaign, p_contact)
                       as u(tenant, campaign, id)
              join godwit.messages m on m.tenant_id = u.tenant and m.id = u.id
             where u.campaign = 0 and m.campaign_id is not null));
    end if;
    with u as (
        select * from unnest(p_tenant, p_campaign, p_contact, p_state, p_attempts, p_code,
            p_at, p_reason, p_reply, p_due, p_tls, p_policy)
            as u(tenant, campaign, contact, state, attempts, code, at, reason, reply, due, tls,
                policy)
    ), held as materialized (
        -- locked first: nobody claims it meanwhile
        select q.tenant_id, q.campaign_id, q.contact_id, q.host_id
          from godwit.mail_queue q join u on q.qshard = 0 and q.tenant_id = u.tenant
           and q.campaign_id = u.campaign and q.contact_id = u.contact
         order by q.tenant_id, q.campaign_id, q.contact_id for update of q
    ), old as (
        select s.* from godwit.sends s join u on s.tenant_id = u.tenant
           and s.campaign_id = u.campaign and s.contact_id = u.contact
          left join held h on h.tenant_id = u.tenant and h.campaign_id = u.campaign
           and h.contact_id = u.contact
         where (s.state = 1 and s.host_id = p_host)
            or (s.state = 0 and coalesce(h.host_id, p_host) = p_host
                and (u.state <> 0 or (u.attempts, u.at) > (s.attempts, s.at)))
         order by s.tenant_id, s.campaign_id, s.contact_id for update of s
    ), past as (
        -- the attempt before becomes history when another one has been made
        insert into godwit.send_attempts (tenant_id, campaign_id, contact_id, attempt, at,
            code, reply, tls)
        select o.tenant_id, o.campaign_id, o.contact_id, o.attempts, o.at, o.code, o.reply, o.tls
          from old o join u on u.tenant = o.tenant_id and u.campaign = o.campaign_id
           and u.contact = o.contact_id
         where o.code is not null and u.attempts > o.attempts
        on conflict do nothing
    ), new as (
        update godwit.sends s set state = u.state, attempts = u.attempts, at = u.at,
               host_id = p_host, code = coalesce(u.code, s.code),
               reason = u.reason, reply = coalesce(u.reply, s.reply),
               tls = case when u.code is null then coalesce(u.tls, s.tls) else u.tls end,
               policy = coalesce(u.policy, s.policy)
          from u join old o on o.tenant_id = u.tenant and o.campaign_id = u.campaign
           and o.contact_id = u.contact
         where s.tenant_id = u.tenant and s.campaign_id = u.campaign
           and s.contact_id = u.contact
        returning s.tenant_id, s.campaign_id, s.contact_id, o.state as was, s.state as became
    ), gone as (
        delete from godwit.mail_queue q using new n
         where q.qshard = 0 and q.tenant_id = n.tenant_id and q.campaign_id = n.campaign_id
           and q.contact_id = n.contact_id and n.became <> 0
    ), back as (
        insert into godwit.mail_queue as q (tenant_id, campaign_id, contact_id, attempt, due,
            first_at, route)
        select u.tenant, u.campaign, u.contact, u.attempts, u.due,
               case when godwit.policy_puts_off(u.reason) then u.due else u.at end, 'smart_host'
          from u join new n on n.tenant_id = u.tenant and n.campaign_id = u.campaign
           and n.contact_id = u.contact
         where n.became = 0
        on conflict (qshard, tenant_id, campaign_id, contact_id) do update
           set attempt = excluded.attempt, due = excluded.due, host_id = null,
               -- put off: his time begins then, or stands still until then
               first_at = case when excluded.first_at <= p_now then q.first_at
                               when excluded.attempt = 0 then excluded.first_at
                               else godwit.attempts_since(q, excluded.first_at, p_now) end
    ), d as (
        select tenant_id, campaign_id,
               count(*) filter (where became = 1) - count(*) filter (where was = 1) as in_flight,
               count(*) filter (where became = 2) as sent,
               count(*) filter (where became = 3) as failed,
               count(*) filter (where became = 4) as suppressed,
               count(*) filter (where became = 5) as invalid,
               count(*) filter (where became = 6) as not_rendered,
               count(*) filter (where became = 7) as uncertain, count(*) as n
          from new group by 1, 2
    ), k as (
        update godwit.campaign_cursors k set in_flight = k.in_flight + d.in_flight,
               sent = k.sent + d.sent, failed = k.failed + d.failed,
               suppressed = k.suppressed + d.suppressed, invalid = k.invalid + d.invalid,
               not_rendered = k.not_rendered + d.not_rendered,
               uncertain = k.uncertain + d.uncertain, updated_at = p_now
          from d where k.tenant_id = d.tenant_id and k.campaign_id = d.campaign_id
    )
    select coalesce(sum(n), 0), (
            select count(godwit.emit_send(n.tenant_id, n.campaign_id, n.contact_id, n.became, u.at,
                u.code, u.reason, p_now))
              from new n join u on u.tenant = n.tenant_id and u.campaign = n.campaign_id
               and u.contact = n.contact_id
             where n.became in (2, 3) and godwit.sends_wanted(n.tenant_id))
      into v_n, v_told from d;
    if 3 = any (p_state) then
        perform godwit.suppress_dead(p_tenant, p_campaign, p_contact, p_state, p_reason, p_now);
    end if;
    if 0 = any (p_campaign) then
        v_n := v_n + godwit.messages_settle(p_host, p_tenant, p_campaign, p_contact, p_state,
            p_attempts, p_code, p_at, p_reason, p_reply, p_due, p_tls);
    end if;
    return v_n;
end $$;

-- Whoever p_host may have had on the wire and has no outcome becomes uncertain:
-- what it intends without a row, what it has claimed of the queue.
create or replace function godwit.campaign_doubt(p_host int, p_now timestamptz)
returns int language sql
as $$
    with k as (
        select k.* from godwit.campaign_cursors k
          join godwit.campaigns c on c.tenant_id = k.tenant_id and c.id = k.campaign_id
         where c.started_at is not null and c.finished_at is null
           and k.host_id = p_host and k.pos < k.intent_end
    ), intended as (
        insert into godwit.sends (tenant_id, campaign_id, contact_id, at, host_id, state,
            attempts, reason)
        select k.tenant_id, k.campaign_id, b.base + o.off, p_now, p_host, 7, 1,
               'the journal of its host is damaged'
          from k
          join godwit.audience_blocks b on b.tenant_id = k.tenant_id
           and b.campaign_id = k.campaign_id
           and b.no between k.pos / 4096 and (k.intent_end - 1) / 4096
         cross join unnest(b.offsets) with ordinality o(off, n)
         where b.no * 4096::bigint + o.n - 1 between k.pos and k.intent_end - 1
            on conflict do nothing
        returning tenant_id, campaign_id
    ), claimed as (
        delete from godwit.mail_queue q
         where q.qshard = 0 and q.host_id = p_host and q.campaign_id > 0
        returning q.tenant_id, q.campaign_id, q.contact_id
    ), waited as (
        update godwit.sends s set state = 7, at = p_now, host_id = p_host,
               attempts = s.attempts + 1, reason = 'the journal of its host is damaged'
          from claimed q
         where s.tenant_id = q.tenant_id and s.campaign_id = q.campaign_id
           and s.contact_id = q.contact_id and s.state = 0
        returning s.tenant_id, s.campaign_id
    ), d as (
        select tenant_id, campaign_id, count(*) as n, count(*) filter (where fresh) as fresh
          from (select *, true as fresh from intended union all
                select *, false from waited) u group by 1, 2
    ), u as (
        update godwit.campaign_cursors c set uncertain = c.uncertain + d.n, updated_at = p_now
          from d where c.tenant_id = d.tenant_id and c.campaign_id = d.campaign_id
    )
    select coalesce(sum(n - fresh + godwit.usage_messages(tenant_id, campaign_id, fresh, p_now)),
                    0)::int from d;
$$;

-- After a crash: what the host's journal says of recipients. Those of a window
-- that was never closed get their row now; the cursor then leaves them out.
-- Rows of this host that are still in_flight without a word in the journal
-- become uncertain; what it had claimed of the queue is free again. p_hole: not
-- all of the journal could be read. Then anybody without a word may have been
-- sent to whom this host may have had on the wire: all of its intents and claims
-- become uncertain.
create or replace function godwit.campaign_recover(p_host int, p_now timestamptz,
    p_hole boolean, p_tenant int[], p_campaign bigint[], p_contact bigint[], p_state smallint[],
    p_attempts smallint[], p_code smallint[], p_at timestamptz[], p_reason text[],
    p_reply text[], p_due timestamptz[], p_tls int[] default null)
returns int language plpgsql
as $$
declare
    v_n int;
    v_told int;
begin
    perform godwit.quota_messages_lock(p_tenant || array(select k.tenant_id
        from godwit.campaign_cursors k where k.host_id = p_host));
    -- a close of the earlier life that still runs ends before this; one that
    -- comes later finds another epoch
    update godwit.campaign_cursors k set epoch = k.epoch + 1
      from godwit.campaigns c
     where c.tenant_id = k.tenant_id and c.id = k.campaign_id
       and c.started_at is not null and c.finished_at is null
       and k.host_id = p_host;

    perform godwit.campaign_settle(p_host, p_now, p_tenant, p_campaign, p_contact, p_state,
        p_attempts, p_code, p_at, p_reason, p_reply, p_due, p_tls);
    with u as (
        select * from unnest(p_tenant, p_campaign, p_contact, p_state, p_attempts, p_code,
            p_at, p_reason, p_reply, p_due, p_tls)
            as u(tenant, campaign, contact, state, attempts, code, at, reason, reply, due, tls)
         where u.campaign > 0
           and (u.state in (2, 3, 7) or (u.state = 0 and u.attempts > 0))
    ), new as (
        insert into godwit.sends (tenant_id, campaign_id, contact_id, at, host_id, state,
            attempts, code, reason, reply, tls)
        select tenant, campaign, contact, at, p_host, state, attempts, code, reason, reply, tls
          from u on conflict do nothing
        returning tenant_id, campaign_id, contact_id, state
    ), later as (
        -- asked to come later: that was an attempt
        insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due,
            first_at, route)
        select u.tenant, u.campaign, u.contact, u.attempts, u.due, u.at, 'smart_host'
          from u join new n on n.tenant_id = u.tenant and n.campaign_id = u.campaign
           and n.contact_id = u.contact
         where n.state = 0
    ), d as (
        select tenant_id, campaign_id, count(*) filter (where state = 2) as sent,
               count(*) filter (where state = 3) as failed,
               count(*) filter (where state = 7) as uncertain, count(*) as n
          from new group by 1, 2
    ), k as (
        update godwit.campaign_cursors k set sent = k.sent + d.sent,
               failed = k.failed + d.failed, uncertain = k.uncertain + d.uncertain,
               updated_at = p_now
          from d where k.tenant_id = d.tenant_id and k.campaign_id = d.campaign_id
    )
    select coalesce(sum(godwit.usage_messages(tenant_id, campaign_id, n, p_now)), 0), (
            select count(godwit.emit_send(n.tenant_id, n.campaign_id, n.contact_id, n.state, u.at,
                u.code, u.reason, p_now))
              from new n join u on u.tenant = n.tenant_id and u.campaign = n.campaign_id
               and u.contact = n.contact_id
             where n.state in (2, 3) and godwit.sends_wanted(n.tenant_id))
      into v_n, v_told from d;

    with lost as (
        update godwit.sends s set state = 7, reason = 'the journal of its host has no reply'
         where s.host_id = p_host and s.state = 1
           and (s.tenant_id, s.campaign_id) in (select tenant_id, campaign_id
                from godwit.campaign_cursors where in_flight > 0)
        returning s.tenant_id, s.campaign_id
    ), d as (select tenant_id, campaign_id, count(*) as n from lost group by 1, 2)
    update godwit.campaign_cursors k set in_flight = k.in_flight - d.n,
           uncertain = k.uncertain + d.n, updated_at = p_now
      from d where k.tenant_id = d.tenant_id and k.campaign_id = d.campaign_id;

    if p_hole then
        v_n := v_n + godwit.campaign_doubt(p_host, p_now)
                   + godwit.messages_doubt(p_host, p_now);
    end if;
    update godwit.mail_queue set host_id = null where qshard = 0 and host_id = p_host;
    return v_n;
end $$;
