-- Quotas: what a workspace may use of contacts, messages, storage and calls of
-- the API, and what it has used. What would pass a hard limit is refused before
-- it is begun (calls within seconds); who passes a soft one is told once.

-- What limits can be set for, and the period that it has when none is named.
-- Whatever else is counted in godwit.usage is shown as well.
create or replace function godwit.quota_metrics(out metric text, out period text)
returns setof record language sql immutable parallel safe
as $$ values ('api_calls', 'month'), ('calls', 'month'), ('contacts', 'always'),
             ('messages', 'month'), ('storage', 'always'), ('tokens', 'month') $$;

-- When the present period began: days and months of UTC.
create or replace function godwit.quota_since(p_period text, p_now timestamptz)
returns timestamptz language sql stable
as $$ select case when p_period = 'always' then '-infinity'::timestamptz
                  else date_trunc(p_period, p_now, 'UTC') end $$;

-- How much is used of a metric since then.
create or replace function godwit.quota_used(p_tenant int, p_metric text, p_since timestamptz,
    p_now timestamptz)
returns bigint language sql stable
as $$ select case p_metric
    when 'contacts' then (select count(*) from godwit.contacts where tenant_id = p_tenant)
    when 'storage' then godwit.files_used(p_tenant, p_now)
    else coalesce((select sum(quantity) from godwit.usage u where u.tenant_id = p_tenant
                      and u.metric = p_metric and u.at >= p_since), 0)::bigint end $$;

-- The sentence for a quota that is used up: which, how much of it, and the cure.
create or replace function godwit.quota_sentence(e godwit.entitlement, p_used bigint,
    p_now timestamptz)
returns text language sql stable
as $$ select format('the quota of %s is used up: %s of %s%s; %s, or ask who runs this server for '
        'more', e.metric, p_used, e.hard,
        case e.period when 'always' then '' else ' of this ' || e.period end,
        case e.metric when 'contacts' then 'delete some'
                      when 'storage' then 'uploaded files go 7 days after their import'
                      else format('wait until %s', to_char(godwit.quota_since(e.period, p_now)
                          + ('1 ' || e.period)::interval, 'YYYY-MM-DD')) end) $$;

-- The soft limit that counts: the lower of the operator's and the workspace's.
create or replace function godwit.quota_soft(e godwit.entitlement)
returns bigint language sql immutable parallel safe
as $$ select least(e.soft, e.own_soft) $$;

create or replace function godwit.quota_state(e godwit.entitlement, p_used bigint)
returns text language sql immutable parallel safe
as $$ select case when p_used >= e.hard then 'used_up'
                  when p_used > godwit.quota_soft(e) then 'warning' else 'free' end $$;

-- So much is used now: how it stands, for the edge, and once a period, in the
-- audit and to webhooks, that a soft limit is passed.
create or replace function godwit.quota_judge(e godwit.entitlement, p_used bigint,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_since timestamptz := godwit.quota_since(e.period, p_now);
    v_state text := godwit.quota_state(e, p_used);
    v_until timestamptz := case when v_state <> 'free' and e.period <> 'always'
                                then v_since + ('1 ' || e.period)::interval end;
    v_told jsonb;
begin
    if (e.state, e.state_until) is distinct from (v_state, v_until) then
        update godwit.entitlement set state = v_state, state_until = v_until
         where tenant_id = e.tenant_id and metric = e.metric
           and (state, state_until) is distinct from (v_state, v_until);
        perform godwit.changed(e.tenant_id, 'quota', e.metric, p_now) where found;
    end if;
    if p_used > godwit.quota_soft(e) and e.warned_at is distinct from v_since then
        update godwit.entitlement set warned_at = v_since
         where tenant_id = e.tenant_id and metric = e.metric
           and warned_at is distinct from v_since;
        if found then
            v_told := jsonb_build_object('metric', e.metric, 'used', p_used, 'soft',
                godwit.quota_soft(e), 'hard', e.hard, 'period', e.period);
            perform godwit.audit_add(e.tenant_id, p_now, 'quota_warning', e.metric, 'system',
                    null, null, null, v_told - 'metric'),
                    godwit.emit(e.tenant_id, 'quota.warning', v_told, p_now);
        end if;
    end if;
end $$;

-- Count the contacts of a workspace anew; its row is locked by the caller.
create or replace function godwit.quota_contacts_count(p_tenant int, p_now timestamptz)
returns bigint language sql
as $$ update godwit.entitlement
         set level = godwit.quota_used(p_tenant, 'contacts', '-infinity', p_now)
       where tenant_id = p_tenant and metric = 'contacts' returning level $$;

-- Is it time to look at one again? Once a minute when it is not free, since a
-- period ends, and what is deleted is used no more; and a minute after its limits
-- were set, since who had begun before did not see them.
create or replace function godwit.quota_is_due(e godwit.entitlement, p_now timestamptz)
returns boolean language sql immutable parallel safe
as $$ select case when e.looked_at is null
                  then e.state <> 'free' or e.updated_at < p_now - interval '1 minute'
                  else e.state <> 'free' and e.looked_at < p_now - interval '1 minute' end $$;

-- Judge a few of those that are due. What is summed is summed before the first
-- row is changed; contacts are counted while nobody makes any, so one workspace a
-- call, the last thing of it.
create or replace function godwit.quota_look(p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_due godwit.entitlement[] := array(select d from (
        select e as d from godwit.entitlement e
         where e.metric <> 'contacts' and godwit.quota_is_due(e, p_now)
         order by e.looked_at nulls first, e.tenant_id, e.metric limit 20) due
         order by (d).tenant_id, (d).metric);
    v_used bigint[] := array(select godwit.quota_used(d.tenant_id, d.metric,
            godwit.quota_since(d.period, p_now), p_now)
          from unnest(v_due) with ordinality d order by d.ordinality);
    e godwit.entitlement;
begin
    for i in 1 .. cardinality(v_due) loop
        -- its limits are those of then, or somebody has judged it by others since
        update godwit.entitlement set looked_at = p_now
         where tenant_id = v_due[i].tenant_id and metric = v_due[i].metric
           and updated_at = v_due[i].updated_at returning * into e;
        perform godwit.quota_judge(e, v_used[i], p_now) where found;
    end loop;

    select * into e from godwit.entitlement c
     where c.metric = 'contacts' and godwit.quota_is_due(c, p_now)
     order by c.looked_at nulls first, c.tenant_id limit 1 for update skip locked;
    if found then
        perform godwit.quota_judge(e, godwit.quota_contacts_count(e.tenant_id, p_now), p_now);
        update godwit.entitlement set looked_at = p_now
         where tenant_id = e.tenant_id and metric = 'contacts';
    end if;
end $$;

-- What the edge knows of a workspace: until when (seconds, 0: on and on), then
-- what is not free, as a header says it; null: all is. The instant is that of
-- the calls, which the edge refuses by it; what else ends before is seen within
-- a minute.
create or replace function godwit.quota_text(p_tenant int)
returns text language sql stable
as $$ select format('%s %s', coalesce(extract(epoch from coalesce(
                        max(state_until) filter (where metric = 'api_calls'),
                        max(state_until)))::bigint, 0),
                    string_agg(metric || '=' || state, ', ' order by metric))
        from godwit.entitlement where tenant_id = p_tenant and state <> 'free'
      having count(*) > 0 $$;

-- Before so many contacts are made, at the most: others of the workspace wait
-- until this transaction is over. They are counted when a limit is near.
create or replace function godwit.quota_contacts_lock(p_tenant int, p_n bigint, p_now timestamptz)
returns void language plpgsql
as $$
declare
    e godwit.entitlement;
begin
    select * into e from godwit.entitlement
     where tenant_id = p_tenant and metric = 'contacts' for update;
    if found and (e.level + p_n > e.hard or (e.level + p_n > godwit.quota_soft(e)
                                             and e.level <= godwit.quota_soft(e))) then
        perform godwit.quota_contacts_count(p_tenant, p_now);
    end if;
end $$;

-- So many were made, after quota_contacts_lock; GW007: it is too many.
create or replace function godwit.quota_contacts(p_tenant int, p_n bigint, p_now timestamptz)
returns void language plpgsql
as $$
declare
    e godwit.entitlement;
begin
    if p_n = 0 then
        return;
    end if;
    update godwit.entitlement set level = level + p_n
     where tenant_id = p_tenant and metric = 'contacts' returning * into e;
    if e.level > e.hard then
        raise exception '%', godwit.quota_sentence(e, e.level - p_n, p_now)
            using errcode = 'GW007';
    end if;
    perform godwit.quota_judge(e, e.level, p_now);
end $$;

-- GW007 when so many bytes of files more are too many; the caller has made
-- sure that nobody else of the workspace adds any. p_add: they are added now.
create or replace function godwit.quota_storage(p_tenant int, p_bytes bigint, p_add boolean,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    e godwit.entitlement;
    v_used bigint;
begin
    select * into e from godwit.entitlement where tenant_id = p_tenant and metric = 'storage';
    if not found then
        return;
    end if;
    v_used := godwit.files_used(p_tenant, p_now);
    if v_used + p_bytes > e.hard then
        raise exception '%', godwit.quota_sentence(e, v_used, p_now) using errcode = 'GW007';
    end if;
    if p_add then
        perform godwit.quota_judge(e, v_used + p_bytes, p_now);
    end if;
end $$;

-- Whoever changes cursors of these workspaces and tells of messages sent locks
-- their quotas first, as who asks for more recipients does.
create or replace function godwit.quota_messages_lock(p_tenants int[])
returns void language sql
as $$ select from godwit.entitlement
       where tenant_id = any (p_tenants) and metric = 'messages' order by tenant_id for update $$;

-- How many of the next p_n recipients of a campaign may be sent to, of which
-- p_open more are under way. What windows hold is lent to them: it is used or
-- given back when they close, so the limit is never passed.
create or replace function godwit.quota_messages(p_tenant int, p_campaign bigint, p_open bigint,
    p_n bigint, p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    e godwit.entitlement;
    v_used bigint;
    v_lent bigint;
begin
    select * into e from godwit.entitlement
     where tenant_id = p_tenant and metric = 'messages' for update;
    if not found or e.hard is null then
        update godwit.campaigns set problem = null
         where tenant_id = p_tenant and id = p_campaign and problem like 'the quota of messages%';
        return p_n;
    end if;
    -- one statement: a window that closes meanwhile is in the one or the other
    select godwit.quota_used(p_tenant, 'messages', godwit.quota_since(e.period, p_now), p_now),
           (select coalesce(sum(k.intent_end - k.pos), 0)
              from godwit.campaign_cursors k join godwit.campaigns c on c.tenant_id = p_tenant
               and c.id = k.campaign_id and not c.test
               and c.started_at is not null and c.finished_at is null
             where k.tenant_id = p_tenant and k.campaign_id <> p_campaign)
      into v_used, v_lent;
    v_lent := least(p_n, e.hard - v_used - v_lent - p_open);
    -- only if nothing is under way that may give some back
    update godwit.campaigns set problem = case when v_lent <= 0
               then godwit.quota_sentence(e, v_used, p_now) end
     where tenant_id = p_tenant and id = p_campaign and (v_lent > 0 or e.hard <= v_used)
       and case when v_lent > 0 then problem like 'the quota of messages%'
                else problem is distinct from godwit.quota_sentence(e, v_used, p_now) end;
    return greatest(v_lent, 0);
end $$;

-- So many messages of a campaign were sent, or tried: their use, unless it is a
-- test; returns p_n. After quota_messages_lock, so that of two that come at once
-- the second counts both.
create or replace function godwit.usage_messages(p_tenant int, p_campaign bigint, p_n bigint,
    p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    e godwit.entitlement;
begin
    if p_n = 0 or exists (select from godwit.campaigns c join auth.tenants t on t.id = p_tenant
        where c.tenant_id = p_tenant and c.id = p_campaign and (c.test or t.kind = 'sandbox'))
    then
        return p_n;
    end if;
    insert into godwit.usage as u (tenant_id, metric, at, effect_key, quantity)
    values (p_tenant, 'messages', date_trunc('hour', p_now, 'UTC'), 'cmp_' || p_campaign, p_n)
    on conflict (tenant_id, metric, at, effect_key) do update
       set quantity = u.quantity + excluded.quantity;
    select * into e from godwit.entitlement where tenant_id = p_tenant and metric = 'messages';
    if found and (e.state <> 'used_up' or e.state_until <= p_now) then
        perform godwit.quota_judge(e, godwit.quota_used(p_tenant, 'messages',
            godwit.quota_since(e.period, p_now), p_now), p_now);
    end if;
    return p_n;
end $$;

-- So many calls of the API, of workspaces in an hour (one array each), as edges
-- have counted them.
create or replace function godwit.usage_calls(p_tenant int[], p_hour timestamptz[], p_n bigint[],
    p_now timestamptz)
returns void language plpgsql
as $$
begin
    insert into godwit.usage as u (tenant_id, metric, at, effect_key, quantity)
    select c.tenant, 'api_calls', c.hour, 'keys', sum(c.n)
      from unnest(p_tenant, p_hour, p_n) c(tenant, hour, n)
     group by c.tenant, c.hour order by c.tenant, c.hour
    on conflict (tenant_id, metric, at, effect_key) do update
       set quantity = u.quantity + excluded.quantity;
    perform godwit.quota_judge(e, godwit.quota_used(e.tenant_id, e.metric,
                godwit.quota_since(e.period, p_now), p_now), p_now)
       from godwit.entitlement e
      where e.tenant_id = any (p_tenant) and e.metric = 'api_calls';
end $$;

-- What was ever counted of a workspace: one probe of the index for each.
create or replace function godwit.usage_metrics(p_tenant int)
returns table (metric text) language sql stable
as $$
    with recursive m as (
        select min(u.metric) as metric from godwit.usage u where u.tenant_id = p_tenant
        union all
        select (select min(u.metric) from godwit.usage u
                 where u.tenant_id = p_tenant and u.metric > m.metric)
          from m where m.metric is not null
    )
    select metric from m where metric is not null
$$;

-- All of a workspace, with its limits.
create or replace function godwit.quota_list(p_tenant int, p_now timestamptz)
returns jsonb language sql stable
as $$ select jsonb_agg(jsonb_build_object('metric', m.metric, 'used', v.used,
        'soft', godwit.quota_soft(e), 'own_soft', e.own_soft, 'hard', e.hard,
        'period', p.period,
        'until', case when p.period <> 'always' then p.since + ('1 ' || p.period)::interval end,
        'state', godwit.quota_state(e, v.used)) order by m.metric)
      from (select metric, period from godwit.quota_metrics() union
            select metric, 'month' from godwit.usage_metrics(p_tenant)) m
      left join godwit.entitlement e on e.tenant_id = p_tenant and e.metric = m.metric
     cross join lateral (select coalesce(e.period, m.period) as period,
           godwit.quota_since(coalesce(e.period, m.period), p_now) as since) p
     cross join lateral (select godwit.quota_used(p_tenant, m.metric, p.since, p_now) as used) v
    $$;

-- A change of limits, of a metric that there is (GW001), audited; a row that
-- limits nothing goes. p_operator: his limits; else the workspace's own soft one.
create or replace function godwit.quota_change(p_operation text, p_metric text, p_period text,
    p_operator boolean, p_soft bigint, p_hard bigint)
returns void language plpgsql
as $$
declare
    v_always boolean := (select period = 'always' from godwit.quota_metrics()
                          where metric = p_metric);
    v_period text := coalesce(p_period, case when v_always then 'always' else 'month' end);
    v_was jsonb;
    e godwit.entitlement;
begin
    if v_always is null then
        perform godwit.invalid('metric', format('a metric is %s', (select string_agg(metric, ', '
            order by metric) from godwit.quota_metrics())));
    end if;
    if v_period <> all (case when v_always then '{always}' else '{day,month}' end::text[]) then
        perform godwit.invalid('period', format('the period of %s is %s', p_metric,
            case when v_always then 'always' else 'day or month' end));
    end if;
    insert into godwit.entitlement (tenant_id, metric, period, own_soft, updated_at)
    select auth.tenant(), p_metric, v_period, 0, auth.now() where p_operator or p_soft is not null
        on conflict do nothing;
    if not found then
        select * into e from godwit.entitlement
         where tenant_id = auth.tenant() and metric = p_metric for update;
        if not found then
            return;                     -- there was none, and none is to be
        end if;
        v_was := jsonb_build_object('period', e.period, 'soft', e.soft, 'own_soft', e.own_soft,
            'hard', e.hard);
    end if;
    if p_soft > (case when p_operator then p_hard else e.hard end) then
        perform godwit.invalid(case when p_operator then 'soft' else 'own_soft' end,
            'the soft limit is above the hard one');
    end if;
    if p_operator then
        update godwit.entitlement set soft = p_soft, hard = p_hard, period = v_period,
               own_soft = e.own_soft, warned_at = null, updated_at = auth.now(),
               looked_at = null
         where tenant_id = auth.tenant() and metric = p_metric
           and coalesce(p_soft, p_hard, e.own_soft) is not null returning * into e;
    else
        update godwit.entitlement
           set own_soft = p_soft, warned_at = null, updated_at = auth.now(), looked_at = null
         where tenant_id = auth.tenant() and metric = p_metric
           and coalesce(e.soft, e.hard, p_soft) is not null returning * into e;
    end if;
    if not found then
        delete from godwit.entitlement where tenant_id = auth.tenant() and metric = p_metric;
        perform godwit.changed(auth.tenant(), 'quota', p_metric, auth.now());
        perform godwit.audit(p_operation, p_metric, v_was, null);
        return;
    end if;
    perform godwit.quota_judge(e, case p_metric
                when 'contacts' then godwit.quota_contacts_count(e.tenant_id, auth.now())
                else godwit.quota_used(e.tenant_id, e.metric,
                    godwit.quota_since(e.period, auth.now()), auth.now()) end, auth.now()),
            godwit.audit(p_operation, p_metric, v_was, jsonb_build_object('period', e.period,
                'soft', e.soft, 'own_soft', e.own_soft, 'hard', e.hard));
end $$;

-- `godwit quota set`: the limits of a metric, none of both takes them away.
-- GW001, GW002; the audit tells it.
create or replace function auth.quota_set(p_tenant int, p_metric text, p_period text,
    p_soft bigint, p_hard bigint, p_context jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform auth.enter(p_context || jsonb_build_object('tenant', p_tenant)),
            godwit.quota_change('quota_set', p_metric, p_period, true, p_soft, p_hard);
end $$;

-- The soft limit of the workspace's own, or null for none; GW001.
create or replace function auth.quota_own(p_metric text, p_soft bigint)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.quota_change('usage_update', p_metric, (select period from godwit.entitlement
        where tenant_id = auth.tenant() and metric = p_metric), false, p_soft, null);
end $$;

revoke execute on function godwit.quota_look(timestamptz),
    godwit.quota_messages_lock(int[]) from gw_api, gw_search;
revoke execute on function
    godwit.quota_change(text, text, text, boolean, bigint, bigint) from gw_search, gw_worker;
grant execute on function auth.quota_set(int, text, text, bigint, bigint, jsonb) to gw_worker;
grant execute on function auth.quota_own(text, bigint) to gw_api;
