-- Demo data: how far a workspace has it, and what of its rows it is.

create table godwit.demos (
    tenant_id     int primary key,
    operation_id  bigint not null,          -- the last that loads or removes it
    whole         boolean not null default false,   -- it was loaded to its end
    done          int not null default 0,   -- of that operation
    removed       int not null default 0,
    kept          int not null default 0
);

create table godwit.demo_made (
    tenant_id  int not null,
    kind       text not null check (kind in ('contact', 'list', 'segment', 'template', 'campaign')),
    id         bigint not null,
    primary key (tenant_id, kind, id)
);

do $$
declare
    t text;
begin
    foreach t in array '{demos,demo_made}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_api, gw_worker', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
