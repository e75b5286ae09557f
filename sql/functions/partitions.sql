-- owner: gw_owner
-- Partitions of the tables that are cut by time.

-- The weeks (from Monday, UTC) of p_now and the two after it. A week that
-- already has rows in the default partition stays there: nothing is moved.
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
        v_name := 'events_' || to_char(v_from, 'YYYYMMDD');

        continue when to_regclass('godwit.' || v_name) is not null;

        begin
            execute format('create table godwit.%I partition of '
                           'godwit.events for values from (%L) to (%L)',
                           v_name, v_from, v_from + interval '1 week');
            v_made := v_made + 1;
        exception
            when check_violation then null;     -- rows in the default one
        end;
    end loop;

    return v_made;
exception
    when lock_not_available then
        return 0;               -- somebody holds the table; the next minute
end $$;

revoke all on function godwit.partitions_ensure(timestamptz) from public;
grant execute on function godwit.partitions_ensure(timestamptz) to gw_worker;
