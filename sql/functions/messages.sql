-- Messages to one address: made in the transaction of what they tell, sent by
-- the role mail.

-- Queue a message; its id. p_text and p_html are final: nothing in them is a
-- template, but `{{ base_url }}` becomes what the directive says. p_tenant null:
-- a message of the house. What the recipient cannot have is told by its state.
create or replace function godwit.message_add(p_tenant int, p_kind text, p_to text,
    p_subject text, p_text text, p_now timestamptz, p_html text default null,
    p_from text default null)
returns bigint language plpgsql
as $$
declare
    v_id bigint;
begin
    if p_tenant is null then
        return godwit.message_of_house(p_kind, p_to, p_subject, p_text, p_now, p_html, p_from);
    end if;
    insert into godwit.messages as m (tenant_id, kind, to_address, from_address, subject, text,
        html, message_id, test, created_at, at)
    values (p_tenant, p_kind, p_to, p_from, p_subject, p_text, p_html,
        format('gw.m.%s.%s', p_tenant, replace(gen_random_uuid()::text, '-', '')),
        p_tenant > 0 and auth.is_test(), p_now, p_now)
    returning id into v_id;
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
        route)
    values (p_tenant, 0, v_id, 0, p_now, p_now, 'smart_host');
    return v_id;
end $$;

-- One that no workspace sees: written under the tenant 0 alone.
create or replace function godwit.message_of_house(p_kind text, p_to text, p_subject text,
    p_text text, p_now timestamptz, p_html text, p_from text)
returns bigint language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant text := coalesce(current_setting('app.tenant', true), '');
    v_id bigint;
begin
    perform set_config('app.tenant', '0', true);
    v_id := godwit.message_add(0, p_kind, p_to, p_subject, p_text, p_now, p_html, p_from);
    perform set_config('app.tenant', v_tenant, true);
    return v_id;
end $$;

-- What became of messages, as godwit.campaign_settle has it of recipients: words
-- of campaign 0, also of those of a transactional campaign. A final one stays as
-- it is, so does one that another host holds. What was sent or has failed is told,
-- of a workspace's own.
create or replace function godwit.messages_settle(p_host int, p_tenant int[],
    p_campaign bigint[], p_contact bigint[], p_state smallint[], p_attempts smallint[],
    p_code smallint[], p_at timestamptz[], p_reason text[], p_reply text[], p_due timestamptz[],
    p_tls int[] default null)
returns int language plpgsql
as $$
declare
    v_n int;
    v_told int;
begin
    with u as (
        select * from unnest(p_tenant, p_campaign, p_contact, p_state, p_attempts, p_code,
            p_at, p_reason, p_reply, p_due, p_tls)
            as u(tenant, campaign, id, state, attempts, code, at, reason, reply, due, tls)
         where u.campaign = 0
    ), held as materialized (
        select q.tenant_id, q.contact_id as id, q.host_id
          from u join godwit.messages m on m.tenant_id = u.tenant and m.id = u.id
          join godwit.mail_queue q on q.qshard = 0 and q.tenant_id = u.tenant
           and q.campaign_id = -coalesce(m.campaign_id, 0) and q.contact_id = u.id
         order by q.tenant_id, q.contact_id for update of q
    ), new as (
        update godwit.messages m set state = u.state, attempts = u.attempts, at = u.at,
               code = coalesce(u.code, m.code), reason = u.reason,
               reply = coalesce(u.reply, m.reply),
               tls = case when u.code is null then coalesce(u.tls, m.tls) else u.tls end,
               text = case u.state when 0 then m.text end,
               html = case u.state when 0 then m.html end,
               data = case u.state when 0 then m.data end
          from u left join held h on h.tenant_id = u.tenant and h.id = u.id
         where m.tenant_id = u.tenant and m.id = u.id and m.state = 0
           and coalesce(h.host_id, p_host) = p_host
           and (u.state <> 0 or (u.attempts, u.at) > (m.attempts, m.at))
        returning m.tenant_id, m.id, m.state, m.attempts, u.due, m.kind, m.code, m.reason, m.at,
                  coalesce(m.campaign_id, 0) as campaign
    ), gone as (
        delete from godwit.mail_queue q using new n
         where q.qshard = 0 and q.tenant_id = n.tenant_id and q.campaign_id = -n.campaign
           and q.contact_id = n.id and n.state <> 0
    ), back as (
        update godwit.mail_queue q set attempt = n.attempts, due = n.due, host_id = null
          from new n
         where q.qshard = 0 and q.tenant_id = n.tenant_id and q.campaign_id = -n.campaign
           and q.contact_id = n.id and n.state = 0
    ), d as (
        select tenant_id, campaign, max(at) as at, count(*) filter (where state = 2) as sent,
               count(*) filter (where state = 3) as failed,
               count(*) filter (where state = 4) as suppressed,
               count(*) filter (where state = 5) as invalid,
               count(*) filter (where state = 6) as not_rendered,
               count(*) filter (where state = 7) as uncertain
          from new where campaign > 0 and state <> 0 group by 1, 2
    ), k as (
        update godwit.campaign_cursors k set sent = k.sent + d.sent,
               failed = k.failed + d.failed, suppressed = k.suppressed + d.suppressed,
               invalid = k.invalid + d.invalid, not_rendered = k.not_rendered + d.not_rendered,
               uncertain = k.uncertain + d.uncertain,
               updated_at = greatest(k.updated_at, d.at)
          from d where k.tenant_id = d.tenant_id and k.campaign_id = d.campaign
    )
    select (select count(*) + 0 * coalesce(sum(godwit.usage_messages(d.tenant_id, d.campaign,
                d.sent + d.failed + d.uncertain, d.at)), 0) from d)
           + (select count(*) from new), (
        select count(godwit.emit(n.tenant_id,
                   case n.state when 2 then 'message.sent' else 'message.failed' end,
                   jsonb_build_object('message_id', godwit.id_text('msg', n.id), 'kind', n.kind,
                       'at', n.at, 'code', n.code, 'reason', n.reason), n.at))
          from new n where n.tenant_id > 0 and n.state in (2, 3))
      into v_n, v_told;
    return v_n;
end $$;

-- Messages that p_host has claimed and of which its journal may have lost the
-- word: they may have been sent, so they are not sent again.
create or replace function godwit.messages_doubt(p_host int, p_now timestamptz)
returns int language sql
as $$
    with claimed as (
        delete from godwit.mail_queue q
         where q.qshard = 0 and q.host_id = p_host and q.campaign_id <= 0
        returning q.tenant_id, q.contact_id as id
    ), d as (
        update godwit.messages m set state = 7, at = p_now, attempts = m.attempts + 1,
               text = null, html = null, data = null,
               reason = 'the journal of its host is damaged'
          from claimed q where m.tenant_id = q.tenant_id and m.id = q.id and m.state = 0
        returning m.tenant_id, m.campaign_id
    ), k as (
        update godwit.campaign_cursors k set uncertain = k.uncertain + c.n,
               updated_at = greatest(k.updated_at, p_now)
          from (select tenant_id, campaign_id, count(*) as n from d
                 where campaign_id is not null group by 1, 2) c
         where k.tenant_id = c.tenant_id and k.campaign_id = c.campaign_id
    )
    select count(*)::int from d;
$$;

-- What of a person's suppressions stops mail that is no marketing: an unsubscribe
-- does not, nor what an operator has taken off his campaigns.
create or replace function godwit.stops_messages(p_reason text)
returns boolean language sql immutable parallel safe
as $$ select p_reason in ('complaint', 'hard_bounce', 'erasure') $$;

revoke execute on function
    godwit.message_add(int, text, text, text, text, timestamptz, text, text),
    godwit.message_of_house(text, text, text, text, timestamptz, text, text) from gw_search;
