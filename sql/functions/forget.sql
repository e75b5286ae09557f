-- A person in what a workspace asks of its contacts: his addresses and numbers are
-- taken out of it, and the rest stays as it was.

-- The text without these words, as godwit.holds finds them.
create or replace function godwit.forget(p_text text, p_words text[])
returns text language plpgsql immutable
as $$
declare
    w text;
begin
    if godwit.holds(p_text, p_words) then
        foreach w in array p_words loop
            continue when length(w) < 5;
            p_text := regexp_replace(p_text, '(^|[^[:alnum:]._+-])'
                || regexp_replace(w, '([^[:alnum:]])', '\\\1', 'g') || '(?=$|[^[:alnum:]])',
                '\1erased', 'gi');
        end loop;
    end if;
    return p_text;
end $$;

-- The same of every text and every name in a document.
create or replace function godwit.json_forget(p_doc jsonb, p_words text[])
returns jsonb language plpgsql immutable
as $$
begin
    case jsonb_typeof(p_doc)
    when 'string' then
        return to_jsonb(godwit.forget(p_doc#>>'{}', p_words));
    when 'array' then
        return (select coalesce(jsonb_agg(godwit.json_forget(e, p_words) order by n), '[]')
                  from jsonb_array_elements(p_doc) with ordinality u(e, n));
    when 'object' then
        return (select coalesce(jsonb_object_agg(godwit.forget(k, p_words),
                    godwit.json_forget(v, p_words)), '{}') from jsonb_each(p_doc) u(k, v));
    else
        return p_doc;
    end case;
end $$;

-- Of the rules of a flag as the edge reads them, each a document as text.
create or replace function godwit.compiled_forget(p_compiled jsonb, p_words text[])
returns jsonb language sql immutable
as $$ select godwit.json_forget(p_compiled - 'when', p_words) || jsonb_build_object('when', (
        select coalesce(jsonb_agg(godwit.json_forget(w::jsonb, p_words)::text order by n), '[]')
          from jsonb_array_elements_text(p_compiled->'when') with ordinality u(w, n))) $$;

-- A flag without him. Its rules and fallback name variants, of which no two are alike: one that
-- was named after him has its number.
create or replace function godwit.flag_forget(f godwit.flags, p_words text[])
returns godwit.flags language plpgsql immutable
as $$
declare
    v_names constant jsonb := (
        select jsonb_object_agg(name, case when godwit.holds(name, p_words)
                   then left(godwit.forget(name, p_words), 37) || ' ' || n else name end)
          from unnest(godwit.flag_names(f.variants)) with ordinality u(name, n));
begin
    f.description := godwit.forget(f.description, p_words);
    f.compiled := godwit.compiled_forget(f.compiled, p_words);
    f.fallback := v_names->>f.fallback;
    f.rules := (select coalesce(jsonb_agg(godwit.json_forget(r, p_words) || jsonb_build_object(
            'variant', v_names->(r->>'variant')) order by n), '[]')
        from jsonb_array_elements(f.rules) with ordinality u(r, n));
    f.variants := (select jsonb_agg(godwit.json_forget(v, p_words) || jsonb_build_object(
            'name', v_names->(v->>'name')) order by n)
        from jsonb_array_elements(f.variants) with ordinality u(v, n));
    return f;
end $$;

-- Segments, feature flags and operations that are over. Who is in a segment, and
-- who gets what, is as before: the person is nobody's any more.
create or replace function godwit.asked_forget(p_tenant int, p_words text[], p_now timestamptz)
returns void language plpgsql
as $$
declare
    v_flags bigint[];
begin
    update godwit.segments s
       set predicate = godwit.json_forget(s.predicate, p_words),
           english = godwit.forget(s.english, p_words),
           phrases = godwit.json_forget(s.phrases, p_words),
           problem = godwit.forget(s.problem, p_words),
           -- no two have the same name
           name = case when godwit.holds(s.name, p_words)
                       then left(godwit.forget(s.name, p_words), 180) || ' ' || s.id
                       else s.name end
     where s.tenant_id = p_tenant
       and godwit.holds(concat_ws(' ', s.name, s.predicate, s.english, s.problem), p_words);
    v_flags := array(select f.id from godwit.flags f where f.tenant_id = p_tenant
        and godwit.holds(concat_ws(' ', f.description, f.rules, f.variants), p_words));
    update godwit.flags f
       set (description, compiled, fallback, rules, variants) = (
            select n.description, n.compiled, n.fallback, n.rules, n.variants
              from godwit.flag_forget(f, p_words) n)
     where f.tenant_id = p_tenant and f.id = any (v_flags);
    perform godwit.changed(p_tenant, 'flag', i::text, p_now) from unnest(v_flags) i;
    update godwit.operations o
       set result = null, error = null, input = godwit.json_forget(o.input, p_words)
     where o.qshard = 0 and o.tenant_id = p_tenant and o.state not in ('queued', 'running')
       and godwit.holds(concat_ws(' ', o.input, o.result, o.error), p_words);
end $$;
revoke execute on function godwit.asked_forget(int, text[], timestamptz) from gw_api, gw_search;
