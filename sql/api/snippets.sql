-- Snippets: parts that templates call by name. None is deleted that anything
-- calls, so that it finds what it calls.

create or replace function godwit.snippet_json(s godwit.snippets)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('snp', s.id), 'name', s.name,
        'html', s.html, 'text', s.text, 'created_at', s.created_at,
        'updated_at', s.updated_at) $$;

-- The snippet of {"id"}, locked when it is to change; GW002.
create or replace function godwit.snippet_find(p_body jsonb, p_lock boolean default false)
returns godwit.snippets language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'snp');
    s godwit.snippets;
begin
    if p_lock then
        select * into s from godwit.snippets
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into s from godwit.snippets where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no snippet %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return s;
end $$;

-- Its calls are there, and none leads back to it.
create or replace function godwit.snippet_check(p_name text, p_calls jsonb)
returns void language plpgsql
as $$
declare
    v_call jsonb;
begin
    perform godwit.calls_check(p_calls);
    select c into v_call from jsonb_array_elements(p_calls) with ordinality o(c, n)
     where p_name in (select godwit.calls_names(jsonb_build_array(c)))
     order by n limit 1;
    if found then
        perform godwit.call_refuse(v_call, format('the snippet "%s" would call itself', p_name));
    end if;
end $$;

create or replace function api.snippets_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_name text;
    v_html text;
    v_text text;
    s godwit.snippets;
begin
    perform godwit.read_body(p_body, array['name', 'html', 'text', '_compiled']);
    v_name := godwit.read_line(p_body, 'name', 1, 64, true);
    if v_name !~ '^[A-Za-z0-9_]([A-Za-z0-9_./-]*[A-Za-z0-9_-])?$' then
        perform godwit.invalid('name',
            '"name" is not made of letters, digits, "_", "-", "." and "/" alone');
    end if;
    v_html := godwit.read_text(p_body, 'html', 1, 100000, true);
    v_text := godwit.read_text(p_body, 'text', 0, 100000);
    if p_body->'_compiled'->>'text_derived' is null then
        perform godwit.invalid('html', 'the content has not been compiled');
    end if;
    perform godwit.calls_check(p_body->'_compiled'->'calls');
    perform pg_advisory_xact_lock(hashtextextended('snippets', auth.tenant()));
    if 1000 <= (select count(*) from godwit.snippets where tenant_id = auth.tenant()) then
        raise exception 'a workspace has 1000 snippets at most; delete one that nothing calls'
            using errcode = 'GW003', column = 'name';
    end if;
    insert into godwit.snippets (tenant_id, name, html, text, text_derived, calls, lint, names,
        created_at, updated_at)
    values (auth.tenant(), v_name, v_html, v_text, p_body->'_compiled'->>'text_derived',
        p_body->'_compiled'->'calls', p_body->'_compiled'->'lint', p_body->'_compiled'->'names',
        auth.now(), auth.now())
    returning * into s;
    perform godwit.audit('snippets_create', godwit.id_text('snp', s.id), null,
        p_body - '_compiled');
    return godwit.snippet_json(s);
exception
    when unique_violation then
        raise exception 'a snippet named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

create or replace function api.snippets_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.snippet_json(godwit.snippet_find(p_body));
end $$;

-- Without their texts.
create or replace function api.snippets_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'snippets_list', 'godwit.snippets t', 't.id',
    $q$godwit.snippet_json(t) - array['html', 'text']$q$, array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz'],
        ['name', 't.name', 'text']], array[
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0']]) $$;

-- What is named changes. Campaigns that were started keep what they had.
create or replace function api.snippets_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.snippets;
    v_was jsonb;
    v_made jsonb := p_body->'_compiled';
    v_calls jsonb;
begin
    -- two that change at once might come to call each other
    perform pg_advisory_xact_lock(hashtextextended('snippets', auth.tenant()));
    s := godwit.snippet_find(p_body, true);
    v_was := godwit.snippet_json(s);
    perform godwit.read_body(p_body, array['id', 'html', 'text', '_compiled', '_if_match']);
    perform godwit.match(p_body, v_was);
    v_calls := godwit.told_add(v_made->'calls', s.calls, p_body);
    perform godwit.snippet_check(s.name, v_calls);
    if p_body ? 'html' then
        s.html := godwit.read_text(p_body, 'html', 1, 100000, true);
        s.text_derived := v_made->>'text_derived';
        if s.text_derived is null then
            perform godwit.invalid('html', 'the content has not been compiled');
        end if;
    end if;
    if p_body ? 'text' then
        s.text := godwit.read_text(p_body, 'text', 0, 100000);
    end if;
    if s.lint is not null or p_body ? 'html' then
        s.lint := godwit.told_add(v_made->'lint', s.lint, p_body);
        s.names := godwit.told_add(v_made->'names', s.names, p_body);
    end if;
    update godwit.snippets set html = s.html, text = s.text, text_derived = s.text_derived,
           calls = v_calls, lint = s.lint, names = s.names, updated_at = auth.now()
     where tenant_id = s.tenant_id and id = s.id returning * into s;
    perform godwit.audit('snippets_update', godwit.id_text('snp', s.id), v_was,
        p_body - array['_compiled', '_if_match']);
    return godwit.snippet_json(s);
end $$;

-- What calls it, in words; null: nothing does. Of a template its newest version
-- counts and the one that is live, of campaigns those that have not been started.
create or replace function godwit.snippet_caller(s godwit.snippets)
returns text language sql stable
as $$ select coalesce(
        (select format('snippet "%s"', o.name) from godwit.snippets o
          where o.tenant_id = s.tenant_id and o.calls @> w.calls order by o.id limit 1),
        (select 'template ' || godwit.id_text('tpl', t.id) from godwit.templates t
           join godwit.template_versions v on v.tenant_id = t.tenant_id
            and v.template_id = t.id and v.version in (t.version, t.live_version)
          where t.tenant_id = s.tenant_id and t.name is not null and v.calls @> w.calls
          order by t.id limit 1),
        (select 'campaign ' || godwit.id_text('cmp', c.id) from godwit.campaigns c
           join godwit.template_versions v on v.tenant_id = c.tenant_id
            and v.template_id = c.template_id and v.version = c.template_version
          where c.tenant_id = s.tenant_id and c.started_at is null and c.finished_at is null
            and v.calls @> w.calls
          order by c.id limit 1))
      from (select jsonb_build_array(jsonb_build_object('name', s.name)) as calls) w $$;

-- GW003 while something calls it. Its name is free then.
create or replace function api.snippets_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    s godwit.snippets := godwit.snippet_find(p_body, true);
    v_caller text := godwit.snippet_caller(s);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, godwit.snippet_json(s));
    if v_caller is not null then
        raise exception 'snippet % is called by %', p_body->>'id', v_caller
            using errcode = 'GW003', column = 'id';
    end if;
    delete from godwit.snippets where tenant_id = s.tenant_id and id = s.id;
    perform godwit.audit('snippets_delete', godwit.id_text('snp', s.id), godwit.snippet_json(s),
        null);
    return null;
end $$;
