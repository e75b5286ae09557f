-- Sends: the ledger, one row a campaign and recipient.

create or replace function godwit.send_json(s godwit.sends, p_email text, c godwit.campaigns)
returns jsonb language sql stable
as $$ select jsonb_build_object('campaign_id', 'cmp_' || s.campaign_id,
        'contact_id', 'ct_' || s.contact_id, 'email', p_email,
        'state', godwit.state_name(s.state), 'reason', s.reason, 'attempts', s.attempts,
        'code', s.code, 'reply', s.reply, 'at', s.at, 'message_id', godwit.message_id(
            s.tenant_id, s.campaign_id, s.contact_id, godwit.address_domain(c.from_address)),
        'test', c.test) $$;

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
