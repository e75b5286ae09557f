-- Templates: content with versions. The C handler has compiled the texts and
-- wrapped the links before the body comes here, in "_compiled".

-- The members of a body that are content.
create or replace function godwit.content_fields()
returns text[] language sql immutable parallel safe
as $$ select array['subject', 'html', 'text', 'locale', 'variants'] $$;

-- {"design"?}: what html was made of, null when it was written by hand; GW001. The
-- contract has seen to its shape.
create or replace function godwit.read_design(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_design jsonb := nullif(p_body->'design', 'null');
begin
    if p_body ? 'design' and not p_body ? 'html' then
        perform godwit.invalid('design', 'name "html" together with "design": it is what is made '
            'of it');
    end if;
    if octet_length(v_design::text) > 262144 then
        perform godwit.invalid('design', '"design" has more than 256 KiB');
    end if;
    return v_design;
end $$;

-- The content of {"subject","html","text"?,"design"?,"locale"?,"variants"?}, compiled;
-- of what it does not name that of v, unless v is null.
create or replace function godwit.content_read(p_body jsonb, v godwit.template_versions)
returns godwit.template_versions language plpgsql
as $$
declare
    v_made jsonb := p_body->'_compiled';
    v_new boolean := v.version is null;
    v_arms jsonb := coalesce(v.arms, '[]');
    v_design jsonb := godwit.read_design(p_body);
begin
    if p_body ? 'content' or v.content is not null then
        return godwit.content_other(p_body, v);
    end if;
    if not v_new and v.variants <> '{}' and (p_body ? 'html') <> (p_body ? 'variants')
        or p_body ? 'variants' and not v_new and not p_body ? 'html'
    then
        perform godwit.invalid(case when p_body ? 'html' then 'variants' else 'html' end,
            'name "html" and "variants" together: their links are numbered together');
    end if;
    if p_body ? 'experiment' then
        v_arms := godwit.read_arms(p_body);
    end if;
    if not v_new and (p_body ? 'html') <> (p_body ? 'experiment')
        and (v_arms || v.arms) @? '$[*].html'
    then
        perform godwit.invalid(case when p_body ? 'html' then 'experiment' else 'html' end,
            'name "html" and "experiment" together: their links are numbered together');
    end if;
    if v_new or p_body ? 'subject' then
        v.subject := godwit.read_line(p_body, 'subject', 1, 5000, true);
    end if;
    if v_new or p_body ? 'text' then
        v.text := godwit.read_text(p_body, 'text', 0, 1000000);
    end if;
    if v_new or p_body ? 'locale' then
        v.locale := godwit.read_locale(p_body);
    end if;
    if v_new or p_body ? 'html' then
        v.html := godwit.read_text(p_body, 'html', 1, 1000000, true);
        if v_made->>'html_tracked' is null then
            perform godwit.invalid('html', 'the content has not been compiled');
        end if;
        v.html_tracked := v_made->>'html_tracked';
        v.text_derived := v_made->>'text_derived';
        v.links := v_made->'links';
        v.variants := coalesce(godwit.read_variants(p_body), '{}');
        v.design := v_design;
        v.origin := null;
        v.origin_version := null;
    end if;
    v.arms := v_arms;
    if v.variants <> '{}' and v.arms <> '[]' then
        perform godwit.invalid('experiment', 'an experiment needs content without "variants" by '
            'locale');
    end if;
    perform godwit.calls_check(coalesce(v_made->'calls', '[]'));
    v.calls := godwit.told_add(v_made->'calls', v.calls, p_body);
    -- of content from before that was looked at it is not known until html is new
    if v_new or v.lint is not null or p_body ? 'html' then
        v.lint := godwit.told_add(v_made->'lint', v.lint, p_body);
        v.names := godwit.told_add(v_made->'names', v.names, p_body);
    end if;
    return v;
end $$;

-- Add that content to a template as the version p_version.
create or replace function godwit.version_add(p_template bigint, p_version int,
    v godwit.template_versions)
returns void language sql
as $$ insert into godwit.template_versions (tenant_id, template_id, version, subject, html, text,
        html_tracked, text_derived, links, locale, variants, arms, calls, lint, names, content,
        design, origin, origin_version, created_at)
      values (auth.tenant(), p_template, p_version, v.subject, v.html, v.text,
        v.html_tracked, v.text_derived, v.links, v.locale, v.variants, v.arms, v.calls,
        v.lint, v.names, v.content, v.design, v.origin, v.origin_version, auth.now()) $$;

-- The named template of {"id"}, locked when it is to change; GW002. Those of
-- campaigns have no name and are not shown.
create or replace function godwit.template_find(p_body jsonb, p_lock boolean default false,
    p_field text default 'id')
returns godwit.templates language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, p_field, 'tpl');
    t godwit.templates;
begin
    if p_lock then
        select * into t from godwit.templates
         where tenant_id = auth.tenant() and id = v_id and name is not null for update;
    else
        select * into t from godwit.templates
         where tenant_id = auth.tenant() and id = v_id and name is not null;
    end if;
    if not found then
        raise exception 'there is no template %', p_body->>p_field
            using errcode = 'GW002', column = p_field;
    end if;
    return t;
end $$;

-- All snippets that a version calls are there; GW003.
create or replace function godwit.version_whole(v godwit.template_versions, p_field text)
returns void language plpgsql
as $$
declare
    v_gone text := godwit.calls_missing(v.calls)->>'name';
begin
    if v_gone is not null then
        raise exception 'version % calls the snippet "%", which is not there any more; make it '
            'again first', v.version, v_gone using errcode = 'GW003', column = p_field;
    end if;
end $$;

-- The live version of the template of {"template_id"}, for a campaign; GW002, GW003.
create or replace function godwit.template_live(p_body jsonb)
returns godwit.template_versions language plpgsql
as $$
declare
    t godwit.templates := godwit.template_find(p_body, false, 'template_id');
    v godwit.template_versions;
begin
    if p_body ? 'html' then
        perform godwit.invalid('html', 'name either "html" or "template_id"');
    end if;
    perform godwit.template_sends(t, 'template_id');
    select * into v from godwit.template_versions
     where tenant_id = t.tenant_id and template_id = t.id and version = t.live_version;
    if not found then
        raise exception 'template % has no live version; publish one first',
            godwit.id_text('tpl', t.id) using errcode = 'GW003', column = 'template_id';
    end if;
    perform godwit.version_whole(v, 'template_id');
    v.design := null;
    v.origin := t.id;
    v.origin_version := v.version;
    return v;
end $$;

-- Store a new template; returns its id. That of a campaign may begin as the live
-- version of {"template_id"}.
create or replace function godwit.template_store(p_body jsonb, p_name text)
returns bigint language plpgsql
as $$
declare
    v godwit.template_versions;
    v_id bigint;
begin
    if p_body->>'template_id' is not null then
        v := godwit.template_live(p_body);
    end if;
    v := godwit.content_read(p_body, v);
    insert into godwit.templates (tenant_id, name, category, channel, version, created_at,
        updated_at)
    values (auth.tenant(), p_name, case when p_name is not null
        then godwit.read_line(p_body, 'category', 1, 64) end,
        coalesce(v.content->>'channel', 'email'), 1, auth.now(), auth.now())
    returning id into v_id;
    perform godwit.version_add(v_id, 1, v);
    return v_id;
end $$;

-- Make a new version when the body says something of the content; what it does
-- not name stays. The version that is the newest then.
create or replace function godwit.template_revise(t godwit.templates, p_body jsonb)
returns int language plpgsql
as $$
declare
    v godwit.template_versions;
    v_arms jsonb;
begin
    if not p_body ?| (godwit.content_fields() || array['content', 'design', 'experiment',
        'template_id'])
    then
        return t.version;
    end if;
    select * into v from godwit.template_versions
     where tenant_id = t.tenant_id and template_id = t.id and version = t.version;
    if p_body->>'template_id' is not null then
        v_arms := v.arms;
        v := godwit.template_live(p_body);
        if coalesce(v.content->>'channel', 'email') <> t.channel then
            perform godwit.invalid('template_id', format('it is for %s, and what it is for here '
                'is %s', coalesce(v.content->>'channel', 'email'), t.channel));
        end if;
        v.arms := v_arms;
        if v_arms @? '$[*].html' then
            perform godwit.invalid('template_id', 'the experiment has html of its own; take it '
                'away first, or name "html"');
        end if;
    end if;
    perform godwit.version_add(t.id, t.version + 1, godwit.content_read(p_body, v));
    update godwit.templates set version = t.version + 1, updated_at = auth.now()
     where tenant_id = t.tenant_id and id = t.id;
    return t.version + 1;
end $$;

-- All of it but its texts, which lists do not even read.
create or replace function godwit.version_head(v godwit.template_versions)
returns jsonb language sql stable
as $$ select jsonb_build_object('template_id', godwit.id_text('tpl', v.template_id),
        'version', v.version, 'channel', coalesce(v.content->>'channel', 'email'),
        'locale', v.locale, 'created_at', v.created_at)
        || case when v.content is null then jsonb_build_object('subject', v.subject)
                else '{}' end $$;

create or replace function godwit.version_json(v godwit.template_versions)
returns jsonb language sql stable
as $$ select godwit.version_head(v) || jsonb_build_object(
        'variants', godwit.variants_json(v.variants))
      || case when v.content is not null then jsonb_build_object('content', v.content->'doc',
        'sms', v.content->'sms')
      else jsonb_build_object('html', v.html, 'text', v.text,
        'design', v.design,
        'links', (select coalesce(jsonb_agg(l->>'url' order by (l->>'index')::int), '[]')
                    from jsonb_array_elements(v.links) l)) end $$;

create or replace function godwit.template_head(t godwit.templates)
returns jsonb language sql stable
as $$ select godwit.version_head(v) - 'template_id' || jsonb_build_object(
        'id', godwit.id_text('tpl', t.id), 'name', t.name, 'category', t.category,
        'live_version', t.live_version, 'created_at', t.created_at, 'updated_at', t.updated_at)
      from godwit.template_versions v
     where v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = t.version $$;

create or replace function godwit.template_json(t godwit.templates)
returns jsonb language sql stable
as $$ select godwit.version_json(v) - 'template_id' || godwit.template_head(t)
      from godwit.template_versions v
     where v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = t.version $$;

create or replace function api.templates_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
begin
    perform godwit.read_body(p_body, array['name', 'category', 'channel', 'content', 'design',
        '_compiled'] || godwit.content_fields());
    if coalesce(godwit.read_word(p_body, 'channel', '{email,sms,whatsapp,webhook}'), 'email')
        <> 'email' and p_body->>'content' is null
    then
        perform godwit.invalid('content', '"content" is missing');
    elsif p_body->>'content' is not null and p_body->>'channel' is null then
        perform godwit.invalid('channel', '"channel" is missing: name that of the content');
    end if;
    v_id := godwit.template_store(p_body, godwit.read_line(p_body, 'name', 1, 200, true));
    perform godwit.audit('templates_create', godwit.id_text('tpl', v_id), null,
        p_body - '_compiled');
    return (select godwit.template_json(t) from godwit.templates t
             where t.tenant_id = auth.tenant() and t.id = v_id);
exception
    when unique_violation then
        raise exception 'a template named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

create or replace function api.templates_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.template_json(godwit.template_find(p_body));
end $$;

-- Without their texts.
create or replace function api.templates_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'templates_list', 'godwit.templates t', 't.id',
    'godwit.template_head(t)', array[
        ['id', 't.id', 'bigint'],
        ['created_at', 't.created_at', 'timestamptz'],
        ['name', 't.name', 'text']], array[
        ['q', 'line', 'position(lower(%s) in lower(t.name)) > 0'],
        ['category', 'line', 't.category = %s'],
        ['channel', 'line', 't.channel = %s'],
        ['live', 'flag', '(t.live_version is not null) = %s']],
    't.name is not null') $$;

-- What is named changes; content makes a new version.
create or replace function api.templates_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body, true);
    v_was int := t.version;
begin
    perform godwit.read_body(p_body, array['id', 'name', 'category', 'content', 'design',
        '_compiled', '_if_match'] || godwit.content_fields());
    perform godwit.match(p_body, godwit.template_json(t));
    t.version := godwit.template_revise(t, p_body);
    if p_body ?| array['name', 'category'] then
        update godwit.templates set
               name = case when p_body ? 'name' then godwit.read_line(p_body, 'name', 1, 200, true)
                           else t.name end,
               category = case when p_body ? 'category'
                               then godwit.read_line(p_body, 'category', 1, 64)
                               else t.category end,
               updated_at = auth.now()
         where tenant_id = t.tenant_id and id = t.id;
    end if;
    perform godwit.audit('templates_update', godwit.id_text('tpl', t.id),
        jsonb_build_object('name', t.name, 'category', t.category, 'version', v_was),
        p_body - array['_compiled', '_if_match'] || jsonb_build_object('version', t.version));
    return godwit.template_json(godwit.template_find(p_body));
exception
    when unique_violation then
        raise exception 'a template named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

-- With all its versions. Campaigns keep the content that they were made with.
create or replace function api.templates_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body, true);
    v_doc jsonb := godwit.template_json(t);
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_doc);
    delete from godwit.template_versions where tenant_id = t.tenant_id and template_id = t.id;
    delete from godwit.templates where tenant_id = t.tenant_id and id = t.id;
    perform godwit.audit('templates_delete', godwit.id_text('tpl', t.id), v_doc, null);
    return null;
end $$;

-- {"id","version"}: that version of the template; GW002.
create or replace function godwit.version_find(t godwit.templates, p_body jsonb,
    p_field text default 'version', p_default int default null)
returns godwit.template_versions language plpgsql stable
as $$
declare
    v_version int := godwit.read_int(p_body, p_field, 1, 1000000000, p_default);
    v godwit.template_versions;
begin
    if v_version is null then
        perform godwit.invalid(p_field, format('"%s" is missing', p_field));
    end if;
    select * into v from godwit.template_versions
     where tenant_id = t.tenant_id and template_id = t.id and version = v_version;
    if not found then
        raise exception 'template % has no version %', godwit.id_text('tpl', t.id), v_version
            using errcode = 'GW002', column = p_field;
    end if;
    return v;
end $$;

create or replace function api.templates_versions(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
begin
    return godwit.list(p_body, 'templates_versions', 'godwit.template_versions t',
        't.version::bigint',
        'godwit.version_head(t)',
        array[['-version', 't.version', 'int']],
        array[['id', 'id tpl', 't.template_id = %s']]);
end $$;

create or replace function api.templates_version(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'version', 'fields']);
    return godwit.version_json(godwit.version_find(godwit.template_find(p_body), p_body));
end $$;

-- The content of an earlier version becomes that of a new one.
create or replace function api.templates_restore(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body, true);
    v godwit.template_versions := godwit.version_find(t, p_body);
begin
    perform godwit.read_body(p_body, array['id', 'version', '_if_match']);
    perform godwit.match(p_body, godwit.template_json(t));
    perform godwit.version_whole(v, 'version');
    perform godwit.version_add(t.id, t.version + 1, v);
    update godwit.templates set version = t.version + 1, updated_at = auth.now()
     where tenant_id = t.tenant_id and id = t.id returning * into t;
    perform godwit.audit('templates_restore', godwit.id_text('tpl', t.id),
        jsonb_build_object('version', t.version - 1),
        jsonb_build_object('version', t.version, 'content_of', v.version));
    return godwit.template_json(t);
end $$;

-- The version becomes what campaigns take from now on; those that are made keep
-- what they have.
create or replace function api.templates_publish(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body, true);
    v godwit.template_versions := godwit.version_find(t, p_body);
    v_was int := t.live_version;
begin
    perform godwit.read_body(p_body, array['id', 'version', '_if_match']);
    perform godwit.match(p_body, godwit.template_json(t));
    perform godwit.version_whole(v, 'version');
    update godwit.templates set live_version = v.version, updated_at = auth.now()
     where tenant_id = t.tenant_id and id = t.id returning * into t;
    perform godwit.audit('templates_publish', godwit.id_text('tpl', t.id),
        jsonb_build_object('live_version', v_was),
        jsonb_build_object('live_version', t.live_version));
    return godwit.template_json(t);
end $$;

-- {"id","version","against"?}: what became other; against the version before
-- unless it is named, and against nothing when there is none.
create or replace function api.templates_diff(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
    v godwit.template_versions := godwit.version_find(t, p_body);
    v_against int := godwit.read_int(p_body, 'against', 1, 1000000000, v.version - 1);
    w godwit.template_versions;
begin
    perform godwit.read_body(p_body, array['id', 'version', 'against', 'fields']);
    if v_against > 0 then
        w := godwit.version_find(t, p_body, 'against', v_against);
    end if;
    return jsonb_build_object('template_id', godwit.id_text('tpl', t.id), 'version', v.version,
        'against', w.version, 'changes', coalesce((
            select jsonb_agg(jsonb_build_object('field', field, 'locale', nullif(locale, ''),
                       'hunks', godwit.lines_diff(o.content, n.content)) order by locale, field)
              from godwit.version_parts(v) n
              full join godwit.version_parts(w) o using (field, locale)
             where o.content is distinct from n.content), '[]'));
end $$;
