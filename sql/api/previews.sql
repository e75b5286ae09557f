-- Templates before anybody gets them: what speaks against one, what a recipient would see,
-- tests.

-- {"id","version"?}: what speaks against it.
create or replace function api.templates_lint(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
    v godwit.template_versions := godwit.version_find(t, p_body, 'version', t.version);
begin
    perform godwit.read_body(p_body, array['id', 'version', 'fields']);
    return jsonb_build_object('template_id', godwit.id_text('tpl', t.id), 'version', v.version)
        || godwit.lint_json(v);
end $$;

-- The same of content that is not stored.
create or replace function api.templates_lint_draft(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['content', '_compiled'] || godwit.content_fields());
    return godwit.lint_json(godwit.content_read(p_body, null));
end $$;

-- The contact of {"contact_id"?}, for who may read contacts.
create or replace function godwit.preview_contact(p_body jsonb)
returns godwit.contacts language plpgsql stable
as $$
declare
    c godwit.contacts;
begin
    if p_body->>'contact_id' is not null then
        perform godwit.needs_contacts('contact_id');
        select * into c from godwit.contacts where tenant_id = auth.tenant()
           and id = godwit.read_id(p_body, 'contact_id', 'ct');
        if not found then
            raise exception 'there is no contact %', p_body->>'contact_id'
                using errcode = 'GW002', column = 'contact_id';
        end if;
    end if;
    return c;
end $$;

-- {"data"?} of a preview.
create or replace function godwit.read_data(p_body jsonb)
returns jsonb language plpgsql stable
as $$
declare
    v_data jsonb := coalesce(p_body->'data', '{}');
begin
    if jsonb_typeof(v_data) <> 'object' then
        perform godwit.invalid('data', '"data" is not an object');
    end if;
    if octet_length(v_data::text) > 65536 then
        perform godwit.invalid('data', '"data" has more than 64 KiB');
    end if;
    return v_data;
end $$;

-- {"id","version"?,"contact_id"?,"locale"?,"data"?,"lint"?} -> {"subject","html","text",
-- "locale","snippets","data","lint"?}: what the handler `preview` renders. The variant
-- is that of the locale, else of the contact's.
create or replace function api.templates_preview(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
    v godwit.template_versions := godwit.version_find(t, p_body, 'version', t.version);
begin
    perform godwit.read_body(p_body, array['id', 'version', 'contact_id', 'locale', 'data',
        'lint', '_if_match']);
    perform godwit.match(p_body, godwit.template_json(t));
    return godwit.preview_doc(v, t.name, godwit.read_data(p_body),
            godwit.preview_contact(p_body), godwit.read_line(p_body, 'locale', 2, 35))
        || case when godwit.read_filter(p_body, 'lint', 'flag')::boolean
                then jsonb_build_object('lint', godwit.lint_json(v)) else '{}' end;
end $$;

-- {"id","version"?}: the worker renders it for the contacts that are hardest on it.
create or replace function api.templates_extremes(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
    v godwit.template_versions := godwit.version_find(t, p_body, 'version', t.version);
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id', 'version']);
    perform godwit.needs_contacts('id');
    o := godwit.operation_start('templates_extremes', godwit.id_text('tpl', t.id),
        jsonb_build_object('template', t.id, 'version', v.version), null);
    perform godwit.audit('templates_extremes', godwit.id_text('tpl', t.id), null,
        godwit.operation_json(o));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- The addresses of a test, 1 to 5; of a template for webhooks none. GW003 when nothing can be
-- sent of it.
create or replace function godwit.test_to(t godwit.templates, v godwit.template_versions,
    p_body jsonb)
returns text[] language plpgsql stable
as $$
declare
    v_mail text := (select f from unnest('{to,from}'::text[]) f where p_body->>f is not null
                     limit 1);
    v_why text := (select min(f.message) from godwit.webhook_against(v) f);
begin
    perform godwit.template_sends(t, 'id');
    if t.channel = 'email' then
        return godwit.read_addresses(p_body, 'to', 5);
    end if;
    if v_mail is not null then
        perform godwit.invalid(v_mail, format('"%s" is of mail, and this goes to the URL of its '
            'content', v_mail));
    end if;
    if v_why is not null then
        raise exception '%', v_why using errcode = 'GW003', column = 'id';
    end if;
    return '{}';
end $$;

-- {"id","to","from"?,"version"?,"contact_id"?,"locale"?,"data"?}: the worker renders it and sends
-- it there, or to the webhook of its content, marked as a test. GW003 past 200 of them in a day.
create or replace function api.templates_test(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    t godwit.templates := godwit.template_find(p_body);
    v godwit.template_versions := godwit.version_find(t, p_body, 'version', t.version);
    v_to text[] := godwit.test_to(t, v, p_body);
    v_data jsonb := godwit.read_data(p_body);
    c godwit.contacts := godwit.preview_contact(p_body);
    v_test boolean := auth.is_test() or (select w.kind = 'sandbox' from auth.tenants w
                                          where w.id = auth.tenant());
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id', 'to', 'from', 'version', 'contact_id', 'locale',
        'data']);
    perform pg_advisory_xact_lock(hashtextextended('template tests', auth.tenant()));
    if godwit.tests_today() + greatest(cardinality(v_to), 1) > 200 then
        raise exception 'a workspace sends 200 tests of templates in a day; wait, or look at '
            'templates_preview' using errcode = 'GW003', column = 'to';
    end if;
    o := godwit.operation_start('templates_test', godwit.id_text('tpl', t.id),
        jsonb_build_object('template', t.id, 'version', v.version, 'to', v_to, 'data', v_data,
            'from', case when p_body->>'from' is not null then godwit.read_from(p_body) end,
            'contact', c.id, 'locale', godwit.read_line(p_body, 'locale', 2, 35),
            'webhook', t.channel = 'webhook', 'test', v_test), null);
    perform godwit.audit('templates_test', godwit.id_text('tpl', t.id), null,
        jsonb_build_object('version', v.version, 'to', v_to,
            'contact_id', godwit.id_text('ct', c.id), 'operation', godwit.id_text('op', o.id)));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- The same of content that is not stored: {"subject","html","text"?,"locale"?,
-- ...}. Without a text the handler makes it from html.
create or replace function api.templates_preview_draft(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_calls jsonb;
begin
    perform godwit.read_body(p_body, array['subject', 'html', 'text', 'content', 'locale',
        'contact_id', 'data']);
    -- names that might be called; the handler says which of them are not there
    select jsonb_agg(jsonb_build_object('name', m[1])) into v_calls
      from regexp_matches(concat_ws(' ', p_body->>'subject', p_body->>'html', p_body->>'text',
        replace(p_body->>'content', '\"', '"')),
        $r$\m(?:render|include)\s+["']([^"']+)["']$r$, 'g') m;
    return case when p_body->>'content' is not null
        then jsonb_build_object('content', p_body->'content')
        else jsonb_build_object(
            'subject', godwit.read_line(p_body, 'subject', 1, 5000, true),
            'html', godwit.read_text(p_body, 'html', 1, 1000000, true),
            'text', godwit.read_text(p_body, 'text', 0, 1000000)) end || jsonb_build_object(
        'locale', godwit.read_line(p_body, 'locale', 2, 35),
        'data', godwit.preview_data(godwit.preview_contact(p_body), 'Preview')
            || godwit.read_data(p_body), 'snippets',
        godwit.snippets_of(array(select godwit.calls_names(coalesce(v_calls, '[]')))));
end $$;
