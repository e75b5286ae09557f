-- Quotas: what a workspace may use, and what it has used.

-- No row: no limit. soft: one is told; hard: it ends there.
create table godwit.entitlement (
    tenant_id   int not null,
    metric      text not null check (metric in ('contacts', 'messages', 'storage')),
    period      text not null check (period in ('day', 'month', 'always')),
    soft        bigint check (soft >= 0),
    hard        bigint check (hard >= 0),
    -- contacts: not fewer than there are; counted anew when it nears a limit
    level       bigint not null default 0,
    warned_at   timestamptz,            -- the beginning of the period that was warned of
    updated_at  timestamptz not null,
    primary key (tenant_id, metric),
    check (soft is not null or hard is not null),
    check ((period = 'always') = (metric <> 'messages'))
) with (fillfactor = 50);

-- What was used of the metrics that pass, written with the effect: by hour and
-- by what used it (cmp_7).
create table godwit.usage (
    tenant_id   int not null,
    metric      text not null,
    at          timestamptz not null,
    effect_key  text not null,
    quantity    bigint not null,
    primary key (tenant_id, metric, at, effect_key)
) with (fillfactor = 50);

do $$
declare
    t text;
begin
    foreach t in array array['godwit.entitlement', 'godwit.usage'] loop
        execute format('alter table %s enable row level security', t);
        execute format('alter table %s force row level security', t);
        execute format('create policy tenant on %s using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
    end loop;
end $$;

grant select, insert, update, delete on godwit.entitlement to gw_worker;
grant select, insert, update on godwit.usage to gw_worker;
grant select, update (level, warned_at) on godwit.entitlement to gw_api;
grant select on godwit.usage to gw_api;
grant select on godwit.entitlement, godwit.usage to gw_ro;
