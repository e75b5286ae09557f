-- Webhooks out: who wants to be told of what, and what is to be told.

-- Data of an event is sent when it contains filter. Secrets lie in
-- godwit.secret; the old one signs as well until its time.
create table godwit.webhooks (
    tenant_id         int not null,
    id                bigint generated always as identity,
    url               text not null,
    description       text,
    events            text[] not null check (cardinality(events) > 0),
    filter            jsonb not null default '{}',
    rate              int check (rate between 1 and 10000),     -- requests a second
    ordered           boolean not null default false,   -- one after the other, by id
    enabled           boolean not null default true,
    secret_id         uuid not null,
    old_secret_id     uuid,
    old_secret_until  timestamptz,
    failing_since     timestamptz,      -- nothing was delivered since
    disabled_at       timestamptz,
    disabled_reason   text check (disabled_reason in ('request', 'gone', 'failing')),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (tenant_id, id)
);

-- The lease on an endpoint: one process sends to it. Nobody takes it before
-- lease_until; epoch grows with each claim and each change of the webhook.
create table godwit.webhook_lanes (
    qshard       smallint not null default 0,
    tenant_id    int not null,
    webhook_id   bigint not null,
    holder       int,                   -- a host
    epoch        bigint not null default 0,
    lease_until  timestamptz not null,
    primary key (qshard, tenant_id, webhook_id)
) with (fillfactor = 50);

-- One event for one webhook, until it is delivered or given up (dead).
create table godwit.webhook_deliveries (
    qshard       smallint not null default 0,
    tenant_id    int not null,
    id           bigint generated always as identity,
    webhook_id   bigint not null,
    event_id     bigint not null,       -- of all deliveries of one event: webhook-id
    type         text not null,
    data         jsonb not null,
    state        text not null default 'pending' check (state in
                 ('pending', 'delivered', 'dead')),
    attempts     int not null default 0,
    tries        int not null default 0,        -- attempts since the last replay
    due_at       timestamptz not null,
    status       smallint,              -- of the last answer
    error        text,                  -- why there was none, or why it is dead
    created_at   timestamptz not null,
    finished_at  timestamptz,
    primary key (qshard, tenant_id, id)
) with (fillfactor = 80);
create index webhook_deliveries_due on godwit.webhook_deliveries
    (qshard, tenant_id, webhook_id, due_at, id) where state = 'pending';
create index webhook_deliveries_webhook on godwit.webhook_deliveries
    (qshard, tenant_id, webhook_id, id);
create index webhook_deliveries_dead on godwit.webhook_deliveries (qshard, tenant_id, id)
    where state = 'dead';
create index webhook_deliveries_finished on godwit.webhook_deliveries (qshard, finished_at)
    where finished_at is not null;

-- What was sent and what came back, its first 4 KiB.
create table godwit.webhook_attempts (
    qshard           smallint not null default 0,
    tenant_id        int not null,
    delivery_id      bigint not null,
    attempt          int not null,
    at               timestamptz not null,
    ms               int not null,
    url              text not null,
    address          text,              -- that was connected to
    request          text not null,     -- headers, a line each
    status           smallint,
    error            text,
    headers          text,
    body             text,
    primary key (qshard, tenant_id, delivery_id, attempt)
);
create index webhook_attempts_at on godwit.webhook_attempts (qshard, at);

do $$
declare
    t text;
begin
    foreach t in array '{webhooks,webhook_lanes,webhook_deliveries,webhook_attempts}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select, insert, update, delete on godwit.webhooks, godwit.webhook_lanes to gw_api;
grant select, insert, update on godwit.webhook_deliveries to gw_api;
grant select on godwit.webhook_attempts to gw_api;
-- events are numbered by it too
grant usage on sequence godwit.webhook_deliveries_id_seq to gw_api, gw_worker;
