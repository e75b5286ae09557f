-- What links of campaigns get along (utm), and who wants not to be tracked.

alter table auth.tenants add column utm jsonb;
alter table auth.tenants add column tracking boolean not null default true;
grant update (utm, tracking) on auth.tenants to gw_api;
alter table godwit.campaigns add column utm jsonb;      -- null: the workspace's
alter table godwit.contacts add column tracking boolean not null default true;

drop function if exists godwit.campaign_take(int, bigint, int, bigint, bigint, int, timestamptz,
    timestamptz);
