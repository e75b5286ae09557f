-- Events: what recipients did, as the edge saw it.

-- {"campaign_id"?|"contact_id"?,"kind"?,"cursor"?,"limit"?}, newest first; the
-- cursor is an instant in microseconds and an id.
create or replace function api.events_list(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_tenant int := auth.tenant();
    v_limit int := godwit.read_limit(p_body);
    v_campaign bigint := godwit.read_id(p_body, 'campaign_id', 'cmp', false);
    v_contact bigint := godwit.read_id(p_body, 'contact_id', 'ct', false);
    v_kinds text[] := array['open', 'click', 'unsubscribe', 'preferences', 'view'];
    v_word text := godwit.read_text(p_body, 'kind', 1, 20);
    v_kind int := array_position(v_kinds, v_word);
    v_cursor text := coalesce(godwit.read_text(p_body, 'cursor', 3, 60), '9000000000000000.0');
    v_at timestamptz;
    v_id bigint;
begin
    perform godwit.read_body(p_body, array['campaign_id', 'contact_id', 'kind', 'cursor', 'limit']);
    if v_campaign is null and v_contact is null then
        perform godwit.invalid('campaign_id', 'give "campaign_id" or "contact_id"');
    end if;
    if v_word is not null and v_kind is null then
        perform godwit.invalid('kind', format('there is no kind "%s"', v_word));
    end if;
    if v_cursor !~ '^[0-9]{1,16}\.[0-9]{1,18}$' then
        perform godwit.invalid('cursor', '"cursor" is not one that a list gave');
    end if;
    v_at := timestamptz 'epoch' + split_part(v_cursor, '.', 1)::bigint * interval '1 microsecond';
    v_id := split_part(v_cursor, '.', 2)::bigint;

    return godwit.page(array(
        select jsonb_build_object(
            'key', (extract(epoch from e.at) * 1000000)::bigint || '.' || e.id,
            'item', jsonb_build_object('id', godwit.id_text('evt', e.id), 'at', e.at,
                'kind', v_kinds[e.kind],
                'class', (array['unknown', 'human', 'proxy_open', 'prefetch', 'scanner',
                                'bot'])[e.class + 1],
                'campaign_id', godwit.id_text('cmp', e.campaign_id),
                'contact_id', godwit.id_text('ct', e.contact_id), 'link', e.link,
                'url', (select url from godwit.links l where l.tenant_id = v_tenant
                           and l.campaign_id = e.campaign_id and l.index = e.link and e.kind = 2),
                'ip', host(e.ip), 'user_agent', e.user_agent, 'referer', e.referer,
                'head', e.flags & 1 > 0, 'prefetch', e.flags & 2 > 0))
          from godwit.events e
         where e.tenant_id = v_tenant and (e.at, e.id) < (v_at, v_id)
           and (v_campaign is null or e.campaign_id = v_campaign)
           and (v_contact is null or e.contact_id = v_contact)
           and (v_kind is null or e.kind = v_kind)
         order by e.at desc, e.id desc limit v_limit + 1), v_limit);
end $$;
