-- The one policy: may this contact have this message on this channel now? Its steps stand in a
-- fixed order (address, suppression, consent, opt-out, do-not-call, quiet hours, caps, quota,
-- sandbox), and the first that says no decides. Each is a function of its own: those who take
-- recipients (campaign_take, campaign_claim, mail_claim_messages) and policy_simulate call the
-- same. p_kind: campaign is marketing, transactional what somebody has asked for or must know, such
-- as a confirmation or a new password, reply an answer to what he has written.
--
-- The first five refuse: these expressions go into the query of whoever calls them. Quiet hours and
-- caps put off: worked out once for a window of recipients, and only where a workspace has such
-- rules. The quota is lent to a window as a whole (quotas.sql), of a sandbox nothing leaves this
-- house (mail_way in the worker).

-- What the law does not ask of a kind of message, or would keep from who waits for it.
create or replace function godwit.policy_exempt(p_step text, p_kind text)
returns boolean language sql immutable parallel safe
as $$ select p_kind <> 'campaign' and (p_step in ('opt_out', 'dnc', 'quiet_hours',
        'frequency_cap', 'quota') or p_step = 'consent' and p_kind = 'reply') $$;

create or replace function godwit.micros(p_at timestamptz)
returns bigint language sql immutable parallel safe
as $$ select (extract(epoch from p_at) * 1000000)::bigint $$;

-- ------------------------------------------------------------ steps that refuse

create or replace function godwit.policy_address(p_channel text, p godwit.contacts)
returns text language sql stable parallel safe
as $$ select case when p.id is null then 'the contact is gone'
        when p_channel = 'webhook' or godwit.channel_address(p_channel, p) is not null then null
        when godwit.channel_calls(p_channel) then 'the contact has no telephone number'
        else 'the contact has no e-mail address' end $$;

-- p_reason: why his address, or number, is suppressed. A webhook uses neither, but of whom nothing
-- is wanted to be made it is not told either.
create or replace function godwit.policy_suppressed(p_kind text, p_channel text, p_reason text)
returns text language sql immutable parallel safe
as $$ select case when p_channel <> 'email' and p_reason = 'do_not_call'
             or p_channel = 'webhook' and p_reason = 'hard_bounce' then null
        when p_kind = 'campaign' or godwit.stops_messages(p_reason) then p_reason end $$;

-- What he has said of a channel: 0 nothing, 1 yes, 2 no.
create or replace function godwit.policy_said(p_channel text, p godwit.contacts)
returns smallint language sql immutable parallel safe
as $$ select case p_channel when 'sms' then p.consent_sms
        when 'whatsapp' then p.consent_whatsapp when 'voice' then p.consent_voice
        when 'webhook' then 0::smallint else p.consent_email end $$;

-- Who has ended SMS, WhatsApp or calls gets none but answers; no campaign calls or texts who
-- has not agreed. Of a webhook he sees nothing: there is no consent for it.
create or replace function godwit.policy_consent(p_kind text, p_channel text, p godwit.contacts)
returns text language sql immutable parallel safe
as $$ select case when godwit.policy_exempt('consent', p_kind) then null
        when (p_kind = 'campaign' or godwit.channel_calls(p_channel))
            and godwit.policy_said(p_channel, p) = 2
        then 'consent is revoked'
        when p_kind = 'campaign' and godwit.channel_calls(p_channel)
            and godwit.policy_said(p_channel, p) = 0
        then 'no consent was given' end $$;

-- What he has chosen himself: b of the list, p_asks: that has a double opt-in.
create or replace function godwit.policy_opted_out(p_kind text, b godwit.subscriptions,
    p_asks boolean, w godwit.preferences, p_campaign bigint, p_now timestamptz)
returns text language sql stable parallel safe
as $$ select case when not godwit.policy_exempt('opt_out', p_kind)
        then godwit.preference_against(b, p_asks, w, p_campaign, p_now) end $$;

create or replace function godwit.policy_dnc(p_kind text, p_channel text, p_reason text)
returns text language sql immutable parallel safe
as $$ select case when godwit.channel_calls(p_channel) and p_reason = 'do_not_call'
         and not godwit.policy_exempt('dnc', p_kind) then 'do not call' end $$;

-- All of them; null: none is against it. A reason that begins with `the contact` makes him invalid.
create or replace function godwit.policy_against(p_kind text, p_channel text, p godwit.contacts,
    p_suppressed text, b godwit.subscriptions, p_asks boolean, w godwit.preferences,
    p_campaign bigint, p_now timestamptz)
returns text language sql stable parallel safe
as $$ select coalesce(godwit.policy_address(p_channel, p),
        godwit.policy_suppressed(p_kind, p_channel, p_suppressed),
        godwit.policy_consent(p_kind, p_channel, p),
        godwit.policy_opted_out(p_kind, b, p_asks, w, p_campaign, p_now),
        godwit.policy_dnc(p_kind, p_channel, p_suppressed)) $$;

-- Of these contacts those who have a ceiling and may get a message get it from this campaign: no
-- other one may send to them for a while, whatever comes of it.
create or replace function godwit.preference_turns(p_tenant int, p_campaign bigint,
    p_channel text, p_list bigint, p_asks boolean, p_contacts bigint[], p_now timestamptz)
returns void language sql
as $$
    with due as (
        select w.contact_id from godwit.preferences w
          left join godwit.contacts p on p.tenant_id = p_tenant and p.id = w.contact_id
          left join godwit.suppressions s on s.tenant_id = p_tenant
           and s.address_hash = godwit.address_hash(p_tenant,
               godwit.channel_address(p_channel, p))
          left join godwit.subscriptions b on b.tenant_id = p_tenant and b.list_id = p_list
           and b.contact_id = w.contact_id
         where w.tenant_id = p_tenant and w.contact_id = any (p_contacts)
           and w.every_days is not null and w.turn_campaign is distinct from p_campaign
           and godwit.policy_against('campaign', p_channel, p, s.reason, b, p_asks, w, p_campaign,
                   p_now) is null
         order by w.contact_id for update of w
    )
    update godwit.preferences w set turn_campaign = p_campaign, turn_at = p_now
      from due where w.tenant_id = p_tenant and w.contact_id = due.contact_id
$$;

-- ---------------------------------------------------------- steps that put off

-- The rules of a workspace now; no row: it has none.
create or replace function godwit.policy_of(p_tenant int)
returns setof godwit.policy_rules language sql stable
as $$ select * from godwit.policy_rules
       where tenant_id = p_tenant order by version desc limit 1 $$;

-- Quiet hours go from p_from to p_to, local time, in each of these zones. opens: when it is quiet
-- in none of them, p_at when that is so now, null: never; closes: when it is quiet again in one. A
-- time that a clock jumps over, or has twice, is what Postgres takes it for: never too early an
-- end.
create or replace function godwit.policy_hours(p_zones text[], p_from time, p_to time,
    p_at timestamptz, out opens timestamptz, out closes timestamptz)
language plpgsql stable
as $$
declare
    v_end timestamptz;
begin
    opens := p_at;
    for i in 1 .. 100 loop
        select max((l.at::date + (l.at::time >= p_to)::int + p_to) at time zone l.zone) filter (
                   where case when p_from < p_to then l.at::time >= p_from and l.at::time < p_to
                              else l.at::time >= p_from or l.at::time < p_to end),
               min((l.at::date + (l.at::time >= p_from)::int + p_from) at time zone l.zone)
          into v_end, closes
          from (select z as zone, opens at time zone z as at from unnest(p_zones) z) l;
        if v_end is null then
            return;
        end if;
        opens := v_end;
    end loop;
    opens := null;
    closes := null;
end $$;

-- {ZONE|PREFIX|"": {"later"|"until": MICROSECONDS}}, under the zones of these contacts, the
-- prefixes of numbers and, for who has neither, '': it is quiet until then, or from then on. Where
-- several zones may be his it is quiet when it is so in one. null: there are no quiet hours.
create or replace function godwit.policy_quiet(r godwit.policy_rules, p_channel text,
    p_contacts bigint[], p_now timestamptz)
returns jsonb language sql
as $$
    select jsonb_object_agg(z.zone, case when h.opens = p_now
               then jsonb_build_object('until', godwit.micros(h.closes))
               else jsonb_build_object('later', godwit.micros(coalesce(h.opens,
                   p_now + interval '1 day'))) end)
      from (select '' as zone, r.zones as zones
             union all
            select n.key, array(select jsonb_array_elements_text(n.value))
              from jsonb_each(r.zones_by_number) n
             union all
            select d.zone, array[d.zone]
              from (select distinct p.zone from godwit.contacts p
                     where p.tenant_id = r.tenant_id and p.id = any (p_contacts)) d
             where godwit.is_zone(d.zone)) z
     cross join lateral godwit.policy_hours(z.zones, (r.quiet_hours->p_channel->>'from')::time,
           (r.quiet_hours->p_channel->>'to')::time, p_now) h
     where r.quiet_hours ? p_channel
$$;

-- The caps that count a message of this category.
create or replace function godwit.policy_caps(r godwit.policy_rules, p_channel text,
    p_category text)
returns table (n bigint, category text, most int, span interval) language sql stable
as $$ select u.n, u.j->>'category', (u.j->>'count')::int,
             make_interval(days => (u.j->>'days')::int)
        from jsonb_array_elements(r.caps) with ordinality u(j, n)
       where u.j->>'channel' = p_channel
         and coalesce(u.j->>'category' = p_category, u.j->>'category' is null) $$;

-- The ids of the audience of a campaign at these ordinals, from the first to before the last.
create or replace function godwit.audience_ids(p_tenant int, p_campaign bigint, p_from bigint,
    p_to bigint)
returns setof bigint language sql stable
as $$ select b.base + o.off
        from godwit.audience_blocks b, unnest(b.offsets) with ordinality o(off, n)
       where b.tenant_id = p_tenant and b.campaign_id = p_campaign
         and b.no between p_from / 4096 and (p_to - 1) / 4096
         and b.no * 4096::bigint + o.n - 1 >= p_from
         and b.no * 4096::bigint + o.n - 1 < p_to
       order by b.no, o.n $$;

-- What other campaigns of a channel have sent to these contacts, and to whom they were before a
-- merge, within so long, and what of theirs is under way: that may come to nothing, so it counts,
-- but not for long.
create or replace function godwit.policy_had(p_tenant int, p_campaign bigint, p_channel text,
    p_contacts bigint[], p_span interval, p_now timestamptz)
returns table (contact_id bigint, campaign_id bigint, category text, at timestamptz,
    under_way boolean)
language sql stable
as $$
    with others as materialized (
        select c.id, c.category, k.pos, k.intent_end
          from godwit.campaigns c
          join godwit.templates t on t.tenant_id = p_tenant and t.id = c.template_id
           and t.channel = p_channel
          join godwit.campaign_cursors k on k.tenant_id = p_tenant and k.campaign_id = c.id
         where c.tenant_id = p_tenant and c.id is distinct from p_campaign and not c.test
           and c.kind <> 'transactional'
           and (c.finished_at is null or c.finished_at > p_now - p_span)
    ), d as materialized (
        -- those of a window stand side by side in the ledger of each campaign
        select min(x) as first, max(x) as last, max(x) - min(x) < 8 * count(*) as dense
          from unnest(p_contacts) x
    ), who as materialized (
        select x as id, x as person, not d.dense as far from d, unnest(p_contacts) x
         union all
        select l.contact_id, l.into_id, true from godwit.contact_alias l
         where l.tenant_id = p_tenant and l.into_id = any (p_contacts)
    )
    select w.person, o.id, o.category, s.at, s.state = 1
      from others o cross join d cross join lateral (
           select s.contact_id, s.at, s.state from godwit.sends s
            where s.tenant_id = p_tenant and s.campaign_id = o.id
              and s.contact_id between d.first and d.last
              and s.state in (1, 2, 7) and s.at > p_now - p_span offset 0) s
      join who w on w.id = s.contact_id and not w.far
     where d.dense
     union all
    select w.person, o.id, o.category, s.at, s.state = 1
      from others o cross join who w cross join lateral (
           select s.at, s.state from godwit.sends s
            where s.tenant_id = p_tenant and s.campaign_id = o.id and s.contact_id = w.id
              and s.state in (1, 2, 7) and s.at > p_now - p_span offset 0) s
     where w.far
     union all
    select w.person, o.id, o.category, p_now, true
      from others o
     cross join lateral godwit.audience_ids(p_tenant, o.id, o.pos, o.intent_end) a(id)
      join who w on w.id = a.id
     where o.intent_end > o.pos
     union all
    select w.person, o.id, o.category, p_now, true
      from others o join godwit.mail_queue q on q.qshard = 0 and q.tenant_id = p_tenant
       and q.campaign_id = o.id and q.host_id is not null
      join who w on w.id = q.contact_id
$$;

-- {CONTACT: MICROSECONDS} of who has had as many as a cap allows: when he may have the next. Where
-- one of them is under way that is asked again in a minute. null: nobody.
create or replace function godwit.policy_capped(r godwit.policy_rules, p_channel text,
    p_campaign bigint, p_category text, p_contacts bigint[], p_now timestamptz)
returns jsonb language sql stable
as $$
    with caps as (
        select * from godwit.policy_caps(r, p_channel, p_category)
    ), ranked as (
        select h.contact_id, c.n, c.most, c.span, h.at, h.under_way,
               row_number() over (partition by c.n, h.contact_id order by h.at desc) as k
          from caps c
          join godwit.policy_had(r.tenant_id, p_campaign, p_channel, p_contacts,
               (select max(span) from caps), p_now) h
            on (c.category is null or c.category = h.category) and h.at > p_now - c.span
    ), reached as (
        select contact_id, case when bool_or(under_way) then p_now + interval '1 minute'
                                else min(at + span) end as later
          from ranked where k <= most group by n, contact_id, most having count(*) = most
    )
    select jsonb_object_agg(l.contact_id, godwit.micros(l.later))
      from (select contact_id, max(later) as later from reached group by 1) l
$$;

-- What puts off whom of these contacts: hours as policy_quiet has it, capped as policy_capped. Of
-- two who ask at once for a workspace with caps the second sees whom the first has taken, so
-- whoever asks commits soon.
create or replace function godwit.policy_waits(r godwit.policy_rules, p_channel text,
    c godwit.campaigns, p_contacts bigint[], p_now timestamptz, out hours jsonb,
    out capped jsonb)
language plpgsql
as $$
begin
    hours := godwit.policy_quiet(r, p_channel, p_contacts, p_now);
    if exists (select from godwit.policy_caps(r, p_channel, c.category)) then
        perform pg_advisory_xact_lock(hashtextextended('caps', r.tenant_id));
        capped := godwit.policy_capped(r, p_channel, c.id, c.category, p_contacts, p_now);
    end if;
end $$;

-- Under which name of policy_quiet somebody stands: his zone tells most, then his number. A set, as
-- policy_wait is one: so whoever asks of many in a query takes it in, and calls nothing.
create or replace function godwit.policy_place(p_hours jsonb, p_zone text, p_phone text)
returns table (place text) language sql immutable parallel safe
as $$ select case when p_hours ? p_zone then p_zone
        else coalesce((select k from jsonb_object_keys(p_hours) k
                        where k like '+%' and starts_with(p_phone, k)
                        order by length(k) desc limit 1), '') end $$;

-- What of it is for one of them: {"reason","at"}: not before then; {"at"}: only until then; null:
-- nothing is said of him.
create or replace function godwit.policy_wait(p_hours jsonb, p_capped jsonb, p_zone text,
    p_phone text, p_contact bigint)
returns table (wait jsonb) language sql immutable parallel safe
as $$ select case when h ? 'later'
             then jsonb_build_object('reason', 'quiet hours', 'at', h->'later')
             when p_capped ? p_contact::text
             then jsonb_build_object('reason', 'frequency cap', 'at', p_capped->p_contact::text)
             when h ? 'until' then jsonb_build_object('at', h->'until') end
        from (select p_hours->p.place from godwit.policy_place(p_hours, p_zone, p_phone) p
              offset 0) u(h) $$;

-- Is it a reason of those? Whoever has it waits, and his attempts begin after that.
create or replace function godwit.policy_puts_off(p_reason text)
returns boolean language sql immutable parallel safe
as $$ select p_reason in ('quiet hours', 'frequency cap') $$;

revoke execute on function
    godwit.preference_turns(int, bigint, text, bigint, boolean, bigint[], timestamptz),
    godwit.policy_waits(godwit.policy_rules, text, godwit.campaigns, bigint[], timestamptz)
    from gw_api, gw_search;
