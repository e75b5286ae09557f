-- Local times, and rules of RFC 5545 as far as campaigns repeat: FREQ=DAILY, WEEKLY, MONTHLY with
-- INTERVAL, BYDAY, BYMONTHDAY, COUNT, UNTIL. Weeks begin on Monday.

-- A local time like 2026-03-02T09:00; null when the text is none.
create or replace function godwit.local_time(p_text text)
returns timestamp language plpgsql immutable parallel safe
as $$
begin
    return case when p_text ~ '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$'
                then p_text::timestamp end;
exception
    when datetime_field_overflow or invalid_datetime_format then
        return null;
end $$;

-- The instant of a local time in a zone, as RFC 5545 has it: the first one where clocks are set
-- back and it comes twice; where it is left out, as if they had not been set yet.
create or replace function godwit.local_instant(p_local timestamp, p_zone text)
returns timestamptz language sql stable parallel safe
as $$ select case when u.at at time zone p_zone = p_local then least(u.at, v.at) else v.at end
        from (select p_local at time zone p_zone as at) v,
             -- by the clock of the day before
             lateral (select v.at - interval '24 hours' as at) b,
             lateral (select (p_local - ((b.at at time zone p_zone) - (b.at at time zone 'UTC')))
                             at time zone 'UTC' as at) u $$;

-- The parts of a rule by name; GW001 says what is wrong with it.
create or replace function godwit.rule_parts(p_rule text)
returns jsonb language plpgsql immutable parallel safe
as $$
declare
    r jsonb := '{}';
    v_part text;
    k text;
begin
    foreach v_part in array string_to_array(upper(p_rule), ';') loop
        k := split_part(v_part, '=', 1);
        if r ? k or not exists (select from (values
                ('FREQ', '(DAILY|WEEKLY|MONTHLY)'),
                ('INTERVAL', '[1-9][0-9]{0,2}'),
                ('COUNT', '[1-9][0-9]{0,3}'),
                ('UNTIL', '[0-9]{8}(T[0-9]{6}Z?)?'),
                ('BYDAY', '([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)'
                          '(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*'),
                ('BYMONTHDAY', '[+-]?([1-9]|[12][0-9]|3[01])(,[+-]?([1-9]|[12][0-9]|3[01]))*')
            ) p(name, pattern) where p.name = k and v_part ~ ('^' || k || '=' || p.pattern || '$'))
        then
            perform godwit.invalid('repeat', format('"%s" is wrong or stands there twice; a rule '
                'is like FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20301231, of FREQ=DAILY, WEEKLY '
                'or MONTHLY, INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL', v_part));
        end if;
        r := r || jsonb_build_object(k, split_part(v_part, '=', 2));
    end loop;
    if not r ? 'FREQ' or r ?& '{COUNT,UNTIL}' or r->>'FREQ' = 'WEEKLY' and r ? 'BYMONTHDAY'
        or r->>'FREQ' <> 'MONTHLY' and r->>'BYDAY' ~ '[0-9]'
    then
        perform godwit.invalid('repeat', case when not r ? 'FREQ' then 'the rule has no FREQ'
            when r ?& '{COUNT,UNTIL}' then 'the rule has both COUNT and UNTIL'
            when r ? 'BYMONTHDAY' then 'BYMONTHDAY does not go with FREQ=WEEKLY'
            else 'a number before a day of BYDAY goes with FREQ=MONTHLY alone' end);
    end if;
    perform (r->>'UNTIL')::timestamp;
    return r;
exception
    when datetime_field_overflow or invalid_datetime_format then
        perform godwit.invalid('repeat', 'UNTIL is no day of the calendar');
end $$;

-- Does a rule that begins on p_start name that day, COUNT and UNTIL apart?
create or replace function godwit.rule_names(r jsonb, p_start date, p_day date)
returns boolean language sql immutable parallel safe
as $$
    select case r->>'FREQ' when 'DAILY' then p_day - p_start when 'WEEKLY' then x.weeks
                else x.months end % coalesce((r->>'INTERVAL')::int, 1) = 0
       and case when r ? 'BYDAY' then exists (
                     select from string_to_array(r->>'BYDAY', ',') a, unnest(a) t
                      where right(t, 2) = ('{MO,TU,WE,TH,FR,SA,SU}'::text[])[x.dow]
                        and coalesce(nullif(left(t, -2), '')::int in ((x.dom + 6) / 7,
                                     -((x.last - x.dom) / 7 + 1)), true))
                when r->>'FREQ' = 'WEEKLY' then x.dow = extract(isodow from p_start)
                else true end
       and case when r ? 'BYMONTHDAY' then exists (
                     select from string_to_array(r->>'BYMONTHDAY', ',') a, unnest(a) t
                      where t::int in (x.dom, x.dom - x.last - 1))
                when r->>'FREQ' = 'MONTHLY' and not r ? 'BYDAY'
                    then x.dom = extract(day from p_start)
                else true end
      from (select extract(isodow from p_day)::int as dow, extract(day from p_day)::int as dom,
               extract(day from date_trunc('month', p_day::timestamp) + interval '1 month'
                                - interval '1 day')::int as last,
               (extract(year from p_day) * 12 + extract(month from p_day)
                - extract(year from p_start) * 12 - extract(month from p_start))::int as months,
               (p_day - extract(isodow from p_day)::int
                - (p_start - extract(isodow from p_start)::int)) / 7 as weeks) x
$$;

-- The first instant after p_after that a rule gives, which begins at a local time; null: none
-- within ten years.
create or replace function godwit.rule_next(p_rule text, p_start timestamp, p_zone text,
    p_after timestamptz)
returns timestamptz language plpgsql stable
as $$
declare
    r jsonb := godwit.rule_parts(p_rule);
    v_until timestamptz := case
        when length(r->>'UNTIL') = 8 then godwit.local_instant(
            ((r->>'UNTIL')::date + 1)::timestamp, p_zone) - interval '1 microsecond'
        when r->>'UNTIL' like '%Z' then (r->>'UNTIL')::timestamptz
        when r ? 'UNTIL' then godwit.local_instant((r->>'UNTIL')::timestamp, p_zone)
        else 'infinity' end;
    v_left int := coalesce((r->>'COUNT')::int, 2147483647);
    v_today date := greatest(p_start, p_after at time zone p_zone)::date;
    -- where they are counted, all of them are looked at
    v_day date := case when r ? 'COUNT' then p_start::date
                       else greatest(p_start::date, v_today - 1) end;
    v_at timestamptz;
begin
    while v_day <= v_today + 3660 and v_left > 0 loop
        if godwit.rule_names(r, p_start::date, v_day) then
            v_at := godwit.local_instant(v_day + p_start::time, p_zone);
            exit when v_at > v_until;
            if v_at > p_after then
                return v_at;
            end if;
            v_left := v_left - 1;
        end if;
        v_day := v_day + 1;
    end loop;
    return null;
end $$;
