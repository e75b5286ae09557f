-- Campaigns: all states, a start at a time, a pause by itself, what is put away.

alter table godwit.campaigns
    drop constraint campaigns_state_check,
    add constraint campaigns_state_check check (state in ('draft', 'scheduled', 'preparing',
        'running', 'paused', 'finishing', 'finished', 'cancelled', 'failed')),
    add column schedule jsonb,              -- as its author wrote it
    add column due_at timestamptz,          -- when the role cron takes it up; null: never
    add column paused jsonb,                -- of a paused one: {"by","reason","at"}
    add column auto_pause jsonb,            -- its own limits; null: the usual ones
    add column archived_at timestamptz,
    add column cloned_from bigint;

-- Those that have begun and are not over, whatever their state.
drop index godwit.campaigns_open;
create index campaigns_open on godwit.campaigns (tenant_id, id)
    where started_at is not null and finished_at is null;
create index campaigns_due on godwit.campaigns (tenant_id, due_at) where due_at is not null;

alter table godwit.campaign_cursors
    add column bounced bigint not null default 0,       -- of failed: the address is dead
    add column complained bigint not null default 0,    -- of sent
    -- tried, complained, bounced and other failures that its limits count no more
    add column judged bigint[] not null default '{0,0,0,0}';

-- Of whoever has none: a contact, a campaign.
alter table auth.tenants add column zone text not null default 'UTC';
grant update (zone) on auth.tenants to gw_api;
grant select (zone) on auth.tenants to gw_ro;

-- What the worker needs to start one.
grant select on godwit.snippets to gw_worker;
grant insert on godwit.experiments to gw_worker;

-- They are of the worker now as well (functions/campaigns.sql), so of another owner.
drop function if exists godwit.campaign_move(jsonb, text, text[], text);
drop function if exists godwit.campaign_freeze(int, bigint, bigint);
drop function if exists godwit.campaign_freeze_links(godwit.campaigns);
