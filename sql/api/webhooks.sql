-- Webhooks out: who is told of what, what was told, and telling it again.

-- What can be told of; webhook.ping is the test's.
create or replace function godwit.webhook_events()
returns text[] language sql immutable parallel safe
as $$ select '{*,contact.created,contact.updated,contact.deleted,contact.unsubscribed,
    campaign.scheduled,campaign.started,campaign.paused,campaign.resumed,campaign.cancelled,
    campaign.finished,campaign.failed,
    message.sent,message.failed,message.bounced,message.complained,message.opened,
    message.clicked,message.received,import.finished,import.failed,
    list.created,list.updated,list.deleted,webhook.disabled,quota.warning}'::text[] $$;

-- The webhook of {"id"}, locked when it is to change; GW002.
create or replace function godwit.webhook_find(p_body jsonb, p_lock boolean default false)
returns godwit.webhooks language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'wh');
    w godwit.webhooks;
begin
    if p_lock then
        select * into w from godwit.webhooks
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into w from godwit.webhooks where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no webhook %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return w;
end $$;

-- The webhook with what the body says of it; GW001. Where a request may go the
-- edge has judged (x-handler webhook), and the worker judges it at each.
create or replace function godwit.webhook_fill(p_body jsonb, w godwit.webhooks)
returns godwit.webhooks language plpgsql stable
as $$
declare
    v text;
begin
    if p_body ? 'url' then
        w.url := godwit.read_line(p_body, 'url', 1, 2000, true);
    end if;
    if p_body ? 'description' then
        w.description := godwit.read_line(p_body, 'description', 1, 200);
    end if;
    if p_body ? 'events' then
        w.events := array(select distinct e from jsonb_array_elements_text(p_body->'events') e
                           order by e);
        select e into v from unnest(w.events) e where e <> all (godwit.webhook_events()) limit 1;
        if found or w.events = '{}' then
            perform godwit.invalid('events', format('"%s" is not an event; they are %s', v,
                array_to_string(godwit.webhook_events(), ', ')));
        end if;
    end if;
    if p_body ? 'filter' then
        w.filter := coalesce(nullif(p_body->'filter', 'null'), '{}');
        if jsonb_typeof(w.filter) <> 'object' or length(w.filter::text) > 4096 then
            perform godwit.invalid('filter', '"filter" is not an object of at most 4 KiB');
        end if;
    end if;
    if p_body ? 'rate' then
        w.rate := godwit.read_int(p_body, 'rate', 1, 10000);
    end if;
    if p_body ? 'ordered' then
        w.ordered := coalesce(godwit.read_filter(p_body, 'ordered', 'flag')::boolean, false);
    end if;
    if p_body ? 'headers' then
        w.headers := coalesce(nullif(p_body->'headers', 'null'), '{}');
    end if;
    w.updated_at := auth.now();
    return w;
end $$;

-- The secret headers of a webhook in the place of those that it had.
create or replace function godwit.webhook_secret(p_body jsonb, p_was uuid)
returns uuid language plpgsql
as $$
begin
    if not p_body ? 'secret_headers' then
        return p_was;
    end if;
    if p_was is not null then
        perform godwit.secret_drop(p_was);
    end if;
    return godwit.secret_put(p_body->'secret_headers', 'webhook_headers');
end $$;

-- {"url","events","description"?,"filter"?,"rate"?,"ordered"?,"headers"?,
-- "secret_headers"?}, these as the edge has sealed them; its secret is
-- made on the way here and told in this answer alone.
create or replace function api.webhooks_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks;
begin
    perform godwit.read_body(p_body, array['url', 'events', 'description', 'filter', 'rate',
        'ordered', 'headers', 'secret_headers', 'secret']);
    w.filter := '{}';
    w.headers := '{}';
    w.ordered := false;
    w := godwit.webhook_fill(p_body, w);
    perform pg_advisory_xact_lock(hashtextextended('webhooks', auth.tenant()));
    if 50 <= (select count(*) from godwit.webhooks where tenant_id = auth.tenant()) then
        raise exception 'the workspace has 50 webhooks; delete some that are not needed'
            using errcode = 'GW003';
    end if;
    insert into godwit.webhooks (tenant_id, url, description, events, filter, rate, ordered,
        headers, headers_secret_id, secret_id, created_at, updated_at)
    values (auth.tenant(), w.url, w.description, w.events, w.filter, w.rate, w.ordered, w.headers,
        godwit.webhook_secret(p_body, null), godwit.secret_put(p_body->'secret', 'webhook'),
        auth.now(), auth.now())
    returning * into w;
    insert into godwit.webhook_lanes (tenant_id, webhook_id, lease_until)
    values (w.tenant_id, w.id, auth.now());
    perform godwit.audit('webhooks_create', godwit.id_text('wh', w.id), null,
        godwit.webhook_json(w));
    return godwit.webhook_json(w);
end $$;

create or replace function api.webhooks_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.webhook_json(godwit.webhook_find(p_body));
end $$;

create or replace function api.webhooks_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'webhooks_list', 'godwit.webhooks t', 't.id',
    'godwit.webhook_json(t)', array[['id', 't.id', 'bigint']], array[
        ['enabled', 'flag', 't.enabled = %s'],
        ['event', 'line', $q$t.events && array[%s, '*']$q$]]) $$;

-- A merge patch. What waits while it is disabled is dead; enabled again it is
-- told of what happens from then on.
create or replace function api.webhooks_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks := godwit.webhook_find(p_body, true);
    v_was jsonb := godwit.webhook_json(w);
    v_enabled boolean := coalesce(godwit.read_filter(p_body, 'enabled', 'flag')::boolean,
                                  w.enabled);
begin
    perform godwit.read_body(p_body, array['id', 'url', 'events', 'description', 'filter', 'rate',
        'ordered', 'headers', 'secret_headers', 'enabled', '_if_match']);
    perform godwit.match(p_body, v_was);
    w := godwit.webhook_fill(p_body, w);
    if v_enabled <> w.enabled then
        w.enabled := v_enabled;
        w.failing_since := null;
        w.disabled_at := case when not v_enabled then auth.now() end;
        w.disabled_reason := case when not v_enabled then 'request' end;
        if not v_enabled then
            perform godwit.webhook_bury(w.tenant_id, w.id, 'the webhook was disabled', auth.now());
        end if;
    end if;
    w.headers_secret_id := godwit.webhook_secret(p_body, w.headers_secret_id);
    update godwit.webhooks set url = w.url, events = w.events, description = w.description,
           filter = w.filter, rate = w.rate, ordered = w.ordered, enabled = w.enabled,
           headers = w.headers,
           headers_secret_id = w.headers_secret_id,
           failing_since = w.failing_since, disabled_at = w.disabled_at,
           disabled_reason = w.disabled_reason, updated_at = w.updated_at
     where tenant_id = w.tenant_id and id = w.id;
    perform godwit.webhook_changed(w.tenant_id, w.id, auth.now()),
            godwit.audit('webhooks_update', godwit.id_text('wh', w.id), v_was,
                godwit.webhook_json(w));
    return godwit.webhook_json(w);
end $$;

-- The log of what was sent stays as long as that of others.
create or replace function api.webhooks_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks := godwit.webhook_find(p_body, true);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.webhook_json(w));
    perform godwit.webhook_bury(w.tenant_id, w.id, 'the webhook was deleted', auth.now());
    delete from godwit.webhook_lanes
     where qshard = 0 and tenant_id = w.tenant_id and webhook_id = w.id;
    delete from godwit.webhooks where tenant_id = w.tenant_id and id = w.id;
    perform godwit.secret_drop(w.secret_id);
    if w.old_secret_id is not null then
        perform godwit.secret_drop(w.old_secret_id);
    end if;
    if w.headers_secret_id is not null then
        perform godwit.secret_drop(w.headers_secret_id);
    end if;
    perform godwit.audit('webhooks_delete', godwit.id_text('wh', w.id), godwit.webhook_json(w),
        null);
    return null;
end $$;

-- {"id","overlap"?}: a new secret; the old one signs as well for so many
-- seconds, one that is older no more.
create or replace function api.webhooks_rotate(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks := godwit.webhook_find(p_body, true);
    v_was jsonb := godwit.webhook_json(w);
begin
    perform godwit.read_body(p_body, array['id', 'overlap', 'secret']);
    if w.old_secret_id is not null then
        perform godwit.secret_drop(w.old_secret_id);
    end if;
    update godwit.webhooks
       set old_secret_id = secret_id, secret_id = godwit.secret_put(p_body->'secret', 'webhook'),
           old_secret_until = auth.now() + make_interval(
               secs => godwit.read_int(p_body, 'overlap', 0, 2592000, 86400)),
           updated_at = auth.now()
     where tenant_id = w.tenant_id and id = w.id returning * into w;
    perform godwit.webhook_changed(w.tenant_id, w.id, auth.now()),
            godwit.audit('webhooks_rotate', godwit.id_text('wh', w.id), v_was,
                godwit.webhook_json(w));
    return godwit.webhook_json(w);
end $$;

create or replace function godwit.delivery_json(d godwit.webhook_deliveries)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('dlv', d.id),
        'webhook_id', godwit.id_text('wh', d.webhook_id),
        'event_id', godwit.id_text('evt', d.event_id), 'event', d.type, 'state', d.state,
        'attempts', d.attempts, 'status', d.status, 'error', d.error,
        'due_at', case d.state when 'pending' then d.due_at end,
        'created_at', d.created_at, 'finished_at', d.finished_at) $$;

-- {"id"}: an event of its own for this webhook alone, whatever it wants; its
-- delivery.
create or replace function api.webhooks_test(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks := godwit.webhook_find(p_body, true);
    d godwit.webhook_deliveries;
begin
    perform godwit.read_body(p_body, array['id']);
    if not w.enabled then
        raise exception 'the webhook % is disabled; enable it first', p_body->>'id'
            using errcode = 'GW003', column = 'id';
    end if;
    insert into godwit.webhook_deliveries (tenant_id, webhook_id, event_id, type, data, due_at,
        created_at)
    values (w.tenant_id, w.id, nextval('godwit.webhook_deliveries_id_seq'), 'webhook.ping',
        godwit.webhook_json(w), auth.now(), auth.now())
    returning * into d;
    perform godwit.audit('webhooks_test', godwit.id_text('wh', w.id), null,
        godwit.delivery_json(d));
    return godwit.delivery_json(d);
end $$;

-- Deliver again: at once, with all attempts anew.
create or replace function godwit.delivery_replay(p_tenant int, p_ids bigint[], p_now timestamptz)
returns void language sql
as $$ update godwit.webhook_deliveries
         set state = 'pending', tries = 0, due_at = p_now, finished_at = null
       where qshard = 0 and tenant_id = p_tenant and id = any (p_ids) $$;

-- {"id","since","until"?,"state"?}: those made since then that are dead, or
-- delivered, or both (any); 10000 of them at a time, the oldest first.
create or replace function api.webhooks_replay(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    w godwit.webhooks := godwit.webhook_find(p_body, true);
    v_since timestamptz := godwit.read_time(p_body, 'since');
    v_until timestamptz := coalesce(godwit.read_time(p_body, 'until')::timestamptz, auth.now());
    v_state text := coalesce(godwit.read_word(p_body, 'state', '{dead,delivered,any}'), 'dead');
    v_ids bigint[];
    v_result jsonb;
begin
    perform godwit.read_body(p_body, array['id', 'since', 'until', 'state']);
    if v_since is null then
        perform godwit.invalid('since', '"since" is missing');
    end if;
    if not w.enabled then
        raise exception 'the webhook % is disabled; enable it first', p_body->>'id'
            using errcode = 'GW003', column = 'id';
    end if;
    v_ids := array(select d.id from godwit.webhook_deliveries d
                    where d.qshard = 0 and d.tenant_id = w.tenant_id and d.webhook_id = w.id
                      and d.created_at >= v_since and d.created_at <= v_until
                      and d.state = any (case v_state when 'any' then '{dead,delivered}'
                                                      else array[v_state] end)
                    order by d.id limit 10000);
    perform godwit.delivery_replay(w.tenant_id, v_ids, auth.now()),
            godwit.webhook_changed(w.tenant_id, w.id, auth.now());
    v_result := jsonb_build_object('replayed', cardinality(v_ids),
        'more', cardinality(v_ids) = 10000);
    perform godwit.audit('webhooks_replay', godwit.id_text('wh', w.id), null,
        v_result || jsonb_build_object('since', v_since, 'until', v_until, 'state', v_state));
    return v_result;
end $$;

-- {"webhook_id"?,"state"?,"event"?,"created_after"?,"created_before"?}
create or replace function api.deliveries_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'deliveries_list', 'godwit.webhook_deliveries t', 't.id',
    'godwit.delivery_json(t)', array[['-id', 't.id', 'bigint']], array[
        ['webhook_id', 'id wh', 't.webhook_id = %s'],
        ['state', 'word pending delivered dead', 't.state = %s'],
        ['event', 'line', 't.type = %s'],
        ['created_after', 'time', 't.created_at >= %s'],
        ['created_before', 'time', 't.created_at < %s']], 't.qshard = 0') $$;

create or replace function godwit.delivery_find(p_body jsonb, p_lock boolean default false)
returns godwit.webhook_deliveries language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'dlv');
    d godwit.webhook_deliveries;
begin
    if p_lock then
        select * into d from godwit.webhook_deliveries
         where qshard = 0 and tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into d from godwit.webhook_deliveries
         where qshard = 0 and tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no delivery %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return d;
end $$;

-- With what is sent, and the last 50 attempts.
create or replace function api.deliveries_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.webhook_deliveries := godwit.delivery_find(p_body);
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.delivery_json(d) || jsonb_build_object(
        'body', godwit.webhook_body(d.type, d.created_at, d.data),
        'log', coalesce((select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'at', a.at,
                'ms', a.ms, 'error', a.error,
                'request', jsonb_build_object('url', a.url, 'address', a.address,
                    'headers', a.request),
                'response', case when a.status is not null then jsonb_build_object(
                    'status', a.status, 'headers', a.headers, 'body', a.body) end)
                order by a.attempt)
            from (select * from godwit.webhook_attempts a
                   where a.qshard = 0 and a.tenant_id = d.tenant_id and a.delivery_id = d.id
                   order by a.attempt desc limit 50) a), '[]'));
end $$;

-- One again, also one that waits for its next attempt.
create or replace function api.deliveries_replay(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.webhook_deliveries := godwit.delivery_find(p_body, true);
    v_was jsonb := godwit.delivery_json(d);
begin
    perform godwit.read_body(p_body, array['id']);
    if not exists (select from godwit.webhooks
                    where tenant_id = d.tenant_id and id = d.webhook_id and enabled)
    then
        raise exception 'the webhook % is disabled or gone', godwit.id_text('wh', d.webhook_id)
            using errcode = 'GW003', column = 'id';
    end if;
    perform godwit.delivery_replay(d.tenant_id, array[d.id], auth.now()),
            godwit.webhook_changed(d.tenant_id, d.webhook_id, auth.now());
    d := godwit.delivery_find(p_body);
    perform godwit.audit('deliveries_replay', godwit.id_text('dlv', d.id), v_was,
        godwit.delivery_json(d));
    return godwit.delivery_json(d);
end $$;
