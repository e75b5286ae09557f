-- What sites and apps tell of their visitors: sources, which have a write key
-- each, and the events that come by them.

-- A write key stands in the source of a page: it is public, and no secret.
create table godwit.sources (
    tenant_id   int not null,
    id          bigint generated always as identity,
    name        text not null,
    key         text,                   -- gw_write_TENANT_ID_...; null: it is being made
    origins     text[] not null default '{}',   -- of browsers; none: any
    enabled     boolean not null default true,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    deleted_at  timestamptz,            -- the edge has to know that its key is none
    primary key (tenant_id, id)
);

-- What came by each, since it was made.
create table godwit.source_totals (
    tenant_id   int not null,
    source_id   bigint not null,
    events      bigint not null default 0,      -- of every kind, each message once
    duplicates  bigint not null default 0,
    problems    bigint not null default 0,      -- of which something was kept out
    last_at     timestamptz not null,
    primary key (tenant_id, source_id)
) with (fillfactor = 50);

-- kind: 1 track 2 page. at is the time of the sender, put right by our clock.
create table godwit.tracked (
    tenant_id     int not null,
    id            bigint generated always as identity (cache 1000),
    at            timestamptz not null,
    contact_id    bigint,               -- null: it is not known whose it is
    kind          smallint not null,
    name          text not null,
    properties    jsonb not null,
    anonymous_id  text,
    user_id       text,
    source_id     bigint not null,
    message_id    text,
    url           text,
    ip            inet,
    user_agent    text,
    received_at   timestamptz not null,
    primary key (tenant_id, name, at, id)
) partition by range (at);
create index tracked_contact on godwit.tracked (tenant_id, contact_id, name, at);
-- whose it was comes out later
create index tracked_visitor on godwit.tracked
    (tenant_id, (coalesce('u' || user_id, 'a' || anonymous_id))) where contact_id is null;
create table godwit.tracked_default partition of godwit.tracked default;

-- Messages of this week and the one before: what a client sends again counts
-- once. message: the first 16 bytes of SHA-256 of its messageId.
create table godwit.tracked_seen (
    tenant_id  int not null,
    message    bytea not null,
    week       timestamptz not null,
    primary key (tenant_id, message, week)
) partition by range (week);
create table godwit.tracked_seen_default partition of godwit.tracked_seen default;

do $$
declare
    t text;
begin
    foreach t in array '{sources,source_totals,tracked,tracked_default,tracked_seen,
        tracked_seen_default}'::text[]
    loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select, insert, update on godwit.sources to gw_api;
grant select on godwit.source_totals, godwit.tracked to gw_api;
