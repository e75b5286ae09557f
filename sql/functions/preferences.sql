-- What people have said on the page of preferences, as the drain brings it.

-- Did the mail of a campaign, whose link is used at p_at, go to another address than he has
-- now? By that link he may end what he gets, and begin nothing. A mail without a row in the
-- ledger has only just gone. Of the messages of a transactional one it may have been the first.
create or replace function godwit.went_elsewhere(c godwit.contacts, p_campaign bigint,
    p_at timestamptz)
returns boolean language sql stable
as $$ select case when c.email_at is null then false
    else coalesce((select s.at from godwit.sends s where s.tenant_id = c.tenant_id
                      and s.campaign_id = p_campaign and s.contact_id = c.id),
                  (select min(m.at) from godwit.messages m where m.tenant_id = c.tenant_id
                      and m.campaign_id = p_campaign and m.contact_id = c.id), p_at)
         < c.email_at end $$;

-- p_said: [{"tenant","campaign","contact","at","address","agent","words"}], at in
-- microseconds. Each form is kept as evidence; of one person the last word of each kind
-- counts, unless a later one is known. What is said of mail as a whole has gone the way of an
-- unsubscribe (ingest_wishes). {"message"} in the place of the contact, or "asks" beside him: he
-- has confirmed what that message, or that campaign, asked; that gives leave for mail, and undoes
-- his own unsubscribe, unless it was asked at another address than he has now, or of a list that is
-- gone: then it says nothing of him. The people are held first: the statement after that sees what
-- others made of them, or that they are gone. Of a person the last hundred forms are kept.
create or replace function godwit.preferences_said(p_said jsonb, p_now timestamptz)
returns void language plpgsql
as $$
begin
    perform from jsonb_to_recordset(p_said) as u(tenant int, contact bigint, message bigint)
       left join godwit.confirmations f on f.tenant_id = u.tenant and f.message_id = u.message
       join godwit.contacts c on c.tenant_id = u.tenant
        and c.id = godwit.contact_now(u.tenant, coalesce(f.contact_id, u.contact))
      order by c.tenant_id, c.id
        for no key update of c;

    with n as (
        select u.tenant, c.id as contact, nullif(u.campaign, 0) as campaign, u.address, u.agent,
               u.words || coalesce(' ' || godwit.id_text('lst', coalesce(f.list_id, g.list_id))
                                   || '!', '') as words,
               to_timestamp(u.at / 1000000.0) as at,
               c.id <> coalesce(f.contact_id, u.contact)
               or godwit.went_elsewhere(c, u.campaign, to_timestamp(u.at / 1000000.0)) as elsewhere
          from jsonb_to_recordset(p_said) as u(tenant int, campaign bigint, contact bigint,
               message bigint, at bigint, address inet, agent text, words text, asks boolean)
          left join godwit.confirmations f on f.tenant_id = u.tenant and f.message_id = u.message
          left join godwit.messages m on m.tenant_id = f.tenant_id and m.id = f.message_id
          left join godwit.campaigns g on u.asks and g.tenant_id = u.tenant and g.id = u.campaign
           and g.kind = 'confirm'
          join godwit.contacts c on c.tenant_id = u.tenant
           and c.id = godwit.contact_now(u.tenant, coalesce(f.contact_id, u.contact))
         where case when u.asks then c.id = u.contact and not godwit.went_elsewhere(c, g.id,
                             to_timestamp(u.at / 1000000.0))
                    when f.message_id is not null then godwit.address_hash(u.tenant, m.to_address)
                             = godwit.address_hash(u.tenant, c.email)
                    else true end
           and (f.message_id is null and u.asks is not true
                or exists (select from godwit.lists l where l.tenant_id = u.tenant
                              and l.id = coalesce(f.list_id, g.list_id)))
    ), noted as (
        insert into godwit.preference_notes (tenant_id, contact_id, at, campaign_id, address,
            user_agent, words, noted_at)
        select tenant, contact, at, campaign, address, agent, words, p_now from n
    ), w as materialized (
        select distinct on (n.tenant, n.contact, k.g[1]) n.*, k.g[1] as key, k.g[2] as value
          from n cross join string_to_table(n.words, ' ') t(word)
         cross join array_remove(regexp_match(t.word, '^(sms|whatsapp|voice|lst_[1-9][0-9]{0,17})'
               '([+!-])$|^(pause|every)([0-9]{1,2})$'), null) k(g)
         where k.g is not null and not (n.elsewhere and k.g[2] = '+')
         order by n.tenant, n.contact, k.g[1], n.at desc
    ), timed as (
        insert into godwit.preferences as p (tenant_id, contact_id, paused_until, paused_at,
            every_days, every_at)
        select tenant, contact,
               max(at + make_interval(days => value::int)) filter (where key = 'pause'
                   and value <> '0'),
               max(at) filter (where key = 'pause'),
               max(nullif(value::int, 0)) filter (where key = 'every'),
               max(at) filter (where key = 'every')
          from w where key in ('pause', 'every')
         group by 1, 2 order by 1, 2
        on conflict (tenant_id, contact_id) do update
           set paused_until = case when excluded.paused_at
                       > coalesce(p.paused_at, '-infinity') then excluded.paused_until
                   else p.paused_until end,
               paused_at = greatest(p.paused_at, excluded.paused_at),
               every_days = case when excluded.every_at
                       > coalesce(p.every_at, '-infinity') then excluded.every_days
                   else p.every_days end,
               every_at = greatest(p.every_at, excluded.every_at)
    ), listed as (
        -- he has the mail of this link: that is as good as a confirmation
        insert into godwit.subscriptions as s (tenant_id, list_id, contact_id, wanted, said_at,
            confirmed_at)
        select l.tenant_id, l.id, w.contact, w.value <> '-', w.at,
               case when w.value <> '-' then w.at end
          from w join godwit.lists l on l.tenant_id = w.tenant
               and l.id = case when w.key like 'lst%' then substr(w.key, 5)::bigint end
               and (l.public or w.value = '!')
         order by 1, 2, 3
        on conflict (tenant_id, list_id, contact_id) do update
           set wanted = excluded.wanted, said_at = excluded.said_at,
               confirmed_at = coalesce(s.confirmed_at, excluded.confirmed_at)
         where coalesce(s.said_at < excluded.said_at, true)
    ), spoken as materialized (
        select w.*, case w.value when '!' then 'email' else w.key end as channel,
               case w.value when '-' then 2 else 1 end as consent
          from w join godwit.contacts c on c.tenant_id = w.tenant and c.id = w.contact
         where case when w.value = '!' then coalesce(c.email_wished_at < w.at, true)
                     -- once more is no more
                     and not (c.consent_email = 1 and exists (select from godwit.subscriptions o
                        where o.tenant_id = w.tenant and o.list_id = substr(w.key, 5)::bigint
                          and o.contact_id = w.contact and o.wanted
                          and o.confirmed_at is not null))
                    else w.key in ('sms', 'whatsapp', 'voice')
                     and not exists (select from godwit.consents e
                        where e.tenant_id = w.tenant and e.contact_id = w.contact
                          and e.channel = w.key and e.at >= w.at) end
    ), shown as (
        insert into godwit.consents (tenant_id, contact_id, channel, consent, at, source, object,
            address, text, noted_at)
        select tenant, contact, channel, consent, at,
               case value when '!' then 'double_opt_in' else 'mail' end,
               case value when '!' then key else godwit.id_text('cmp', campaign) end,
               host(address), split_part(words, ' ', 1), p_now
          from spoken
    ), c as (
        update godwit.contacts c
           set consent_email = coalesce(u.email, c.consent_email),
               email_wished_at = coalesce(u.email_at, c.email_wished_at),
               consent_sms = coalesce(u.sms, c.consent_sms),
               consent_whatsapp = coalesce(u.whatsapp, c.consent_whatsapp),
               consent_voice = coalesce(u.voice, c.consent_voice), updated_at = p_now
          from (select tenant, contact, max(consent) filter (where channel = 'email') as email,
                       max(at) filter (where channel = 'email') as email_at,
                       max(consent) filter (where channel = 'sms') as sms,
                       max(consent) filter (where channel = 'whatsapp') as whatsapp,
                       max(consent) filter (where channel = 'voice') as voice
                  from spoken group by 1, 2) u
         where c.tenant_id = u.tenant and c.id = u.contact
        returning c.tenant_id, c.id, c.email, u.email as said
    ), undone as (
        delete from godwit.suppressions s using c
         where c.said = 1 and s.tenant_id = c.tenant_id and s.reason = 'unsubscribe'
           and s.address_hash = godwit.address_hash(c.tenant_id, c.email)
        returning s.tenant_id, s.address_hash
    )
    insert into godwit.change_log (tenant_id, kind, key, at)
    select tenant_id, 'suppression', encode(address_hash, 'hex'), p_now from undone
    union all
    select c.tenant_id, 'contact', c.id::text, p_now from c
     where exists (select from godwit.segments g where g.tenant_id = c.tenant_id);

    delete from godwit.preference_notes o
     using (select distinct u.tenant,
                   godwit.contact_now(u.tenant, coalesce(f.contact_id, u.contact)) as contact
              from jsonb_to_recordset(p_said) as u(tenant int, contact bigint, message bigint)
              left join godwit.confirmations f on f.tenant_id = u.tenant
               and f.message_id = u.message) p
     where o.tenant_id = p.tenant and o.contact_id = p.contact
       and o.id <= (select n.id from godwit.preference_notes n
                     where n.tenant_id = p.tenant and n.contact_id = p.contact
                     order by n.id desc offset 100 limit 1);
end $$;

-- For how long a mail keeps others off: four hours less than the days, so that what goes out
-- each day at about the same time is not held up.
create or replace function godwit.preference_gap(p_days smallint)
returns interval language sql immutable parallel safe
as $$ select make_interval(days => p_days, hours => -4) $$;

-- What a member of a list is to it, by what he has said; p_asks: it has a double opt-in.
create or replace function godwit.member_state(b godwit.subscriptions, p_asks boolean)
returns text language sql immutable parallel safe
as $$ select case when not b.wanted then 'left'
                  when p_asks and b.confirmed_at is null then 'unconfirmed'
                  else 'subscribed' end $$;

-- Why a campaign's mail is not what he wants now; null: nothing is against it. b: what he has
-- said of its list; p_asks: that has a double opt-in.
create or replace function godwit.preference_against(b godwit.subscriptions, p_asks boolean,
    w godwit.preferences, p_campaign bigint, p_now timestamptz)
returns text language sql stable parallel safe
as $$ select case when godwit.member_state(b, p_asks) = 'left' then 'left the list'
                  when godwit.member_state(b, p_asks) = 'unconfirmed' then 'not confirmed'
                  when w.paused_until > p_now then 'paused'
                  when w.every_days is not null and w.turn_campaign is distinct from p_campaign
                   and w.turn_at > p_now - godwit.preference_gap(w.every_days)
                  then 'frequency' end $$;

-- All that he chose, as he may see it.
create or replace function godwit.preferences_json(p_tenant int, p_contact bigint)
returns jsonb language sql stable
as $$
    select jsonb_build_object('paused_until', p.paused_until, 'every_days', p.every_days,
        'lists', (select coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('lst', l.id),
                'name', l.name, 'wanted', s.wanted, 'at', s.said_at, 'asked_at', s.asked_at,
                'confirmed_at', s.confirmed_at) order by l.id), '[]')
            from godwit.subscriptions s join godwit.lists l on l.tenant_id = p_tenant
             and l.id = s.list_id
           where s.tenant_id = p_tenant and s.contact_id = p_contact),
        'notes', (select coalesce(jsonb_agg(jsonb_build_object('at', n.at,
                'campaign_id', godwit.id_text('cmp', n.campaign_id), 'address', host(n.address),
                'user_agent', n.user_agent, 'words', n.words, 'noted_at', n.noted_at)
                order by n.id), '[]')
            from godwit.preference_notes n
           where n.tenant_id = p_tenant and n.contact_id = p_contact))
      from (select) one
      left join godwit.preferences p on p.tenant_id = p_tenant and p.contact_id = p_contact
$$;

-- None of it is left of him; how many rows that were.
create or replace function godwit.preferences_drop(p_tenant int, p_contact bigint)
returns bigint language sql
as $$
    with p as (
        delete from godwit.preferences
         where tenant_id = p_tenant and contact_id = p_contact returning 1
    ), n as (
        delete from godwit.preference_notes
         where tenant_id = p_tenant and contact_id = p_contact returning 1
    ), f as (
        delete from godwit.confirmations
         where tenant_id = p_tenant and contact_id = p_contact returning 1
    ), s as (
        delete from godwit.subscriptions
         where tenant_id = p_tenant and contact_id = p_contact returning 1
    )
    select (select count(*) from p) + (select count(*) from n) + (select count(*) from s)
         + (select count(*) from f)
$$;

revoke execute on function godwit.preferences_said(jsonb, timestamptz) from gw_api, gw_search;
