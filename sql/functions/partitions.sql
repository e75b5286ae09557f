-- owner: gw_owner
-- Partitions of the tables that are cut by time.

-- A partition of a tenant's table, under the same policy as its parent for
-- whoever would name it directly. 1, or 0 when it is there or when its rows
-- are in the default partition already: nothing is moved.
create or replace function godwit.partition_make(p_parent text, p_name text,
    p_from timestamptz, p_to timestamptz)
returns int
language plpgsql
as $$
begin
    if to_regclass('godwit.' || quote_ident(p_name)) is not null then
        return 0;
    end if;

    -- rows are only added, and read by an index: little is learned from a tenth more
    execute format('create table godwit.%I partition of godwit.%I '
                   'for values from (%L) to (%L) with (autovacuum_analyze_scale_factor = 0.5, '
                   'autovacuum_vacuum_insert_scale_factor = 0.5)',
                   p_name, p_parent, p_from, p_to);
    execute format('alter table godwit.%I enable row level security', p_name);
    execute format('alter table godwit.%I force row level security', p_name);
    execute format('create policy tenant on godwit.%I using '
                   '(tenant_id = current_setting(''app.tenant'')::int) with check '
                   '(tenant_id = current_setting(''app.tenant'')::int)', p_name);
    return 1;
exception
    when check_violation then
        return 0;
end $$;

-- The weeks (from Monday, UTC) of p_now and the two after it; how many are new.
-- Of the messages that were seen this week and the last one stay.
create or replace function godwit.partitions_ensure(p_now timestamptz)
returns int
language plpgsql
security definer
set search_path = pg_catalog, godwit, pg_temp
set lock_timeout = '2s'
set timezone = 'UTC'
as $$
declare
    v_week  timestamptz := date_trunc('week', p_now);
    v_from  timestamptz;
    v_name  text;
    v_made  int := 0;
begin
    for i in 0 .. 2 loop
        v_from := v_week + make_interval(weeks => i);
        foreach v_name in array '{events,tracked,tracked_seen}'::text[] loop
            v_made := v_made + godwit.partition_make(v_name,
                format('%s_%s', v_name, to_char(v_from, 'YYYYMMDD')), v_from,
                v_from + interval '1 week');
        end loop;
    end loop;

    for v_name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                   where i.inhparent = 'godwit.tracked_seen'::regclass
                     and c.relname ~ '^tracked_seen_[0-9]{8}$'
                     and right(c.relname, 8) < to_char(v_week - interval '1 week', 'YYYYMMDD')
    loop
        execute format('drop table godwit.%I', v_name);
    end loop;

    return v_made;
exception
    when lock_not_available then
        return 0;               -- somebody holds the table; the next minute
end $$;

revoke all on function godwit.partition_make(text, text, timestamptz, timestamptz),
    godwit.partitions_ensure(timestamptz) from gw_api, gw_search;
revoke all on function godwit.partition_make(text, text, timestamptz, timestamptz)
    from gw_worker;
