-- Quotas of whatever is counted; soft limits of a workspace's own; and how each
-- stands, which the edge is told.
do $$
declare
    c text;
begin
    for c in select conname from pg_constraint
              where conrelid = 'godwit.entitlement'::regclass and contype = 'c' loop
        execute format('alter table godwit.entitlement drop constraint %I', c);
    end loop;
end $$;

alter table godwit.entitlement
    add column own_soft bigint check (own_soft >= 0),   -- by the workspace itself
    add column state text not null default 'free' check (state in ('free', 'warning', 'used_up')),
    add column state_until timestamptz,         -- the end of the period that it is of
    add check (metric ~ '^[a-z_]{1,40}$'),
    add check (period in ('day', 'month', 'always')),
    add check (soft >= 0), add check (hard >= 0),
    add check (coalesce(soft, hard, own_soft) is not null),
    add check ((period = 'always') = (metric in ('contacts', 'storage')));

grant update (state, state_until) on godwit.entitlement to gw_api;

-- of the release before
drop function if exists godwit.quota_warn(godwit.entitlement, bigint, timestamptz);
