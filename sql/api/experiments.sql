-- Experiments: which there are, what came of one, and the verdict by hand.

-- How far one is; c is frozen when k is there.
create or replace function godwit.experiment_state(c godwit.campaigns, x godwit.experiments,
    k godwit.campaign_cursors)
returns text language sql immutable
as $$ select case when x.campaign_id is null then 'none' when k.campaign_id is null then 'draft'
        when x.decided_at is not null then 'decided' when c.state = 'cancelled' then 'cancelled'
        when x.decide_at is not null then 'waiting' else 'sending' end $$;

create or replace function godwit.experiment_head(x godwit.experiments)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('cmp', c.id), 'name', c.name,
        'state', godwit.experiment_state(c, x, k), 'metric', x.metric, 'rule', x.rule,
        'test', x.test / 100, 'hold_out', x.hold_out / 100, 'variants', x.names,
        'decide_at', x.decide_at, 'winner', x.names[x.winner + 1], 'decided_at', x.decided_at,
        'created_at', c.created_at)
      from godwit.campaigns c
      left join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
     where c.tenant_id = x.tenant_id and c.id = x.campaign_id $$;

create or replace function api.experiments_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'experiments_list', 'godwit.experiments t', 't.campaign_id',
    'godwit.experiment_head(t)', array[['id', 't.campaign_id', 'bigint']],
    array[['decided', 'flag', '(t.decided_at is not null) = %s']]) $$;

-- The experiment of a campaign: what came of each variant, the last look, the verdict.
create or replace function api.campaigns_experiment(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body);
    x godwit.experiments;
    k godwit.campaign_cursors;
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    select * into x from godwit.experiments where tenant_id = c.tenant_id and campaign_id = c.id;
    select * into k from godwit.campaign_cursors
     where tenant_id = c.tenant_id and campaign_id = c.id;
    return jsonb_build_object('id', godwit.id_text('cmp', c.id),
        'state', godwit.experiment_state(c, x, k),
        'metric', x.metric, 'rule', x.rule, 'recipients', coalesce(k.gate, 0),
        'variants', (select coalesce(jsonb_agg(jsonb_build_object('name', x.names[n.arm + 1],
                'weight', x.weights[n.arm + 1], 'sent', n.sent, 'opens', n.opens,
                'clicks', n.clicks, 'unsubscribes', n.unsubscribes,
                'share', case when n.sent > 0 then s.yes / n.sent::float8 end,
                'interval', godwit.wilson(s.yes, n.sent)) order by n.arm), '[]')
            from godwit.experiment_counts(x, coalesce(k.gate, 0)) n,
                 lateral (select case x.metric when 'opens' then n.opens else n.clicks end) s(yes)),
        'turns', coalesce(x.turns, '[]'), 'decide_at', x.decide_at, 'look', x.look,
        'winner', x.names[x.winner + 1], 'decided_at', x.decided_at,
        'decided_by', x.decided_by, 'as_of', auth.now());
end $$;

-- {"id","variant"}: the rest gets that variant; no rule decides any more.
create or replace function api.campaigns_decide(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.campaign_find(p_body, true);
    x godwit.experiments;
    k godwit.campaign_cursors;
    v_arm int;
begin
    perform godwit.read_body(p_body, array['id', 'variant', '_if_match']);
    perform godwit.match(p_body, godwit.campaign_json(c));
    select * into x from godwit.experiments
     where tenant_id = c.tenant_id and campaign_id = c.id for update;
    select * into k from godwit.campaign_cursors
     where tenant_id = c.tenant_id and campaign_id = c.id;
    v_arm := array_position(x.names, godwit.read_line(p_body, 'variant', 1, 40, true)) - 1;
    if x.campaign_id is not null and v_arm is null then
        perform godwit.invalid('variant', format('"%s" is not one of the variants %s',
            p_body->>'variant', array_to_string(x.names, ', ')));
    end if;
    if x.campaign_id is null or x.decided_at is not null or coalesce(k.pos < k.gate, true)
        or c.state = 'cancelled'
    then
        raise exception '%', format(
            case when x.campaign_id is null then 'campaign %s has no experiment'
                when x.decided_at is not null then 'the experiment of campaign %s is decided'
                else 'the test of campaign %s has not gone out' end, godwit.id_text('cmp', c.id))
            using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.experiment_decide(c.tenant_id, c.id, v_arm, current_setting('app.actor'),
        auth.now());
    perform godwit.changed(c.tenant_id, 'campaign', c.id::text, auth.now());
    perform godwit.audit('campaigns_decide', godwit.id_text('cmp', c.id), null,
        jsonb_build_object('winner', p_body->>'variant'));
    return api.campaigns_experiment(jsonb_build_object('id', p_body->'id'));
end $$;
