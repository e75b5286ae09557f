-- What a person chooses on the page behind the link of a mail: lists, a pause, a
-- ceiling; and what that page looks like.

alter table auth.tenants add column brand jsonb not null default '{}';  -- {color?,address?}
-- People see its name on their page, and may leave it there.
alter table godwit.lists add column public boolean not null default false;

-- Of each choice the time when it was made: segments are drained in any order.
create table godwit.preferences (
    tenant_id      int not null,
    contact_id     bigint not null,
    paused_until   timestamptz,         -- no mail of campaigns
    paused_at      timestamptz,
    every_days     smallint check (every_days in (1, 7, 30)),   -- one mail in so many days
    every_at       timestamptz,
    -- who has every_days: the campaign that may send to him, and since when
    turn_campaign  bigint,
    turn_at        timestamptz,
    primary key (tenant_id, contact_id)
) with (fillfactor = 80);
create index preferences_every on godwit.preferences (tenant_id) where every_days is not null;

-- Who has left a list, or has come back to it. He may be a member all the same:
-- members are what the workspace says, this is what he says. It outlives the list, for
-- what is under way to it.
create table godwit.subscriptions (
    tenant_id   int not null,
    list_id     bigint not null,
    contact_id  bigint not null,
    wanted      boolean not null,
    said_at     timestamptz not null,
    primary key (tenant_id, list_id, contact_id)
);
create index subscriptions_contact on godwit.subscriptions (tenant_id, contact_id);

-- The evidence: each form that was sent in, and by whom.
create table godwit.preference_notes (
    tenant_id    int not null,
    contact_id   bigint not null,
    id           bigint generated always as identity,
    at           timestamptz not null,
    campaign_id  bigint,                -- by the link of its mail
    address      inet,
    user_agent   text,
    words        text not null,         -- shm/gw_choices.h
    noted_at     timestamptz not null,
    primary key (tenant_id, contact_id, id)
);

do $$
declare
    t text;
begin
    foreach t in array '{preferences,subscriptions,preference_notes}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
        execute format('grant select, delete on godwit.%I to gw_api', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select on godwit.preferences, godwit.subscriptions, godwit.lists, godwit.list_members
    to gw_search;
grant update (brand) on auth.tenants to gw_api;
grant select (brand) on auth.tenants to gw_ro;
