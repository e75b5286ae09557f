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
    x.rule := coalesce(godwit.read_word(j, 'rule',
        array['fixed', 'sequential', 'bayesian', 'bandit']), 'bayesian');
    x.least := godwit.read_int(j, 'least', 1, 1000000, case x.rule when 'bandit' then 100
                                                                  else 500 end);
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

-- In which of ten turns, from 0, one of the rest is.
create or replace function godwit.experiment_turn(x godwit.experiments, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select (godwit.assign_bucket(godwit.id_text('cmp', x.campaign_id) || ':part',
                  godwit.id_text('ct', p_contact)) - x.hold_out) * 10
             / (10000 - x.hold_out - x.test) $$;

-- His arm by the shares of his turn, which the bandit has kept; null: it has not come.
create or replace function godwit.experiment_turn_arm(x godwit.experiments, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select case when w is not null then godwit.assign(godwit.id_text('cmp', x.campaign_id), 0,
                 10000, array(select jsonb_array_elements_text(w)::int),
                 godwit.id_text('ct', p_contact)) end
        from (select x.turns->godwit.experiment_turn(x, p_contact)->'weights') t(w) $$;

-- The arm whose content a contact gets: in the rest the winner's, or that of his turn. Null: not
-- known, or there is no experiment.
create or replace function godwit.experiment_arm(x godwit.experiments, p_contact bigint)
returns int language sql immutable parallel safe
as $$ select case when x.campaign_id is not null then (
            select case p when -2 then null when -1 then coalesce(
                       case when x.rule = 'bandit'
                            then godwit.experiment_turn_arm(x, p_contact) end, x.winner) else p end
              from godwit.experiment_part(x, p_contact) p) end $$;

-- What an arm has of its own, in the place of the campaign's.
create or replace function godwit.content_of_arm(p_content jsonb, p_arm jsonb)
returns jsonb language sql immutable parallel safe
as $$ select p_content || jsonb_strip_nulls(jsonb_build_object('subject', p_arm->'subject',
        'html', p_arm->'html', 'html_tracked', p_arm->'html_tracked',
        'text', coalesce(p_arm->'text', p_arm->'text_derived'))) $$;

-- The frozen audience anew: who is in the test comes first, of a bandit the rest by turns; who is
-- held out is in the last. How many are in the test.
create or replace function godwit.experiment_freeze(x godwit.experiments)
returns bigint language plpgsql
as $$
declare
    v_test bigint[];
    v_rest bigint[];
    v_turns int[];
begin
    select array_agg(id order by id) filter (where part >= 0),
           array_agg(id order by turn, id) filter (where part < 0),
           array_agg(turn) filter (where part < 0)
      into v_test, v_rest, v_turns
      from (select b.base + o as id, part, case when x.rule <> 'bandit' then 0 when part = -2 then 9
                       else godwit.experiment_turn(x, b.base + o) end as turn
              from godwit.audience_blocks b, unnest(b.offsets) o,
                   lateral (select godwit.experiment_part(x, b.base + o)) p(part)
             where b.tenant_id = x.tenant_id and b.campaign_id = x.campaign_id) m;
    perform godwit.audience_pack(x.tenant_id, x.campaign_id, v_test || v_rest);
    update godwit.experiments set ends = (
            select array_agg(coalesce(cardinality(v_test), 0) + n order by t)
              from generate_series(-1, 9) t,
                   lateral (select count(*) from unnest(v_turns) u(turn) where u.turn <= t) c(n))
     where x.rule = 'bandit' and tenant_id = x.tenant_id and campaign_id = x.campaign_id;
    return coalesce(cardinality(v_test), 0);
end $$;

-- What came of the test, and of the turns of a bandit, an arm a row: those that were sent to people
-- before p_gate.
create or replace function godwit.experiment_counts(x godwit.experiments, p_gate bigint)
returns table (arm int, sent bigint, opens bigint, clicks bigint, unsubscribes bigint)
language sql stable
as $$
    with n as (
        select godwit.experiment_arm(x, m.id) as arm, count(*) as sent,
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

-- How often each arm was to be given until now, in proportion.
create or replace function godwit.experiment_weights(x godwit.experiments)
returns numeric[] language sql stable
as $$ select array_agg(w order by i) from (
        select i, sum(p.n * p.weights[i] / (select sum(w) from unnest(p.weights) w)) as w
          from (select greatest(x.ends[1], 1)::numeric, x.weights::numeric[]
                 union all
                select x.ends[t.n + 1] - x.ends[t.n],
                       array(select jsonb_array_elements_text(t.j->'weights')::numeric)
                  from jsonb_array_elements(x.turns) with ordinality t(j, n)) p(n, weights),
               generate_subscripts(x.weights, 1) i
         group by i) a $$;

-- The input of a verdict on what is known now.
create or replace function godwit.experiment_input(x godwit.experiments, p_gate bigint,
    p_now timestamptz)
returns jsonb language sql stable
as $$ select jsonb_build_object('method', 'verdict', 'rule', x.rule, 'least', x.least,
        'planned', greatest(1, p_gate * 2 / cardinality(x.names)), 'fallback', x.fallback,
        'over', coalesce(x.decide_at <= p_now, false),
        'arms', jsonb_agg(jsonb_build_object('n', n.sent, 'weight',
            case when x.rule = 'bandit' then round(w.all[n.arm + 1], 6)
                 else x.weights[n.arm + 1] end, 'count',
            case x.metric when 'opens' then n.opens else n.clicks end) order by n.arm))
      from (select case when x.rule = 'bandit' then godwit.experiment_weights(x) end) w("all"),
           godwit.experiment_counts(x, p_gate) n $$;

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
    perform godwit.audience_next(c, p_now) from godwit.campaigns c
      where c.tenant_id = p_tenant and c.id = p_campaign;
    return true;
end $$;

-- The next turn of a bandit that has somebody in it goes out, by the shares that a look has found;
-- by those of the test when it had too few to go by. With the last one it is decided. The audit has
-- the numbers.
create or replace function godwit.experiment_next(x godwit.experiments, p_look jsonb,
    p_now timestamptz)
returns void language plpgsql strict
as $$
declare
    v_weights int[] := coalesce((
        select array_agg(greatest(1, round(u.s::numeric * 10000))::int order by u.n)
          from jsonb_array_elements_text(p_look#>'{verdict,shares}') with ordinality u(s, n)),
        x.weights);
    v_turn int := jsonb_array_length(x.turns);
    v_last boolean;
begin
    loop
        x.turns := x.turns || jsonb_build_array(jsonb_build_object('at', p_now, 'weights',
            v_weights, 'look', p_look));
        v_turn := v_turn + 1;
        exit when v_turn >= 10 or x.ends[v_turn + 1] > x.ends[v_turn];
    end loop;
    v_last := x.ends[v_turn + 1] = x.ends[11];
    update godwit.experiments set turns = x.turns, decide_at = null,
           winner = case when v_last then array_position(v_weights,
               (select max(w) from unnest(v_weights) w)) - 1 end,
           decided_at = case when v_last then p_now end,
           decided_by = case when v_last then 'rule' end
     where tenant_id = x.tenant_id and campaign_id = x.campaign_id;
    update godwit.campaign_cursors set gate = x.ends[v_turn + 1], held = not v_last
     where tenant_id = x.tenant_id and campaign_id = x.campaign_id;
    perform godwit.audience_next(c, p_now) from godwit.campaigns c
      where c.tenant_id = x.tenant_id and c.id = x.campaign_id;
    perform godwit.changed(x.tenant_id, 'campaign', x.campaign_id::text, p_now),
            godwit.audit_add(x.tenant_id, p_now, 'campaigns_decide',
                godwit.id_text('cmp', x.campaign_id), 'system', null, null, null,
                p_look || jsonb_build_object('turn', v_turn, 'weights', v_weights));
end $$;

-- What a look has found; the rest goes on when it is a verdict, of a bandit its next turn when it
-- is time. The audit has the numbers.
create or replace function godwit.experiment_look(p_tenant int, p_campaign bigint, p_input jsonb,
    p_verdict jsonb, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_look jsonb := jsonb_build_object('at', p_now, 'input', p_input, 'verdict', p_verdict);
    x godwit.experiments;
begin
    update godwit.experiments set look = v_look
     where tenant_id = p_tenant and campaign_id = p_campaign and decided_at is null
    returning * into x;
    if x.rule = 'bandit' and x.decide_at <= p_now then
        perform godwit.experiment_next(x, v_look, p_now);
    elsif p_verdict->>'winner' is not null and godwit.experiment_decide(p_tenant, p_campaign,
        (p_verdict->>'winner')::int, p_verdict->>'by', p_now)
    then
        perform godwit.audit_add(p_tenant, p_now, 'campaigns_decide',
            godwit.id_text('cmp', p_campaign), 'system', null, null, null, v_look);
    end if;
end $$;
