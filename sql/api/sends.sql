-- Sends: the ledger, one row a campaign and recipient.

create or replace function godwit.send_json(s godwit.sends, p_email text, c godwit.campaigns)
returns jsonb language sql stable
as $$ select jsonb_build_object('campaign_id', 'cmp_' || s.campaign_id,
        'contact_id', 'ct_' || s.contact_id, 'email', p_email,
        'state', godwit.state_name(s.state), 'reason', s.reason, 'attempts', s.attempts,
        'code', s.code, 'reply', s.reply, 'at', s.at, 'message_id', godwit.message_id(
            s.tenant_id, s.campaign_id, s.contact_id, godwit.address_domain(c.from_address)),
        'test', c.test, 'policy', s.policy) $$;

-- {"campaign_id"?|"contact_id"?,"state"?}, by campaign and contact. Campaigns
-- lead: the ledger of one contact is one probe of its key in each.
create or replace function api.sends_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'sends_list', $q$godwit.campaigns g
        join godwit.sends t on t.tenant_id = g.tenant_id and t.campaign_id = g.id
        left join godwit.contacts p on p.tenant_id = t.tenant_id and p.id = t.contact_id$q$,
        't.contact_id', 'godwit.send_json(t, p.email, g)', array[
            ['campaign_id', 'g.id', 'bigint']], array[
            ['campaign_id', 'id cmp', 'g.id = %s'],
            ['contact_id', 'id ct', 't.contact_id = %s'],
            ['state', 'word queued in_flight sent failed suppressed invalid not_rendered uncertain',
                $q$t.state = array_position('{queued,in_flight,sent,failed,suppressed,invalid,
                    not_rendered,uncertain}'::text[], %s) - 1$q$]],
        'true', array['campaign_id', 'contact_id']) $$;

-- {"id","state"?}: recipients that the cursor has passed.
create or replace function api.campaigns_recipients(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
begin
    return godwit.list(p_body, 'campaigns_recipients', $q$godwit.sends t
        join godwit.campaigns g on g.tenant_id = t.tenant_id and g.id = t.campaign_id
        left join godwit.contacts p on p.tenant_id = t.tenant_id and p.id = t.contact_id$q$,
        't.contact_id', $q$godwit.send_json(t, p.email, g)
            - array['campaign_id', 'attempts', 'reply', 'test']$q$, array[
            ['contact_id', 't.contact_id', 'bigint']], array[
            ['id', 'id cmp', 't.campaign_id = %s'],
            ['state', 'word queued in_flight sent failed suppressed invalid not_rendered uncertain',
                $q$t.state = array_position('{queued,in_flight,sent,failed,suppressed,invalid,
                    not_rendered,uncertain}'::text[], %s) - 1$q$],
            ['_last', 'number', 't.contact_id <= %s']]);
end $$;

-- Why did this recipient (not) get his mail? {"id","email"}.
create or replace function api.campaigns_why(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_contact bigint := auth.contact_by_email(c.tenant_id,
        godwit.read_line(p_body, 'email', 1, 254, true));
    s godwit.sends;
begin
    perform godwit.read_body(p_body, array['id', 'email']);
    if v_contact is null or not exists (select from godwit.audience_blocks b
        where b.tenant_id = c.tenant_id and b.campaign_id = c.id
          and v_contact between b.base and b.base + 2147483647
          and (v_contact - b.base)::int = any (b.offsets))
    then
        raise exception '% is not in the audience of campaign %', p_body->>'email',
            godwit.id_text('cmp', c.id) using errcode = 'GW002', column = 'email';
    end if;

    select * into s from godwit.sends
     where tenant_id = c.tenant_id and campaign_id = c.id and contact_id = v_contact;
    return jsonb_build_object(
        'state', coalesce(godwit.state_name(s.state), 'queued'),
        'reason', coalesce(s.reason, case when s.state is null then
            case when c.state in ('running', 'finishing') then coalesce(c.problem,
                             (select to_char(d at time zone 'UTC',
                                     '"due at "YYYY-MM-DD HH24:MI "UTC"')
                                from godwit.recipient_due(c.tenant_id, c.id, v_contact) d
                               where d > auth.now()),
                             godwit.campaign_waits(c, auth.now()), 'not reached yet')
                         else concat_ws(': ', 'the campaign is ' || c.state,
                             c.paused->>'reason') end end),
        'at', s.at, 'policy', s.policy,
        'due', (select q.due from godwit.mail_queue q where q.qshard = 0
                   and q.tenant_id = c.tenant_id and q.campaign_id = c.id
                   and q.contact_id = v_contact),
        'message_id', godwit.message_id(c.tenant_id, c.id, v_contact,
                                        godwit.address_domain(c.from_address)),
        'attempts', coalesce((select jsonb_agg(jsonb_build_object('at', a.at, 'code', a.code,
                'reply', a.reply, 'tls', godwit.tls(a.tls)) order by a.attempt)
            from (select attempt, at, code, reply, tls from godwit.send_attempts
                   where tenant_id = c.tenant_id and campaign_id = c.id and contact_id = v_contact
                   union all
                  select s.attempts + coalesce(s.reason like 'it came back: %', false)::int, s.at,
                         s.code, s.reply, s.tls
                   where s.reason like 'it came back: %'
                      or s.code is not null and not exists (select from godwit.send_attempts
                        where tenant_id = c.tenant_id and campaign_id = c.id
                          and contact_id = v_contact and attempt = s.attempts)) a), '[]'));
end $$;
