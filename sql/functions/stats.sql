-- Statistics that Postgres itself needs: who gets what of an experiment, as
-- shm/gw_assign.c has it (shm/gw_assign.h has the formula in words), and the
-- interval of a share.

-- 0 to 9999. Not convert_to, which is stable only: this may stand in the place of its call.
create or replace function godwit.assign_bucket(p_salt text, p_unit text)
returns int language sql immutable parallel safe
as $$ select (('x' || encode(substr(sha256(decode(replace(p_salt || ':' || p_unit, '\', '\\'),
              'escape')), 1, 4), 'hex'))::bit(32)::bigint * 10000 >> 32)::int $$;

-- The index of the variant of a unit, from 0; -1: it is not in the test, -2: it
-- is held out. p_hold_out and p_test of 10000. Asked of a whole audience: expressions, no query.
create or replace function godwit.assign(p_salt text, p_hold_out int, p_test int,
    p_weights int[], p_unit text)
returns int language plpgsql immutable parallel safe
as $$
declare
    v_part int := godwit.assign_bucket(p_salt || ':part', p_unit);
    v_at bigint;
    v_all bigint := 0;
    w int;
    n int := 0;
begin
    if v_part < p_hold_out then
        return -2;
    elsif v_part < 10000 - p_test then
        return -1;
    end if;
    foreach w in array p_weights loop
        v_all := v_all + w;
    end loop;
    v_at := godwit.assign_bucket(p_salt || ':variant', p_unit) * v_all;
    foreach w in array p_weights loop
        v_at := v_at - w * 10000;
        exit when v_at < 0;
        n := n + 1;
    end loop;
    return n;
end $$;

-- [low, high] of the share that x of n shows (Wilson's, 95 %), as worker/stats/test.c has it;
-- null when n is 0.
create or replace function godwit.wilson(x bigint, n bigint)
returns jsonb language sql immutable parallel safe
as $$ select case when n > 0 then jsonb_build_array(
            case when x > 0 then (mid - half) / (n + z2) else 0 end,
            case when x < n then (mid + half) / (n + z2) else 1 end) end
        from (values (1.959963984540054::float8 ^ 2)) u(z2),
             lateral (select x + z2 / 2 as mid,
                sqrt(z2 * (x::float8 * (n - x) / nullif(n, 0) + z2 / 4)) as half) h $$;
