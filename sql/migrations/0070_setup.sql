-- How far a workspace is set up: {step: done | skipped}, as somebody said.

alter table auth.tenants add column setup jsonb not null default '{}';
grant update (setup) on auth.tenants to gw_api;
grant select (setup) on auth.tenants to gw_ro;
