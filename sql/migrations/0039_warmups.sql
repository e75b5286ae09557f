-- How much may leave from a domain that warms up: ceilings of days, and what of
-- a day's is taken.
create table godwit.warmups (
    tenant_id  int not null,
    domain_id  bigint not null,
    starts_on  date not null,           -- the day (UTC) of the first ceiling
    ceilings   int[] not null,
    primary key (tenant_id, domain_id),
    foreign key (tenant_id, domain_id) references godwit.domains (tenant_id, id) on delete cascade
);

create table godwit.warmup_days (
    tenant_id  int not null,
    domain_id  bigint not null,
    day        date not null,
    taken      int not null,
    primary key (tenant_id, domain_id, day),
    foreign key (tenant_id, domain_id) references godwit.domains (tenant_id, id) on delete cascade
);

do $$
declare
    t text;
begin
    foreach t in array array['warmups', 'warmup_days'] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select, insert, delete on godwit.warmups to gw_api;
grant select on godwit.warmup_days to gw_api;
grant select on godwit.warmups to gw_worker;
grant select, insert, update on godwit.warmup_days to gw_worker;
