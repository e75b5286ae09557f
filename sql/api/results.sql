-- What came of a campaign: its numbers, and its links with their clicks.

create or replace function api.campaigns_stats(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    k godwit.campaign_cursors;
    t godwit.campaign_totals;
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    select * into k from godwit.campaign_cursors
     where tenant_id = c.tenant_id and campaign_id = c.id;
    if c.kind = 'transactional' then
        -- whoever was asked for until now
        k.audience := k.sent + k.failed + k.suppressed + k.invalid + k.not_rendered + k.uncertain
            + (select count(*) from godwit.mail_queue q
                where q.qshard = 0 and q.tenant_id = c.tenant_id and q.campaign_id = -c.id);
    end if;
    select * into t from godwit.campaign_totals
     where tenant_id = c.tenant_id and campaign_id = c.id;
    return jsonb_build_object('id', godwit.id_text('cmp', c.id), 'state', c.state,
        'audience', coalesce(k.audience, 0),
        'queued', coalesce(k.audience - k.in_flight - k.sent - k.failed - k.suppressed
                           - k.invalid - k.not_rendered - k.uncertain, 0),
        'in_flight', coalesce(k.in_flight, 0), 'sent', coalesce(k.sent, 0),
        'failed', coalesce(k.failed, 0), 'suppressed', coalesce(k.suppressed, 0),
        'invalid', coalesce(k.invalid, 0), 'not_rendered', coalesce(k.not_rendered, 0),
        'uncertain', coalesce(k.uncertain, 0), 'opens', coalesce(t.human_opens, 0),
        'unique_opens', coalesce(t.human_unique_opens, 0),
        'clicks', coalesce(t.human_clicks, 0),
        'unique_clicks', coalesce(t.human_unique_clicks, 0),
        'unsubscribes', coalesce(t.unsubscribes, 0),
        'all', jsonb_build_object('opens', coalesce(t.opens, 0),
            'unique_opens', coalesce(t.unique_opens, 0), 'clicks', coalesce(t.clicks, 0),
            'unique_clicks', coalesce(t.unique_clicks, 0)),
        'shares', jsonb_build_object('opened', godwit.share_json(t.human_unique_opens, k.sent),
            'clicked', godwit.share_json(t.human_unique_clicks, k.sent),
            'unsubscribed', godwit.share_json(t.unsubscribes, k.sent)), 'as_of', auth.now());
end $$;

-- The links of a campaign and who clicked them: humans, and beside them all. As they were rolled
-- up; of one that was not yet, as the events say.
create or replace function api.campaigns_links(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_params text[] := (select godwit.utm_params(coalesce(c.utm, t.utm)) from auth.tenants t
                         where t.id = c.tenant_id);
    v_rolled timestamptz := (select s.as_of from godwit.rollup_states s
         where s.tenant_id = c.tenant_id and s.campaign_id = c.id
           and exists (select from godwit.rollups r where r.tenant_id = c.tenant_id
                          and r.campaign_id = c.id and r.of = 'index'));
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return (
        with e as (
            select r.key::int as link, r.all_clicks, r.all_unique_clicks as all_persons, r.clicks,
                   r.unique_clicks as persons
              from godwit.rollups r
             where v_rolled is not null and r.tenant_id = c.tenant_id and r.campaign_id = c.id
               and r.of = 'index'
            union all
            select link, count(*), count(distinct contact_id), count(*) filter (where class = 1),
                   count(distinct contact_id) filter (where class = 1)
              from godwit.events
             where v_rolled is null and tenant_id = c.tenant_id and campaign_id = c.id
               and kind = 2
             group by link
        )
        select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object(
                'index', (l->>'index')::int, 'url', l->>'url', 'name', l->>'name',
                'locale', l->>'locale',
                'fixed', (l->>'fixed')::boolean,
                'target', case when (l->>'fixed')::boolean
                               then godwit.link_target(l, v_params) end,
                'clicks', coalesce(e.clicks, 0), 'unique_clicks', coalesce(e.persons, 0),
                'all', jsonb_build_object('clicks', coalesce(e.all_clicks, 0),
                    'unique_clicks', coalesce(e.all_persons, 0)))
            order by (l->>'index')::int), '[]'), 'next', null, 'worked_out_at', v_rolled,
            'as_of', auth.now())
          from godwit.template_versions v
         cross join jsonb_array_elements(v.links) l
          left join e on e.link = (l->>'index')::int
         where v.tenant_id = c.tenant_id and v.template_id = c.template_id
           and v.version = c.template_version);
end $$;

-- {"id"}: its numbers and its roll-ups in one answer.
create or replace function api.campaigns_report(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    v_since timestamptz := date_trunc('hour', coalesce(c.started_at, auth.now()));
    v_until timestamptz := least(greatest(auth.now(), v_since) + interval '1 second',
                                 v_since + interval '366 days');
    v_ask jsonb := jsonb_build_object('campaign_id', p_body->'id', 'since', v_since, 'limit', 366);
    v_all jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    select jsonb_object_agg(by, api.analytics_rollup(v_ask || jsonb_build_object('by', by,
               'until', least(v_until, v_since + age))))
      into v_all
      from (values ('campaign', interval '366 days'), ('hour', '3 days'), ('day', '366 days'),
                   ('domain', '366 days'), ('link', '366 days')) u(by, age);
    return jsonb_build_object('id', godwit.id_text('cmp', c.id),
        'stats', api.campaigns_stats(jsonb_build_object('id', p_body->'id')),
        'total', v_all->'campaign'->'total', 'hours', v_all->'hour'->'rows',
        'days', v_all->'day'->'rows', 'domains', v_all->'domain'->'rows',
        'links', v_all->'link'->'rows', 'worked_out_at', v_all->'campaign'->'worked_out_at',
        'as_of', auth.now());
end $$;
