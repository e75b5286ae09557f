-- Parameters that the links of a campaign get: {"source","medium","campaign",
-- "content","term"} as utm_source and so on.

-- What {"utm"} says, null when it says nothing.
create or replace function godwit.read_utm(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v jsonb := p_body->'utm';
    k text;
begin
    if v is null or v = 'null' then
        return null;
    end if;
    if jsonb_typeof(v) <> 'object' then
        perform godwit.invalid('utm', '"utm" is not an object');
    end if;
    perform godwit.read_body(v, array['source', 'medium', 'campaign', 'content', 'term']);
    foreach k in array array(select jsonb_object_keys(v)) loop
        if godwit.read_line(v, k, 1, 100) ~ '\{[{%]' then
            perform godwit.invalid('utm', format(
                '"utm.%s" holds Liquid; it is the same text for everybody', k));
        end if;
    end loop;
    return jsonb_strip_nulls(v);
end $$;

-- The parameters of a URL's query: {utm_source=a,...}.
create or replace function godwit.utm_params(p_utm jsonb)
returns text[] language plpgsql immutable
as $$
begin
    return array(select 'utm_' || k || '=' || godwit.url_encode(p_utm->>k)
        from unnest('{source,medium,campaign,content,term}'::text[]) with ordinality u(k, n)
       where p_utm->>k is not null order by n);
end $$;

-- A URL with those parameters that it has not; lq_link_query is the same in C.
create or replace function godwit.url_with(p_url text, p_params text[])
returns text language plpgsql immutable
as $$
declare
    v_url text := btrim(p_url, E' \t\n\r\f');
    v_all text := split_part(v_url, '#', 1);
    v_has text[] := string_to_array(substr(v_all, nullif(position('?' in v_all), 0) + 1), '&');
    p text;
begin
    foreach p in array p_params loop
        if not exists (select from unnest(v_has) h
                        where starts_with(h, split_part(p, '=', 1) || '=')) then
            v_all := v_all || case when position('?' in v_all) = 0 then '?'
                when v_all ~ '[?&]$' then '' else '&' end || p;
        end if;
    end loop;
    return v_all || substr(v_url, length(split_part(v_url, '#', 1)) + 1);
end $$;

-- Where a link of a template version leads: as its author wrote it, and with the
-- parameters unless it opted out or its URL is not known before it is rendered.
create or replace function godwit.link_target(p_link jsonb, p_params text[])
returns text language sql immutable
as $$ select case when (p_link->>'fixed')::boolean
                       and coalesce((p_link->>'utm')::boolean, true)
                  then godwit.url_with(p_link->>'url', p_params)
                  else p_link->>'url' end $$;
