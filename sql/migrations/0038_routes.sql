-- The ways that mail takes, as the role mail of each host tells of them, and
-- what an operator sets for one. They are the house's, so the rows are those of
-- its first workspace.
create table godwit.routes (
    tenant_id    int not null,
    id           bigint generated always as identity,
    name         text not null,         -- a provider, an exchanger or smart_host
    paused       boolean not null default false,
    rate         int,                   -- messages a minute; null: as the table says
    connections  int,                   -- at once; null: as the table says
    updated_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

create table godwit.route_states (
    tenant_id  int not null,
    route_id   bigint not null,
    host_id    int not null,
    state      jsonb not null,
    at         timestamptz not null,
    primary key (tenant_id, route_id, host_id),
    foreign key (tenant_id, route_id) references godwit.routes (tenant_id, id) on delete cascade
);

do $$
declare
    t text;
begin
    foreach t in array array['routes', 'route_states'] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select on godwit.%I to gw_ro', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
    end loop;
end $$;
grant select, update on godwit.routes to gw_api;
grant select on godwit.route_states to gw_api;
