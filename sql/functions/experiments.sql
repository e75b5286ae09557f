-- Experiments of campaigns: what is asked, who gets what, what came of it.

-- {"experiment"}: its settings, or null when there is none.
create or replace function godwit.read_experiment(p_body jsonb)
returns godwit.experiments language plpgsql stable
as $$
declare
    j jsonb := p_body->'experiment';
    x godwit.experiments;
    v jsonb;
    v_first boolean := true;
begin
    if p_body->>'experiment' is null then
        return null;
    end if;
    perform godwit.read_body(j, array['variants', 'hold_out', 'test', 'metric', 'rule', 'least',
        'hours', 'fallback']);
    if jsonb_typeof(j->'variants') is distinct from 'array'
        or jsonb_array_length(j->'variants') not between 2 and 10
    then
        perform godwit.invalid('variants', '"variants" is not a list of 2 to 10');
    end if;
    for v in select * from jsonb_array_elements(j->'variants') loop
        perform godwit.read_body(v, array['name', 'weight', 'subject', 'html', 'text',
            'from_name']);
        x.names := x.names || godwit.read_line(v, 'name', 1, 40, true);
        x.weights := x.weights || godwit.read_int(v, 'weight', 1, 1000, 1)::int;
        if v_first and v ?| array['subject', 'html', 'text', 'from_name'] then
            perform godwit.invalid('variants', 'the first variant is the campaign as it is: it '
                'has a name and a weight alone');
        elsif not v_first and not v ?| array['subject', 'html', 'from_name']
            or v ? 'text' and not v ? 'html'
        then
            perform godwit.invalid('variants', format('"%s" has neither a subject nor html nor a '
                'from_name, or a text without html', v->>'name'));
        end if;
        v_first := false;
    end loop;
    if (select count(distinct lower(n)) from unnest(x.names) n) < cardinality(x.names) then
        perform godwit.invalid('variants', 'two variants have the same name');
    end if;
    x.hold_out := godwit.read_int(j, 'hold_out', 0, 50, 0) * 100;
    x.test := godwit.read_int(j, 'test', 1, 100, 20) * 100;
    if x.hold_out + x.test > 10000 then
        perform godwit.invalid('test', '"test" and "hold_out" are more than 100 together');
    end if;
    x.metric := coalesce(godwit.read_word(j, 'metric', array['clicks', 'opens']), 'clicks');
    x.rule := coalesce(godwit.read_word(j, 'rule', array['fixed', 'sequential', 'bayesian']),
        'bayesian');
    x.least := godwit.read_int(j, 'least', 1, 1000000, 500);
    x.hours := godwit.read_int(j, 'hours', 1, 720, 24);
    x.fallback := coalesce(array_position(x.names, godwit.read_word(j, 'fallback', x.names)), 1)
        - 1;
    return x;
exception
    when sqlstate 'GW001' then
        perform godwit.invalid('experiment', sqlerrm);
end $$;

-- {"experiment"}: what its variants have of their own, with what was compiled of it.
create or replace function godwit.read_arms(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_all jsonb := '[]';
    v jsonb;
    n bigint;
begin
    if p_body->>'experiment' is null then
        return v_all;
    end if;
    for v, n in select * from jsonb_array_elements(p_body->'experiment'->'variants')
                  with ordinality loop
        begin
            v := jsonb_strip_nulls(jsonb_build_object(
                'subject', godwit.read_line(v, 'subject', 1, 5000),
                'html', godwit.read_text(v, 'html', 1, 1000000),
                'text', godwit.read_text(v, 'text', 0, 1000000),
                'from_name', godwit.read_line(v, 'from_name', 1, 200)))
                || coalesce(p_body->'_compiled'->'arms'->(n - 1)::int, '{}');
        exception
            when sqlstate 'GW001' then
                perform godwit.invalid('experiment', format('variant %s: %s', n, sqlerrm));
        end;
        if v ? 'html' and not v ? 'html_tracked' then
            perform godwit.invalid('experiment', 'the content has not been compiled');
        end if;
        v_all := v_all || jsonb_build_array(v);
    end loop;
    return v_all;
end $$;

-- What {"experiment"} says of a draft: made, changed, or taken away when it is null.
create or replace function godwit.experiment_store(c godwit.campaigns, p_body jsonb)
returns void language plpgsql
as $$
declare
    x godwit.experiments := godwit.read_experiment(p_body);
begin
    if not p_body ? 'experiment' then
        return;
    end if;
    delete from godwit.experiments where tenant_id = c.tenant_id and campaign_id = c.id;
    if x.names is not null then
        insert into godwit.experiments (tenant_id, campaign_id, names, weights, hold_out, test,
            metric, rule, least, hours, fallback)
        values (c.tenant_id, c.id, x.names, x.weights, x.hold_out, x.test, x.metric, x.rule,
            x.least, x.hours, x.fallback);
    end if;
end $$;

-- As an author has written it.
create or replace function godwit.experiment_json(p_tenant int, p_campaign bigint, p_arms jsonb)
returns jsonb language sql stable
as $$ select jsonb_build_object('variants', (
            select jsonb_agg(jsonb_build_object('name', n, 'weight', x.weights[i])
                    || coalesce(p_arms->(i - 1)::int, '{}')
                    - array['html_tracked', 'text_derived'] order by i)
              from unnest(x.names) with ordinality u(n, i)),
        'hold_out', x.hold_out / 100, 'test', x.test / 100, 'metric', x.metric,
        'rule', x.rule, 'least', x.least, 'hours', x.hours,
        'fallback', x.names[x.fallback + 1])
      from godwit.experiments x where x.tenant_id = p_tenant and x.campaign_id = p_campaign $$;

-- Where a contact is: his arm in the test, -1: in the rest, -2: held out.
create or replace function godwit.experiment_part(x godwit.experiments, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select godwit.assign(godwit.id_text('cmp', x.campaign_id), x.hold_out, x.test, x.weights,
                           godwit.id_text('ct', p_contact)) $$;

-- The arm whose content a contact gets: in the rest the winner's. Null: not known, or there
-- is no experiment.
create or replace function godwit.experiment_arm(x godwit.experiments, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select case when x.campaign_id is not null then (
            select case p when -2 then null when -1 then x.winner else p end
              from godwit.experiment_part(x, p_contact) p) end $$;

-- What an arm has of its own, in the place of the campaign's.
create or replace function godwit.content_of_arm(p_content jsonb, p_arm jsonb)
returns jsonb language sql immutable parallel safe
as $$ select p_content || jsonb_strip_nulls(jsonb_build_object('subject', p_arm->'subject',
        'html', p_arm->'html', 'html_tracked', p_arm->'html_tracked',
        'text', coalesce(p_arm->'text', p_arm->'text_derived'))) $$;

-- The frozen audience anew: who is in the test comes first. How many that are.
create or replace function godwit.experiment_freeze(x godwit.experiments)
returns bigint language plpgsql
as $$
declare
    v_test bigint[];
    v_rest bigint[];
begin
    select array_agg(id order by id) filter (where part >= 0),
           array_agg(id order by id) filter (where part < 0)
      into v_test, v_rest
      from (select b.base + o as id, godwit.experiment_part(x, b.base + o) as part
              from godwit.audience_blocks b, unnest(b.offsets) o
             where b.tenant_id = x.tenant_id and b.campaign_id = x.campaign_id) m;
    perform godwit.audience_pack(x.tenant_id, x.campaign_id, v_test || v_rest);
    return coalesce(cardinality(v_test), 0);
end $$;

-- What came of the test, an arm a row: those that were sent to people of the test.
create or replace function godwit.experiment_counts(x godwit.experiments, p_gate bigint)
returns table (arm int, sent bigint, opens bigint, clicks bigint, unsubscribes bigint)
language sql stable
as $$
    with n as (
        select godwit.experiment_part(x, m.id) as arm, count(*) as sent,
               count(*) filter (where g.human & 1 > 0) as opens,
               count(*) filter (where g.human & 2 > 0) as clicks,
               count(g.unsubscribed_at) as unsubscribes
          from (select b.base + o.off as id
                  from godwit.audience_blocks b, unnest(b.offsets) with ordinality o(off, n)
                 where b.tenant_id = x.tenant_id and b.campaign_id = x.campaign_id
                   and b.no <= p_gate / 4096 and b.no * 4096::bigint + o.n - 1 < p_gate) m
         -- offset 0: as campaign_take has it
         cross join lateral (select from godwit.sends s
                  where s.tenant_id = x.tenant_id and s.campaign_id = x.campaign_id
                    and s.contact_id = m.id and s.state = 2 offset 0) s
          left join lateral (select g.human, g.unsubscribed_at from godwit.engagement g
                  where g.tenant_id = x.tenant_id and g.campaign_id = x.campaign_id
                    and g.contact_id = m.id offset 0) g on true
         group by 1
    )
    select i - 1, coalesce(n.sent, 0), coalesce(n.opens, 0), coalesce(n.clicks, 0),
           coalesce(n.unsubscribes, 0)
      from generate_subscripts(x.names, 1) i left join n on n.arm = i - 1
$$;

-- The input of a verdict on what is known now.
create or replace function godwit.experiment_input(x godwit.experiments, p_gate bigint,
    p_now timestamptz)
returns jsonb language sql stable
as $$ select jsonb_build_object('method', 'verdict', 'rule', x.rule, 'least', x.least,
        'planned', greatest(1, p_gate * 2 / cardinality(x.names)), 'fallback', x.fallback,
        'over', coalesce(x.decide_at <= p_now, false),
        'arms', jsonb_agg(jsonb_build_object('n', n.sent, 'weight', x.weights[n.arm + 1],
            'count', case x.metric when 'opens' then n.opens else n.clicks end) order by n.arm))
      from godwit.experiment_counts(x, p_gate) n $$;

-- Decide for an arm: the rest goes on. False when that was done before.
create or replace function godwit.experiment_decide(p_tenant int, p_campaign bigint, p_arm int,
    p_by text, p_now timestamptz)
returns boolean language plpgsql
as $$
begin
    update godwit.experiments set winner = p_arm, decided_at = p_now, decided_by = p_by
     where tenant_id = p_tenant and campaign_id = p_campaign and decided_at is null;
    if not found then
        return false;
    end if;
    update godwit.campaign_cursors set held = false
     where tenant_id = p_tenant and campaign_id = p_campaign;
    return true;
end $$;

-- What a look has found; the rest goes on when it is a verdict. The audit has the numbers.
create or replace function godwit.experiment_look(p_tenant int, p_campaign bigint, p_input jsonb,
    p_verdict jsonb, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_look jsonb := jsonb_build_object('at', p_now, 'input', p_input, 'verdict', p_verdict);
begin
    update godwit.experiments set look = v_look
     where tenant_id = p_tenant and campaign_id = p_campaign and decided_at is null;
    if p_verdict->>'winner' is not null and godwit.experiment_decide(p_tenant, p_campaign,
        (p_verdict->>'winner')::int, p_verdict->>'by', p_now)
    then
        perform godwit.audit_add(p_tenant, p_now, 'campaigns_decide',
            godwit.id_text('cmp', p_campaign), 'system', null, null, null, v_look);
    end if;
end $$;
