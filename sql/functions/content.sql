-- Content of templates, campaigns and snippets: what calls which snippet, which
-- variant is whose.

-- The first of these calls whose snippet is not there, or null; those that are
-- there stay until the end. p_calls: [{"name","field","locale","line","column"}].
create or replace function godwit.calls_missing(p_calls jsonb)
returns jsonb language plpgsql
as $$
begin
    perform from godwit.snippets s
      where s.tenant_id = auth.tenant()
        and s.name in (select c->>'name' from jsonb_array_elements(p_calls) c)
      order by s.id for key share;
    return (select c from jsonb_array_elements(p_calls) with ordinality o(c, n)
             where not exists (select from godwit.snippets s
                                where s.tenant_id = auth.tenant() and s.name = c->>'name')
             order by n limit 1);
end $$;

-- Calls of snippets that are not there are refused where they stand.
create or replace function godwit.calls_check(p_calls jsonb)
returns void language plpgsql
as $$
declare
    v_call jsonb := godwit.calls_missing(p_calls);
begin
    if v_call is not null then
        perform godwit.call_refuse(v_call, format('there is no snippet "%s"', v_call->>'name'));
    end if;
end $$;

-- The member of a body in which a call stands.
create or replace function godwit.call_member(p_call jsonb)
returns text language sql immutable parallel safe
as $$ select case when p_call->>'arm' is not null then 'experiment'
                  when p_call->>'locale' is not null then 'variants'
                  else p_call->>'field' end $$;

-- Refuse a call by its place.
create or replace function godwit.call_refuse(p_call jsonb, p_why text)
returns void language plpgsql
as $$
begin
    perform godwit.invalid(godwit.call_member(p_call),
        case when coalesce(p_call->>'locale', p_call->>'arm') is null then ''
             else format('%s of "%s": ', p_call->>'field',
                 coalesce(p_call->>'locale', p_call->>'arm')) end
        || format('%s, line %s, column %s', p_why, p_call->>'line', p_call->>'column'));
end $$;

-- Names of all snippets that calls lead to.
create or replace function godwit.calls_names(p_calls jsonb)
returns setof text language sql stable
as $$ with recursive u(name) as (
        select c->>'name' from jsonb_array_elements(p_calls) c
        union
        select c->>'name' from u
          join godwit.snippets s on s.tenant_id = auth.tenant() and s.name = u.name
         cross join jsonb_array_elements(s.calls) c)
    select name from u $$;

-- {NAME: {"html","text"}} of these snippets.
create or replace function godwit.snippets_of(p_names text[])
returns jsonb language sql stable
as $$ select coalesce(jsonb_object_agg(s.name, jsonb_build_object('html', s.html,
            'text', coalesce(s.text, s.text_derived))), '{}')
        from godwit.snippets s
       where s.tenant_id = auth.tenant() and s.name = any(p_names) $$;

-- A locale as it is compared: `de_at` is `de-AT`.
create or replace function godwit.locale_key(p_locale text)
returns text language sql immutable parallel safe
as $$ select lower(replace(p_locale, '_', '-')) $$;

-- The key of the variant for a locale: its own, else that of what it is a part
-- of (de-AT, de); null: the content without a locale.
create or replace function godwit.variant_of(p_variants jsonb, p_locale text)
returns text language sql immutable parallel safe
as $$ select k from jsonb_object_keys(p_variants) k
       where starts_with(godwit.locale_key(p_locale) || '-', godwit.locale_key(k) || '-')
       order by length(k) desc limit 1 $$;

-- A tag of BCP 47, as far as content needs it.
create or replace function godwit.is_locale(p_locale text)
returns boolean language sql immutable parallel safe
as $$ select p_locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$' $$;

-- A time zone of IANA as it is written; Postgres would take AAA5 and utc as well, which
-- no template knows.
create or replace function godwit.is_zone(p_zone text)
returns boolean language plpgsql volatile
set timezone to 'UTC'
as $$
begin
    return p_zone ~ '^([A-Za-z_/-]+|Etc/GMT[+-]?[0-9]{1,2})$'
       and set_config('timezone', p_zone, true) = p_zone;
exception
    when invalid_parameter_value then
        return false;
end $$;

-- {"variants"}: {LOCALE: {"subject","html","text"?}} with what was compiled of
-- each, or (p_channel) {LOCALE: {"content"}}; null when there is none.
create or replace function godwit.read_variants(p_body jsonb, p_channel text default null)
returns jsonb language plpgsql stable
as $$
declare
    v_all jsonb := p_body->'variants';
    v_made jsonb := p_body->'_compiled'->'variants';
    v_one jsonb;
    v_result jsonb := '{}';
    k text;
begin
    if p_body->>'variants' is null then
        return null;
    end if;
    if jsonb_typeof(v_all) <> 'object' then
        perform godwit.invalid('variants', '"variants" is not an object');
    end if;
    if (select count(*) from jsonb_object_keys(v_all)) > 50 then
        perform godwit.invalid('variants', '"variants" has more than 50 locales');
    end if;
    for k, v_one in select * from jsonb_each(v_all) order by 1 loop
        if not godwit.is_locale(k) then
            perform godwit.invalid('variants', format('"%s" is no locale like de or de-AT',
                left(k, 40)));
        end if;
        if exists (select from jsonb_object_keys(v_result) o
                    where godwit.locale_key(o) = godwit.locale_key(k)) then
            perform godwit.invalid('variants', format('"variants" has %s twice', k));
        end if;
        begin
            if p_channel is not null then
                perform godwit.read_body(v_one, array['content']);
                v_result := v_result || jsonb_build_object(k, jsonb_build_object('content',
                    godwit.content_made(v_one->'content', v_made->k->'content', p_channel)));
                continue;
            end if;
            perform godwit.read_body(v_one, array['subject', 'html', 'text']);
            v_one := jsonb_build_object(
                'subject', godwit.read_line(v_one, 'subject', 1, 5000, true),
                'html', godwit.read_text(v_one, 'html', 1, 1000000, true),
                'text', godwit.read_text(v_one, 'text', 0, 1000000));
        exception
            when sqlstate 'GW001' then
                perform godwit.invalid('variants', format('"%s": %s', k, sqlerrm));
        end;
        if v_made->k->>'html_tracked' is null then
            perform godwit.invalid('variants', 'the content has not been compiled');
        end if;
        v_result := v_result || jsonb_build_object(k, v_one || (v_made->k));
    end loop;
    return v_result;
end $$;

-- The content that a recipient of that locale gets, of a version: {"locale",
-- "subject","html","text","html_tracked"}, or {"locale","content"} when it is no mail.
create or replace function godwit.content_for(v godwit.template_versions, p_locale text)
returns jsonb language sql stable
as $$ select case
        when v.content is not null then jsonb_build_object('locale', coalesce(k.key, v.locale),
            'content', coalesce(v.variants->k.key->'content', v.content)->'doc')
        when k.key is null then jsonb_build_object('locale', v.locale, 'subject', v.subject,
            'html', v.html, 'text', coalesce(v.text, v.text_derived, ''),
            'html_tracked', v.html_tracked)
        else jsonb_build_object('locale', k.key, 'subject', v.variants->k.key->>'subject',
            'html', v.variants->k.key->>'html',
            'text', coalesce(v.variants->k.key->>'text', v.variants->k.key->>'text_derived'),
            'html_tracked', v.variants->k.key->>'html_tracked') end
      from (select godwit.variant_of(v.variants, p_locale) as key) k $$;

-- What an author sees of the variants.
create or replace function godwit.variants_json(p_variants jsonb)
returns jsonb language sql immutable parallel safe
as $$ select coalesce(jsonb_object_agg(k, case
            when v ? 'content' then jsonb_build_object('content', v#>'{content,doc}')
            else v - array['html_tracked', 'text_derived'] end), '{}')
        from jsonb_each(p_variants) e(k, v) $$;

-- What compiling a body has told, with what was told before of the members that
-- it does not name.
create or replace function godwit.told_add(p_made jsonb, p_kept jsonb, p_body jsonb)
returns jsonb language sql immutable parallel safe
as $$ select coalesce(p_made, '[]') || coalesce((
        select jsonb_agg(k) from jsonb_array_elements(p_kept) k
         where not p_body ? godwit.call_member(k)),
        '[]') $$;

-- The texts that a version is made of.
create or replace function godwit.version_parts(v godwit.template_versions)
returns table (field text, locale text, content text) language sql stable
as $$ select f, '', c
        from (values ('subject', nullif(v.subject, '')), ('html', nullif(v.html, '')),
                     ('text', v.text),
                     ('design', coalesce(v.design->>'source', jsonb_pretty(v.design))),
                     ('content', jsonb_pretty(v.content->'doc')),
                     ('locale', v.locale)) p(f, c)
       where c is not null
      union all
      select f, k, case f when 'content' then jsonb_pretty(d#>'{content,doc}') else d->>f end
        from jsonb_each(v.variants) e(k, d), unnest('{subject,html,text,content}'::text[]) f
       where d->>f is not null $$;

-- The lines that differ, [{"was_line","is_line","was","is"}]: the longest common
-- subsequence stays, and where that would take too long all between the first
-- and the last line that differ is one hunk.
create or replace function godwit.lines_diff(p_was text, p_is text)
returns jsonb language plpgsql immutable parallel safe
as $$
declare
    a text[] := coalesce(string_to_array(p_was, E'\n'), '{}');
    b text[] := coalesce(string_to_array(p_is, E'\n'), '{}');
    n int := cardinality(a);
    m int := cardinality(b);
    i int := 1;
    j int := 1;
    w int;
    t int[];
    v_i int;
    v_j int;
    v_hunks jsonb := '[]';
begin
    while i <= n and i <= m and a[i] = b[i] loop
        i := i + 1;
    end loop;
    j := i;
    while n >= i and m >= j and a[n] = b[m] loop
        n := n - 1;
        m := m - 1;
    end loop;
    if i > n and j > m then
        return v_hunks;
    end if;
    w := m - j + 2;
    if (n - i + 2)::bigint * w > 40000 then
        return jsonb_build_array(jsonb_build_object('was_line', i, 'is_line', j,
            'was', to_jsonb(a[i:n]), 'is', to_jsonb(b[j:m])));
    end if;

    -- t: of a from x and b from y on, the length of what both have
    t := array_fill(0, array[(n - i + 2) * w]);
    for x in reverse n .. i loop
        for y in reverse m .. j loop
            t[(x - i) * w + y - j + 1] := case when a[x] = b[y]
                then t[(x - i + 1) * w + y - j + 2] + 1
                else greatest(t[(x - i + 1) * w + y - j + 1], t[(x - i) * w + y - j + 2]) end;
        end loop;
    end loop;
    v_i := i;
    v_j := j;
    declare
        x int := i;
        y int := j;
    begin
        while v_i <= n or v_j <= m loop
            while (x <= n or y <= m) and (x > n or y > m or a[x] <> b[y]) loop
                if y > m or x <= n and t[(x - i + 1) * w + y - j + 1]
                                       >= t[(x - i) * w + y - j + 2]
                then
                    x := x + 1;
                else
                    y := y + 1;
                end if;
            end loop;
            if x > v_i or y > v_j then
                v_hunks := v_hunks || jsonb_build_array(jsonb_build_object('was_line', v_i,
                    'is_line', v_j, 'was', to_jsonb(a[v_i:x - 1]),
                    'is', to_jsonb(b[v_j:y - 1])));
            end if;
            x := x + 1;
            y := y + 1;
            v_i := x;
            v_j := y;
        end loop;
    end;
    return v_hunks;
end $$;
