-- Statistics that Postgres itself needs: who gets what of an experiment, as
-- shm/gw_assign.c has it (shm/gw_assign.h has the formula in words), and the
-- interval of a share.

-- 0 to 9999.
create or replace function godwit.assign_bucket(p_salt text, p_unit text)
returns int language sql immutable parallel safe
as $$ select (('x' || encode(substr(sha256(convert_to(p_salt || ':' || p_unit, 'UTF8')), 1, 4),
              'hex'))::bit(32)::bigint * 10000 >> 32)::int $$;

-- The index of the variant of a unit, from 0; -1: it is not in the test, -2: it
-- is held out. p_hold_out and p_test of 10000.
create or replace function godwit.assign(p_salt text, p_hold_out int, p_test int,
    p_weights int[], p_unit text)
returns int language sql immutable parallel safe
as $$ select case when part < p_hold_out then -2 when part < 10000 - p_test then -1 else (
            select count(*)::int from generate_subscripts(p_weights, 1) i
             where (select sum(w) from unnest(p_weights[:i]) w) * 10000
                   <= godwit.assign_bucket(p_salt || ':variant', p_unit)
                      * (select sum(w) from unnest(p_weights) w)) end
        from godwit.assign_bucket(p_salt || ':part', p_unit) part $$;

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
