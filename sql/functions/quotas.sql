-- Quotas: what a workspace may use of contacts, messages and storage, and what
-- it has used. What would pass a hard limit is refused before it is begun; who
-- passes a soft one is told once.

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

-- Tell once a period, in the audit, that a soft limit is passed.
create or replace function godwit.quota_warn(e godwit.entitlement, p_used bigint, p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_since timestamptz := godwit.quota_since(e.period, p_now);
begin
    if p_used > e.soft and e.warned_at is distinct from v_since then
        update godwit.entitlement set warned_at = v_since
         where tenant_id = e.tenant_id and metric = e.metric
           and warned_at is distinct from v_since;
        if found then
            perform godwit.audit_add(e.tenant_id, p_now, 'quota_warning', e.metric, 'system',
                null, null, null, jsonb_build_object('used', p_used, 'soft', e.soft,
                    'hard', e.hard, 'period', e.period));
        end if;
    end if;
end $$;

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
    if found and (e.level + p_n > e.hard or (e.level + p_n > e.soft and e.level <= e.soft)) then
        update godwit.entitlement
           set level = godwit.quota_used(p_tenant, 'contacts', '-infinity', p_now)
         where tenant_id = p_tenant and metric = 'contacts';
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
    perform godwit.quota_warn(e, e.level, p_now);
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
        perform godwit.quota_warn(e, v_used + p_bytes, p_now);
    end if;
end $$;

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
        return p_n;
    end if;
    -- one statement: a window that closes meanwhile is in the one or the other
    select godwit.quota_used(p_tenant, 'messages', godwit.quota_since(e.period, p_now), p_now),
           (select coalesce(sum(k.intent_end - k.pos), 0)
              from godwit.campaign_cursors k join godwit.campaigns c on c.tenant_id = p_tenant
               and c.id = k.campaign_id and not c.test
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
-- test; returns p_n.
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
    if e.soft is not null and e.warned_at is distinct from godwit.quota_since(e.period, p_now) then
        perform godwit.quota_warn(e, godwit.quota_used(p_tenant, 'messages',
            godwit.quota_since(e.period, p_now), p_now), p_now);
    end if;
    return p_n;
end $$;

-- All of a workspace, with its limits.
create or replace function godwit.quota_list(p_tenant int, p_now timestamptz)
returns jsonb language sql stable
as $$ select jsonb_agg(jsonb_build_object('metric', m.metric, 'used', v.used, 'soft', e.soft,
        'hard', e.hard, 'period', p.period,
        'until', case when p.period <> 'always' then p.since + ('1 ' || p.period)::interval end,
        'state', case when v.used >= e.hard then 'used_up' when v.used > e.soft then 'warning'
                      else 'free' end) order by m.metric)
      from (values ('contacts', 'always'), ('messages', 'month'), ('storage', 'always'))
           m(metric, period)
      left join godwit.entitlement e on e.tenant_id = p_tenant and e.metric = m.metric
     cross join lateral (select coalesce(e.period, m.period) as period,
           godwit.quota_since(coalesce(e.period, m.period), p_now) as since) p
     cross join lateral (select godwit.quota_used(p_tenant, m.metric, p.since, p_now) as used) v
    $$;

-- `godwit quota set`: the limits of a metric, none of both takes the row away.
-- GW001, GW002; the audit tells it.
create or replace function auth.quota_set(p_tenant int, p_metric text, p_period text,
    p_soft bigint, p_hard bigint, p_context jsonb)
returns void language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_now timestamptz := (p_context->>'now')::timestamptz;
    v_was jsonb;
begin
    perform auth.enter(p_context || jsonb_build_object('tenant', p_tenant));
    if p_soft > p_hard then
        perform godwit.invalid('soft', 'the soft limit is above the hard one');
    end if;
    select jsonb_build_object('period', period, 'soft', soft, 'hard', hard) into v_was
      from godwit.entitlement where tenant_id = p_tenant and metric = p_metric for update;
    if p_soft is null and p_hard is null then
        delete from godwit.entitlement where tenant_id = p_tenant and metric = p_metric;
    else
        insert into godwit.entitlement (tenant_id, metric, period, soft, hard, level, updated_at)
        values (p_tenant, p_metric, p_period, p_soft, p_hard, godwit.quota_used(p_tenant, p_metric,
            '-infinity', v_now), v_now)
        on conflict (tenant_id, metric) do update set period = excluded.period,
            soft = excluded.soft, hard = excluded.hard, level = excluded.level, warned_at = null,
            updated_at = excluded.updated_at;
    end if;
    perform godwit.audit('quota_set', p_metric, v_was, case when p_soft is not null
        or p_hard is not null then jsonb_build_object('period', p_period, 'soft', p_soft,
            'hard', p_hard) end);
end $$;

grant execute on function auth.quota_set(int, text, text, bigint, bigint, jsonb) to gw_worker;
