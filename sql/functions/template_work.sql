-- Templates as they are rendered: what a preview is made of, and what the worker
-- renders of them.

-- What a template sees of a contact, or of nobody.
create or replace function godwit.preview_data(c godwit.contacts, p_campaign_name text)
returns jsonb language sql stable
as $$ select jsonb_build_object('unsubscribe_url', '#unsubscribe',
            'preferences_url', '#preferences', 'view_url', '#view')
        || case when c.id is null then jsonb_build_object('campaign',
                jsonb_build_object('name', p_campaign_name), 'brand',
                godwit.brand_of(auth.tenant()))
           else godwit.recipient_data(c, null, p_campaign_name) end $$;

-- {"subject","html","text","locale","snippets","data"}: what shm/gw_preview.h
-- renders, for a contact or nobody; the variant is that of p_locale, else of the
-- contact's, and p_data stands in the place of what the contact has.
create or replace function godwit.preview_doc(v godwit.template_versions, p_name text,
    p_data jsonb, c godwit.contacts, p_locale text)
returns jsonb language sql stable
as $$ select godwit.content_for(v, coalesce(p_locale, d.data->'contact'->>'locale'))
        - 'html_tracked' || jsonb_build_object('data', d.data, 'snippets',
            godwit.snippets_of(array(select godwit.calls_names(v.calls))))
      from (select godwit.preview_data(c, p_name) || p_data as data) d $$;

-- GW004 for a key that may not read contacts.
create or replace function godwit.needs_contacts(p_field text)
returns void language plpgsql stable
as $$
begin
    if not auth.can('contacts:read') then
        raise exception 'the API key does not have the scope contacts:read'
            using errcode = 'GW004', column = p_field;
    end if;
end $$;

-- 1 to p_most addresses, each once.
create or replace function godwit.read_addresses(p_body jsonb, p_field text, p_most int)
returns text[] language plpgsql stable
as $$
declare
    v jsonb := p_body->p_field;
    v_one jsonb;
    v_all text[] := '{}';
begin
    if jsonb_typeof(v) is distinct from 'array'
        or jsonb_array_length(v) not between 1 and p_most
    then
        perform godwit.invalid(p_field, format('"%s" is not a list of 1 to %s addresses', p_field,
            p_most));
    end if;
    for v_one in select * from jsonb_array_elements(v) loop
        if jsonb_typeof(v_one) <> 'string' or not godwit.is_email(v_one#>>'{}') then
            perform godwit.invalid(p_field, format('"%s" has %s, which is no e-mail address',
                p_field, left(v_one::text, 60)));
        end if;
        v_all := array_remove(v_all, v_one#>>'{}') || (v_one#>>'{}');
    end loop;
    return v_all;
end $$;

-- How many tests of templates this workspace has sent within a day, or will.
create or replace function godwit.tests_today()
returns bigint language sql stable
as $$ select (select count(*) from godwit.messages m
               where m.tenant_id = auth.tenant() and m.kind = 'template_test'
                 and m.created_at > auth.now() - interval '1 day')
           + (select coalesce(sum(coalesce(nullif(jsonb_array_length(o.input->'to'), 0), 1)), 0)
                from godwit.operations o
               where o.qshard = 0 and o.tenant_id = auth.tenant() and o.kind = 'templates_test'
                 and (o.state in ('queued', 'running') or o.input @> '{"webhook": true}'
                      and o.created_at > auth.now() - interval '1 day')) $$;

-- The contacts that are hardest on a template, with the reasons: of each reason
-- the two that fit it most, by their id where that is the same, 20 together.
create or replace function godwit.contacts_extreme(p_tenant int)
returns table (id bigint, why text[]) language sql stable
as $$
    with rules(n, why) as (values
        (1, 'longest name'), (2, 'shortest name'), (3, 'no name'), (4, 'least is known'),
        (5, 'right to left'), (6, 'emoji'), (7, 'HTML in a value'), (8, 'Liquid in a value'),
        (9, 'longest address'), (10, 'most attributes'), (11, 'no attributes'),
        (12, 'wide characters')
    ), c as materialized (
        select c.id, length(btrim(concat_ws(' ', c.first_name, c.last_name))) as named,
               length(c.email) as address, octet_length(c.attributes::text) as attributes,
               num_nulls(c.email, c.phone, c.external_id, c.first_name, c.last_name, c.zone,
                   c.locale) as missing,
               concat_ws(' ', c.first_name, c.last_name) as name,
               concat_ws(' ', c.first_name, c.last_name, c.attributes::text) as said
          from godwit.contacts c where c.tenant_id = p_tenant
    ), picks as (
        select r.n, r.why, p.id, row_number() over (partition by r.n order by p.score desc, p.id) k
          from rules r cross join lateral (
            select s.id, s.score from (
                select c.id, case r.n
                    when 1 then c.named
                    when 2 then -nullif(c.named, 0)
                    when 3 then case when c.named = 0 then 1 end
                    when 4 then nullif(c.missing, 0)
                    when 5 then case when c.name ~ '[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]'
                                then 1 end
                    when 6 then case when c.said ~ '[\u2600-\u27bf\U0001f000-\U0001faff]'
                                then 1 end
                    when 7 then case when c.said ~ '[<>&]' then 1 end
                    when 8 then case when c.said ~ '\{[{%]' then 1 end
                    when 9 then c.address
                    when 10 then case when c.attributes > 2 then c.attributes end
                    when 11 then case when c.attributes <= 2 then 1 end
                    when 12 then case when c.name ~ '[\u2e80-\u9fff\uac00-\ud7af]' then 1 end
                    end as score from c) s
             where s.score is not null order by s.score desc, s.id limit 2) p
    )
    select p.id, array_agg(p.why order by p.n) from picks p
     group by p.id order by min(p.k), min(p.n) limit 20 $$;

-- What the worker renders: of each of them its reasons and what its preview is
-- made of; no row: the version is gone.
create or replace function godwit.template_extremes(p_tenant int, p_template bigint,
    p_version int)
returns table (contact text, why jsonb, doc jsonb) language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform set_config('app.tenant', p_tenant::text, true);
    return query
        select godwit.id_text('ct', x.id), to_jsonb(x.why),
               godwit.preview_doc(v, t.name, '{}', c, null)
          from godwit.templates t
          join godwit.template_versions v on v.tenant_id = t.tenant_id
               and v.template_id = t.id and v.version = p_version
         cross join godwit.contacts_extreme(p_tenant) with ordinality x(id, why, n)
          join godwit.contacts c on c.tenant_id = t.tenant_id and c.id = x.id
         where t.tenant_id = p_tenant and t.id = p_template
         order by x.n;
end $$;

-- The same of one test; no row: the version, or its contact, is gone.
create or replace function godwit.template_test(p_tenant int, p_input jsonb)
returns setof jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform set_config('app.tenant', p_tenant::text, true);
    return query
        select godwit.preview_doc(v, t.name, p_input->'data', c, p_input->>'locale')
          from godwit.templates t
          join godwit.template_versions v on v.tenant_id = t.tenant_id
               and v.template_id = t.id and v.version = (p_input->>'version')::int
          left join godwit.contacts c on c.tenant_id = t.tenant_id
               and c.id = (p_input->>'contact')::bigint
         where t.tenant_id = p_tenant and t.id = (p_input->>'template')::bigint
           and (p_input->>'contact' is null or c.id is not null);
end $$;

-- The messages of a test, and with them the end of its operation: both or
-- neither. False: the operation is another's by now.
create or replace function godwit.template_test_send(p_tenant int, p_id bigint, p_epoch bigint,
    p_subject text, p_html text, p_text text, p_now timestamptz)
returns boolean language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    o godwit.operations;
    v_ids jsonb;
begin
    perform set_config('app.tenant', p_tenant::text, true);
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = p_tenant and id = p_id and epoch = p_epoch
       and state = 'running' for update;
    if not found then
        return false;
    end if;
    perform set_config('app.test', case when (o.input->>'test')::boolean then 'on' else '' end,
        true);
    -- what is rendered may hold line ends, which no subject may
    select jsonb_agg(godwit.id_text('msg', godwit.message_add(p_tenant, 'template_test', a,
               '[Test] ' || left(regexp_replace(p_subject, '[\x01-\x1f\x7f]+', ' ', 'g'), 5000),
               p_text, p_now, p_html, o.input->>'from')))
      into v_ids from jsonb_array_elements_text(o.input->'to') a;
    perform godwit.operation_settle(o, 'done', jsonb_build_object('message_ids', v_ids), null,
        p_now);
    return true;
end $$;

revoke execute on function godwit.template_extremes(int, bigint, int),
    godwit.template_test(int, jsonb),
    godwit.template_test_send(int, bigint, bigint, text, text, text, timestamptz)
    from gw_api, gw_search;
