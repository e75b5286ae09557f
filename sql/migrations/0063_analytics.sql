-- Numbers for marketers: what counts as a conversion, what was spent, and roll-ups that
-- are worked out of what is stored.

-- {"currency", "conversions": [{"event","value"?,"currency"?,"key"?}], "rates":
-- [{"channel","amount","since"?}]}; a rate is for one message
alter table auth.tenants add column analytics jsonb not null
    default '{"currency": "EUR", "conversions": [], "rates": []}';
grant update (analytics) on auth.tenants to gw_api;

-- Conversions that no event tells of, posted by the API.
create table godwit.conversions (
    tenant_id   int not null,
    id          bigint generated always as identity,
    key         text,                   -- of an order: it counts once
    at          timestamptz not null,
    contact_id  bigint,                 -- null: it is not known whose
    name        text not null,
    value       numeric(18, 6) not null,
    currency    text not null,
    void        boolean not null,       -- it does not count any more
    created_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, key)
);
create index conversions_at on godwit.conversions (tenant_id, at);
create index conversions_contact on godwit.conversions (tenant_id, contact_id);

-- The ledger of costs: rows are added and never changed, a correction is one below 0.
create table godwit.costs (
    tenant_id    int not null,
    id           bigint generated always as identity,
    at           timestamptz not null,
    campaign_id  bigint,                -- null: of none
    provider     text,                  -- who is paid
    units        bigint,                -- that were paid for
    amount       numeric(18, 6) not null,
    currency     text not null,
    note         text,
    created_at   timestamptz not null,
    primary key (tenant_id, id)
);
create index costs_at on godwit.costs (tenant_id, at);

-- What of a campaign needs more than its counters, by `of`: campaign (key ''), domain (of
-- recipients, those of one provider as one), link (its name, else its URL), day (UTC). Columns
-- that a kind has not are null.
create table godwit.rollups (
    tenant_id     int not null,
    campaign_id   bigint not null,
    of            text not null check (of in ('campaign', 'domain', 'link', 'day')),
    key           text not null,
    sent          bigint,
    failed        bigint,
    deferred      bigint,               -- who was not reached at the first try
    bounced       bigint,               -- people whose mail came back
    complaints    bigint,
    bounces       jsonb,                -- {CLASS: people}
    opens         bigint,               -- here and below by people; all_: by anybody
    unique_opens  bigint,
    clicks        bigint,
    unique_clicks bigint,
    unsubscribes  bigint,
    all_opens     bigint,
    all_unique_opens   bigint,
    all_clicks         bigint,
    all_unique_clicks  bigint,
    primary key (tenant_id, campaign_id, of, key)
);
create index rollups_day on godwit.rollups (tenant_id, key) where of = 'day';

-- What they were worked out of, and when; more has happened when the counters differ.
create table godwit.rollup_states (
    tenant_id    int not null,
    campaign_id  bigint not null,
    seen         bigint[] not null,
    stale        boolean not null,      -- the counters do not show it
    as_of        timestamptz not null,
    primary key (tenant_id, campaign_id)
) with (fillfactor = 70);

-- the newest that came back of a campaign
create index bounces_campaign on godwit.bounces (tenant_id, campaign_id, id)
    where campaign_id is not null;
-- reports that were made lately
create index operations_report on godwit.operations (qshard, tenant_id, id)
    where kind = 'analytics_report';

do $$
declare
    t text;
begin
    foreach t in array '{conversions,costs,rollups,rollup_states}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
        execute format('grant select on godwit.%I to gw_api, gw_ro', t);
    end loop;
end $$;
grant insert, update on godwit.conversions to gw_api;
grant insert on godwit.costs to gw_api;
