-- Mail that came back, as the role receive has judged it.

-- Stop mail to an address; true when it was not stopped before.
create or replace function godwit.suppress(p_tenant int, p_email text, p_reason text,
    p_campaign bigint, p_contact bigint, p_now timestamptz)
returns boolean language plpgsql
as $$
declare
    v_hash bytea := godwit.address_hash(p_tenant, p_email);
begin
    insert into godwit.suppressions (tenant_id, address_hash, address, reason, campaign_id,
        contact_id, created_at)
    values (p_tenant, v_hash, lower(p_email), p_reason, p_campaign, p_contact, p_now)
    on conflict (tenant_id, address_hash) do nothing;
    if found then
        perform godwit.changed(p_tenant, 'suppression', encode(v_hash, 'hex'), p_now);
    end if;
    return found;
end $$;

-- Whom the mail servers said to be dead while they were written to; the reason is
-- what worker/mail/refusal.c gives. Those of campaign 0 are messages.
create or replace function godwit.suppress_dead(p_tenant int[], p_campaign bigint[],
    p_contact bigint[], p_state smallint[], p_reason text[], p_now timestamptz)
returns bigint language sql
as $$
    with d as materialized (
        select u.tenant, coalesce(m.campaign_id, u.campaign) as campaign,
               godwit.suppress(u.tenant, coalesce(c.email, m.to_address), 'hard_bounce',
                   coalesce(m.campaign_id, nullif(u.campaign, 0)),
                   coalesce(c.id, m.contact_id), p_now) as fresh
          from (select * from unnest(p_tenant, p_campaign, p_contact, p_state, p_reason)
                    as u(tenant, campaign, contact, state, reason)
                 where state = 3 and reason like 'the address is dead: %' and tenant > 0
                 order by tenant, contact) u
          left join godwit.contacts c on c.tenant_id = u.tenant and c.id = u.contact
           and u.campaign > 0
          left join godwit.messages m on m.tenant_id = u.tenant and m.id = u.contact
           and u.campaign = 0
         where coalesce(c.email, m.to_address) is not null
    ), k as (
        update godwit.campaign_cursors k set bounced = k.bounced + b.n
          from (select tenant, campaign, count(*) as n from d where fresh group by 1, 2) b
         where k.tenant_id = b.tenant and k.campaign_id = b.campaign
    )
    select count(*) from d
$$;

-- A recipient whose mail was sent, or whose outcome nobody knew, has failed: the
-- eight states still sum to the audience. What the server said to the attempt
-- is kept beside what came back.
create or replace function godwit.send_bounced(p_tenant int, p_campaign bigint, p_contact bigint,
    p_class text, p_code smallint, p_reply text, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_was smallint;
begin
    select s.state into v_was from godwit.sends s
     where s.tenant_id = p_tenant and s.campaign_id = p_campaign and s.contact_id = p_contact
       for update;
    if v_was not in (2, 7) then
        return;
    end if;
    insert into godwit.send_attempts (tenant_id, campaign_id, contact_id, attempt, at, code, reply,
        tls)
    select p_tenant, p_campaign, p_contact, s.attempts, s.at, s.code, s.reply, s.tls
      from godwit.sends s
     where s.tenant_id = p_tenant and s.campaign_id = p_campaign and s.contact_id = p_contact
       and s.code is not null
        on conflict do nothing;
    update godwit.sends s set state = 3, code = p_code, at = p_now,
           reason = 'it came back: ' || p_class, reply = p_reply, tls = null
     where s.tenant_id = p_tenant and s.campaign_id = p_campaign and s.contact_id = p_contact;
    update godwit.campaign_cursors k set sent = k.sent - (v_was = 2)::int,
           uncertain = k.uncertain - (v_was = 7)::int, failed = k.failed + 1,
           bounced = k.bounced + 1, updated_at = p_now
     where k.tenant_id = p_tenant and k.campaign_id = p_campaign;
end $$;

-- The same of a message, and of the campaign that it is of.
create or replace function godwit.message_bounced(p_tenant int, p_id bigint, p_class text,
    p_code smallint, p_reply text, p_now timestamptz)
returns void language sql
as $$
    with was as (
        select m.state from godwit.messages m
         where m.tenant_id = p_tenant and m.id = p_id and m.state in (2, 7) for update
    ), m as (
        update godwit.messages m set state = 3, code = p_code, at = p_now,
               reason = 'it came back: ' || p_class, reply = p_reply
          from was where m.tenant_id = p_tenant and m.id = p_id
        returning m.campaign_id, was.state
    )
    update godwit.campaign_cursors k set sent = k.sent - (m.state = 2)::int,
           uncertain = k.uncertain - (m.state = 7)::int, failed = k.failed + 1,
           bounced = k.bounced + 1, updated_at = p_now
      from m where k.tenant_id = p_tenant and k.campaign_id = m.campaign_id
$$;

-- Whom the mail was to: the address, whether its outcome is still open (then the
-- bounce waits), and whether the contact has changed since, so that the address
-- may be another. No row: nobody, or he was erased.
create or replace function godwit.bounce_of(p_tenant int, p_campaign bigint, p_id bigint)
returns table (email text, open boolean, changed boolean) language sql stable
as $$
    select c.email, coalesce(s.state in (0, 1), g.finished_at is null),
           coalesce(c.updated_at > s.at, false)
      from godwit.campaigns g
      join godwit.contacts c on c.tenant_id = p_tenant and c.id = p_id and c.email is not null
      left join godwit.sends s on s.tenant_id = p_tenant and s.campaign_id = p_campaign
       and s.contact_id = p_id
     where p_campaign > 0 and g.tenant_id = p_tenant and g.id = p_campaign
    union all
    select m.to_address, m.state in (0, 1), false from godwit.messages m
     where p_campaign = 0 and m.tenant_id = p_tenant and m.id = p_id
$$;

-- Take what came back: `taken`; `before` (this very mail has been), `open` (ask
-- again soon) and `nobody` change nothing. p_final: nobody will try again.
-- p_recipient and p_original are whom the mail names. Another address is perhaps
-- where his mail is forwarded to: it proves nothing at once, and nothing at all
-- of a contact who has changed since. p_answers: the Message-ID by which it was
-- found, left of the @, of which campaign and id are a claim; null: by a token.
create or replace function godwit.bounce_take(p_hash bytea, p_tenant int, p_campaign bigint,
    p_id bigint, p_kind text, p_class text, p_suppress text, p_final boolean, p_code smallint,
    p_status text, p_reason text, p_times int, p_days int, p_now timestamptz, p_recipient text,
    p_original text, p_answers text)
returns text language plpgsql
as $$
declare
    v_email text;
    v_open boolean;
    v_changed boolean;
    v_named boolean;
    v_suppress text := case when p_final then p_suppress else 'never' end;
    v_hash bytea;
    v_campaign bigint := nullif(p_campaign, 0);
begin
    if v_campaign is null and p_answers is not null then
        select m.id into p_id from godwit.messages m
         where m.tenant_id = p_tenant and m.message_id = p_answers and m.state <> 8;
    elsif '<' || p_answers || '@x>' <> godwit.message_id(p_tenant, p_campaign, p_id, 'x') then
        return 'nobody';
    end if;
    select b.email, b.open, b.changed into v_email, v_open, v_changed
      from godwit.bounce_of(p_tenant, p_campaign, p_id) b;
    if not found then
        return 'nobody';
    elsif v_open then
        return 'open';
    end if;
    v_named := lower(v_email) in (lower(p_recipient), lower(p_original));
    if v_changed and not v_named then
        v_suppress := 'never';
    elsif p_kind = 'bounce' and v_suppress = 'at_once' and not v_named and p_recipient <> '' then
        v_suppress := 'counted';
    end if;
    v_hash := godwit.address_hash(p_tenant, v_email);
    -- two of one address at once count each other
    perform pg_advisory_xact_lock(hashtextextended(encode(v_hash, 'hex'), p_tenant))
      where v_suppress = 'counted';
    insert into godwit.bounces (tenant_id, at, mail_hash, campaign_id, contact_id, message_id,
        address_hash, kind, class, suppress, code, status, reason)
    values (p_tenant, p_now, p_hash, v_campaign, case when v_campaign is not null then p_id end,
        case when v_campaign is null then p_id end, v_hash, p_kind, p_class,
        v_suppress, p_code, p_status, p_reason)
    on conflict (tenant_id, mail_hash) do nothing;
    if not found then
        return 'before';
    end if;
    if p_kind = 'bounce' and p_final and v_campaign is not null then
        perform godwit.send_bounced(p_tenant, p_campaign, p_id, p_class, p_code, p_reason, p_now);
    elsif p_kind = 'bounce' and p_final then
        perform godwit.message_bounced(p_tenant, p_id, p_class, p_code, p_reason, p_now);
    end if;
    update godwit.campaign_cursors k set returned = k.returned + 1,
           complained = k.complained + (p_kind = 'complaint')::int
     where k.tenant_id = p_tenant and k.campaign_id = coalesce(v_campaign, (
           select m.campaign_id from godwit.messages m
            where p_campaign = 0 and m.tenant_id = p_tenant and m.id = p_id));
    if v_suppress = 'at_once' or v_suppress = 'counted' and p_times <= (
            select count(*) from godwit.bounces b
             where b.tenant_id = p_tenant and b.address_hash = v_hash and b.suppress = 'counted'
               and b.at > p_now - make_interval(days => p_days))
    then
        perform godwit.suppress(p_tenant, v_email,
            case p_kind when 'complaint' then 'complaint' else 'hard_bounce' end, v_campaign,
            case when v_campaign is not null then p_id end, p_now);
    end if;
    perform godwit.emit(p_tenant,
        case p_kind when 'complaint' then 'message.complained' else 'message.bounced' end,
        jsonb_build_object('campaign_id', godwit.id_text('cmp', v_campaign),
            'contact_id', case when v_campaign is not null then godwit.id_text('ct', p_id) end,
            'message_id', case when v_campaign is null then godwit.id_text('msg', p_id) end,
            'at', p_now, 'class', p_class, 'final', p_final, 'code', p_code, 'status', p_status,
            'reason', p_reason), p_now);
    return 'taken';
end $$;
