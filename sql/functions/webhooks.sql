-- Webhooks out: events are made in the transaction of what they tell of, one
-- delivery for each webhook that wants it; the role http delivers them.

-- Is there a webhook for one of these types?
create or replace function godwit.webhook_wants(p_tenant int, p_types text[])
returns boolean language sql stable
as $$ select exists (select from godwit.webhooks where tenant_id = p_tenant and enabled
                         and events && (p_types || '*'::text)) $$;

-- Tell of something that happens in this transaction. Data that is too long
-- for a webhook goes without its longest part, the attributes.
create or replace function godwit.emit(p_tenant int, p_type text, p_data jsonb, p_now timestamptz)
returns void language plpgsql
as $$
begin
    if not godwit.webhook_wants(p_tenant, array[p_type]) then
        return;
    end if;
    if length(p_data::text) > 16384 then
        p_data := p_data - 'attributes' || '{"truncated": true}';
    end if;
    with event as materialized (select nextval('godwit.webhook_deliveries_id_seq') as id)
    insert into godwit.webhook_deliveries (tenant_id, webhook_id, event_id, type, data, due_at,
        created_at)
    select p_tenant, w.id, event.id, p_type, p_data, p_now, p_now
      from event, godwit.webhooks w
     where w.tenant_id = p_tenant and w.enabled and w.events && array[p_type, '*']
       and p_data @> w.filter
     order by w.id;
end $$;

create or replace function godwit.emit_campaign(c godwit.campaigns, p_type text, p_now timestamptz)
returns void language sql
as $$ select godwit.emit(c.tenant_id, p_type, jsonb_build_object(
        'id', godwit.id_text('cmp', c.id), 'name', c.name, 'state', c.state,
        'list_id', godwit.id_text('lst', c.list_id), 'started_at', c.started_at,
        'finished_at', c.finished_at, 'reason', case c.state when 'paused' then c.paused->>'reason'
            when 'failed' then c.problem end), p_now) $$;

-- What came of a recipient of a campaign: p_state as in sends, of which sent and
-- failed are told.
create or replace function godwit.emit_send(p_tenant int, p_campaign bigint, p_contact bigint,
    p_state smallint, p_at timestamptz, p_code smallint, p_reason text, p_now timestamptz)
returns void language sql
as $$ select godwit.emit(p_tenant,
        case p_state when 2 then 'message.sent' else 'message.failed' end,
        jsonb_build_object('campaign_id', godwit.id_text('cmp', p_campaign),
            'contact_id', godwit.id_text('ct', p_contact), 'at', p_at, 'code', p_code,
            'reason', p_reason), p_now)
       where p_state in (2, 3) $$;

-- Is somebody told of what becomes of messages?
create or replace function godwit.sends_wanted(p_tenant int)
returns boolean language sql stable
as $$ select godwit.webhook_wants(p_tenant, '{message.sent,message.failed}') $$;

-- What is sent: the same at every attempt.
create or replace function godwit.webhook_body(p_type text, p_at timestamptz, p_data jsonb)
returns text language sql stable
as $$ select json_build_object('type', p_type, 'timestamp', p_at, 'data', p_data)::text $$;

create or replace function godwit.webhook_json(w godwit.webhooks)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('wh', w.id), 'url', w.url,
        'description', w.description, 'events', w.events, 'filter', w.filter, 'rate', w.rate,
        'ordered', w.ordered, 'headers', w.headers,
        'has_secret_headers', w.headers_secret_id is not null, 'enabled', w.enabled,
        'failing_since', w.failing_since,
        'disabled_at', w.disabled_at, 'disabled_reason', w.disabled_reason,
        'old_secret_until', w.old_secret_until, 'created_at', w.created_at,
        'updated_at', w.updated_at) $$;

-- What a request to a webhook needs: its URL, the secrets that sign (the second until its time),
-- the lines of its headers and those that are secret.
create or replace function godwit.webhook_endpoint(w godwit.webhooks, p_now timestamptz)
returns table (url text, id uuid, sealed bytea, wrapped bytea, old_id uuid, old_sealed bytea,
    old_wrapped bytea, headers text, headers_id uuid, headers_sealed bytea, headers_wrapped bytea)
language sql stable
as $$
    select w.url, s.id, s.sealed, k.wrapped, o.id, o.sealed, q.wrapped,
           (select string_agg(h.key || ': ' || h.value, E'\n' order by h.key)
              from jsonb_each_text(w.headers) h), x.id, x.sealed, y.wrapped
      from (select) one
      left join godwit.secret s on s.tenant_id = w.tenant_id and s.id = w.secret_id
      left join godwit.secret_keys k on k.tenant_id = s.tenant_id and k.version = s.key_version
      left join godwit.secret o on o.tenant_id = w.tenant_id and o.id = w.old_secret_id
           and w.old_secret_until > p_now
      left join godwit.secret_keys q on q.tenant_id = o.tenant_id and q.version = o.key_version
      left join godwit.secret x on x.tenant_id = w.tenant_id and x.id = w.headers_secret_id
      left join godwit.secret_keys y on y.tenant_id = x.tenant_id and y.version = x.key_version
$$;

-- What a webhook is now counts from the next request on: who holds its
-- endpoint is fenced off and takes it anew.
create or replace function godwit.webhook_changed(p_tenant int, p_id bigint, p_now timestamptz)
returns void language sql
as $$ update godwit.webhook_lanes set holder = null, epoch = epoch + 1, lease_until = p_now
       where qshard = 0 and tenant_id = p_tenant and webhook_id = p_id $$;

-- What waits for a webhook that gets nothing any more is dead: it can be
-- replayed.
create or replace function godwit.webhook_bury(p_tenant int, p_id bigint, p_why text,
    p_now timestamptz)
returns void language sql
as $$ update godwit.webhook_deliveries set state = 'dead', finished_at = p_now, error = p_why
       where qshard = 0 and tenant_id = p_tenant and webhook_id = p_id and state = 'pending' $$;

-- The worker gives up a webhook: audited, and told to the others.
create or replace function godwit.webhook_disable(p_tenant int, p_id bigint, p_reason text,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    w godwit.webhooks;
    v_was jsonb;
begin
    select * into w from godwit.webhooks
     where tenant_id = p_tenant and id = p_id and enabled for update;
    if not found then
        return;
    end if;
    v_was := godwit.webhook_json(w);
    update godwit.webhooks
       set enabled = false, disabled_at = p_now, disabled_reason = p_reason, updated_at = p_now
     where tenant_id = p_tenant and id = p_id returning * into w;
    perform godwit.webhook_changed(p_tenant, p_id, p_now),
            godwit.webhook_bury(p_tenant, p_id, case p_reason
                when 'gone' then 'the endpoint answered 410, it is gone'
                else 'the endpoint has failed for five days' end, p_now),
            godwit.audit_add(p_tenant, p_now, 'webhooks_disable', godwit.id_text('wh', p_id),
                'worker', null, null, v_was, godwit.webhook_json(w)),
            godwit.emit(p_tenant, 'webhook.disabled', godwit.webhook_json(w), p_now);
end $$;

-- What came of attempts: [{"tenant","webhook","delivery","attempt","at","ms",
-- "status","error","address","request","headers","body","verdict","due"}], where
-- verdict is delivered, retry (at due), dead or gone. An attempt counts once,
-- and only of a delivery that was at the one before.
create or replace function godwit.webhook_results(p_now timestamptz, p_results jsonb)
returns void language plpgsql
as $$
declare
    h record;
begin
    with r as materialized (
        select * from jsonb_to_recordset(p_results) as r(tenant int, webhook bigint,
            delivery bigint, attempt int, at timestamptz, ms int, status smallint, error text,
            address text, request text, headers text, body text, verdict text, due timestamptz)
    ), done as (
        update godwit.webhook_deliveries d
           set attempts = r.attempt, tries = d.tries + 1, due_at = r.due,
               status = nullif(r.status, 0), error = nullif(r.error, ''),
               state = case r.verdict when 'delivered' then 'delivered'
                                      when 'retry' then 'pending' else 'dead' end,
               finished_at = case when r.verdict <> 'retry' then p_now end
          from r
         where d.qshard = 0 and d.tenant_id = r.tenant and d.id = r.delivery
           and d.state = 'pending' and d.attempts = r.attempt - 1
        returning d.tenant_id, d.id, d.attempts
    )
    insert into godwit.webhook_attempts (tenant_id, delivery_id, attempt, at, ms, url, address,
        request, status, error, headers, body)
    select r.tenant, r.delivery, r.attempt, r.at, r.ms, w.url, nullif(r.address, ''), r.request,
           nullif(r.status, 0), nullif(r.error, ''), nullif(r.headers, ''), nullif(r.body, '')
      from done d
      join r on r.tenant = d.tenant_id and r.delivery = d.id and r.attempt = d.attempts
      join godwit.webhooks w on w.tenant_id = r.tenant and w.id = r.webhook
        on conflict do nothing;

    for h in
        select v.tenant, v.webhook, bool_or(v.verdict = 'delivered') as good,
               bool_or(v.verdict = 'gone') as gone, max(w.failing_since) as since
          from jsonb_to_recordset(p_results) as v(tenant int, webhook bigint, verdict text)
          join godwit.webhooks w on w.tenant_id = v.tenant and w.id = v.webhook and w.enabled
         group by 1, 2 order by 1, 2
    loop
        if h.gone then
            perform godwit.webhook_disable(h.tenant, h.webhook, 'gone', p_now);
        elsif h.good and h.since is not null then
            update godwit.webhooks set failing_since = null
             where tenant_id = h.tenant and id = h.webhook;
        elsif not h.good and h.since is null then
            update godwit.webhooks set failing_since = p_now
             where tenant_id = h.tenant and id = h.webhook;
        elsif not h.good and h.since <= p_now - interval '5 days' then
            perform godwit.webhook_disable(h.tenant, h.webhook, 'failing', p_now);
        end if;
    end loop;
end $$;

revoke execute on function godwit.webhook_results(timestamptz, jsonb),
    godwit.webhook_endpoint(godwit.webhooks, timestamptz),
    godwit.webhook_disable(int, bigint, text, timestamptz) from gw_api, gw_search;
