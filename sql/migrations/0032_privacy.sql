-- What a workspace keeps of those who open and click: whether their addresses are
-- cut, and whether a browser that asks not to be tracked is heeded.
alter table auth.tenants
    add column truncate_addresses    boolean not null default false,
    add column respect_do_not_track  boolean not null default true;
grant update (truncate_addresses, respect_do_not_track) on auth.tenants to gw_api;
grant select (truncate_addresses, respect_do_not_track) on auth.tenants to gw_ro;
create index tenants_privacy on auth.tenants (id)
    where truncate_addresses or not respect_do_not_track;

-- Goes up with every change of these, one after the other: by it the drain knows
-- that it has them all.
alter table auth.house
    add column privacy_version bigint not null default 0;
grant select (privacy_version), update (privacy_version) on auth.house to gw_api;
grant select (privacy_version) on auth.house to gw_worker;
