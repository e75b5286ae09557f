-- Events: what recipients did, as the edge saw it.

create or replace function godwit.event_json(e godwit.events, p_url text)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', 'evt_' || e.id, 'at', e.at,
        'kind', (array['open', 'click', 'unsubscribe', 'preferences', 'view'])[e.kind],
        'class', (array['unknown', 'human', 'proxy_open', 'prefetch', 'scanner',
                        'bot'])[e.class + 1],
        'campaign_id', 'cmp_' || e.campaign_id, 'contact_id', 'ct_' || e.contact_id,
        'link', e.link, 'url', p_url, 'ip', host(e.ip), 'user_agent', e.user_agent,
        'referer', e.referer, 'head', e.flags & 1 > 0, 'prefetch', e.flags & 2 > 0,
        'reason', (select name from godwit.class_reasons where id = e.reason)) $$;

-- {"campaign_id"?|"contact_id"?,"kind"?,"class"?,"human"?,"since"?,"until"?}, newest
-- first.
create or replace function api.events_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'events_list', $q$godwit.events t
        left join godwit.links l on l.tenant_id = t.tenant_id
             and l.campaign_id = t.campaign_id and l.index = t.link and t.kind = 2$q$,
        't.id', 'godwit.event_json(t, l.url)', array[
            ['-at', 't.at', 'timestamptz']], array[
            ['campaign_id', 'id cmp', 't.campaign_id = %s'],
            ['contact_id', 'id ct', 't.contact_id = %s'],
            ['kind', 'word open click unsubscribe preferences view', $q$t.kind = array_position(
                '{open,click,unsubscribe,preferences,view}'::text[], %s)$q$],
            ['class', 'word unknown human proxy_open prefetch scanner bot',
                $q$t.class = array_position(
                '{unknown,human,proxy_open,prefetch,scanner,bot}'::text[], %s) - 1$q$],
            ['human', 'flag', $q$%s = (t.kind = 1 and t.class in (1, 2)
                or t.kind = 2 and t.class = 1 or t.kind > 2)$q$],
            ['since', 'time', 't.at >= %s'],
            ['until', 'time', 't.at < %s'],
            ['_last', 'number', 'true']],
        'true', array['campaign_id', 'contact_id']) $$;
