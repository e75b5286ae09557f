-- Templates: content with versions. The C handler has compiled the texts and
-- wrapped the links before the body comes here, in "_compiled".

-- Store a version of a template (0 = a new one); returns its id.
create or replace function godwit.template_store(
    p_body jsonb, p_name text, p_subject text, p_html text, p_text text)
returns bigint language plpgsql
as $$
declare
    v_compiled jsonb := p_body->'_compiled';
    v_id bigint;
begin
    if v_compiled->>'html_tracked' is null then
        perform godwit.invalid('html', 'the content has not been compiled');
    end if;
    insert into godwit.templates (tenant_id, name, version, created_at, updated_at)
    values (auth.tenant(), p_name, 1, auth.now(), auth.now()) returning id into v_id;
    insert into godwit.template_versions (tenant_id, template_id, version, subject, html,
        text, html_tracked, text_derived, links, created_at)
    values (auth.tenant(), v_id, 1, p_subject, p_html, p_text, v_compiled->>'html_tracked',
        v_compiled->>'text_derived', coalesce(v_compiled->'links', '[]'), auth.now());
    return v_id;
end $$;

create or replace function godwit.template_json(p_id bigint)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('tpl', t.id), 'name', t.name,
        'version', v.version, 'subject', v.subject, 'html', v.html, 'text', v.text,
        'links', (select coalesce(jsonb_agg(l->>'url' order by (l->>'index')::int), '[]')
                    from jsonb_array_elements(v.links) l),
        'created_at', t.created_at, 'updated_at', t.updated_at)
      from godwit.templates t join godwit.template_versions v
        on v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = t.version
     where t.tenant_id = auth.tenant() and t.id = p_id $$;

create or replace function api.templates_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_id bigint;
begin
    perform godwit.read_body(p_body, array['name', 'subject', 'html', 'text', '_compiled']);
    v_id := godwit.template_store(p_body, godwit.read_line(p_body, 'name', 1, 200, true),
        godwit.read_line(p_body, 'subject', 1, 5000, true),
        godwit.read_text(p_body, 'html', 1, 1000000, true),
        godwit.read_text(p_body, 'text', 0, 1000000));
    perform godwit.audit('templates_create', godwit.id_text('tpl', v_id), null,
        p_body - '_compiled');
    return godwit.template_json(v_id);
exception
    when unique_violation then
        raise exception 'a template named "%" is there already', p_body->>'name'
            using errcode = 'GW003', column = 'name';
end $$;

create or replace function api.templates_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v jsonb := godwit.template_json(godwit.read_id(p_body, 'id', 'tpl'));
begin
    perform godwit.read_body(p_body, array['id']);
    if v is null then
        raise exception 'there is no template %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return v;
end $$;
