-- What speaks against a content before anybody gets it. shm/lint has found what
-- the content alone tells, when it was compiled; here it meets the workspace: the
-- fields there are, the snippets that are called.

-- What Gmail shows of a message before it cuts it: 102 KB.
create or replace function godwit.clip_bytes()
returns int language sql immutable parallel safe
as $$ select 104448 $$;

-- The names that contacts have: their own, the registered fields, and what the
-- latest thousand have beside these.
create or replace function godwit.contact_names()
returns setof text language sql stable
as $$ select unnest('{id,email,phone,external_id,first_name,last_name,zone,locale,
            attributes}'::text[])
      union
      select f.key from godwit.fields f where f.tenant_id = auth.tenant()
      union
      select k from (select c.attributes from godwit.contacts c where c.tenant_id = auth.tenant()
                      order by c.id desc limit 1000) c, jsonb_object_keys(c.attributes) k $$;

-- Why a variable is always empty, and what to do; null: it may be there.
-- p_name: [ROOT, member, ...]; p_kind: of the campaign that it is for; null: any.
create or replace function godwit.name_unknown(p_name jsonb, p_contact text[], p_kind text)
returns text language sql immutable parallel safe
as $$ select case
        when p_name->>0 = 'campaign' and p_name->>1 not in ('id', 'name') then format(
            'a campaign has no "%s", only id and name', p_name->>1)
        when p_name->>0 = 'brand' and p_name->>1 not in ('name', 'address', 'color', 'on_color')
        then format('a brand has no "%s", only name, address, color and on_color', p_name->>1)
        when p_name->>0 = 'contact' and coalesce(case when p_name->>1 = 'attributes'
            then p_name->>2 else p_name->>1 end, 'id') <> all (p_contact) then format(
            'no contact has a "%s"; mend the name, or make the field by fields_create',
            case when p_name->>1 = 'attributes' then p_name->>2 else p_name->>1 end)
        when p_name->>0 = 'confirm_url' and p_kind <> 'confirm' then 'only a campaign of the kind '
            'confirm has "confirm_url"'
        when p_name->>0 = 'data' and p_kind <> 'transactional' then 'only a message that is asked '
            'for by campaigns_send has "data"; make the campaign transactional'
        when p_name->>0 not in ('contact', 'campaign', 'brand', 'data', 'unsubscribe_url',
            'preferences_url', 'view_url', 'confirm_url') then format('there is no variable "%s"; '
            'there are contact, campaign, brand, data, unsubscribe_url, preferences_url, view_url '
            'and confirm_url', p_name->>0) end $$;

-- The findings of a version, each {"rule","severity","field","locale","variant",
-- "snippet","line","column","message"}.
create or replace function godwit.content_findings(v godwit.template_versions)
returns setof jsonb language sql stable
as $$
    with s as materialized (
        select s.name, s.html, s.lint, s.names from godwit.snippets s
         where s.tenant_id = auth.tenant()
           and s.name in (select godwit.calls_names(v.calls))
    ), all_s as materialized (
        select coalesce(sum(octet_length(html)), 0) as bytes,
               coalesce(bool_or(names is null or godwit.names_leave(names)), false) as leaves
          from s
    ), known as materialized (
        select array(select godwit.contact_names()) as names
    ), use as materialized (
        -- whose it is: a campaign's, else a template for any of them
        select c.kind from (select) one left join godwit.campaigns c
            on c.tenant_id = auth.tenant() and c.template_id = v.template_id limit 1
    ), found(l, snippet) as (
        select l, null from jsonb_array_elements(v.lint) l, all_s a, use u
         where l->>'rule' <> 'weight' and not (l->>'rule' = 'unsubscribe_missing'
               and (a.leaves or u.kind is not distinct from 'transactional'))
        union all
        select l || jsonb_build_object('rule', 'clipped', 'severity', 'warning', 'message',
                   format('it has about %s KB, and Gmail cuts what is beyond 102 KB, also the '
                   'link to unsubscribe at its end; shorten it',
                   ((l->>'bytes')::int + a.bytes) / 1024)), null
          from jsonb_array_elements(v.lint) l, all_s a
         where l->>'rule' = 'weight' and (l->>'bytes')::int + a.bytes > godwit.clip_bytes()
        union all
        select l, s.name from s, jsonb_array_elements(s.lint) l
         where l->>'rule' not in ('weight', 'unsubscribe_missing')
        union all
        select n || jsonb_build_object('rule', 'unknown_variable', 'severity',
                   case when n->'safe' = 'true' then 'info' else 'warning' end,
                   'message', w), null
          from known k, use u, jsonb_array_elements(v.names) n,
               godwit.name_unknown(n->'name', k.names, u.kind) w
         where w is not null
        union all
        select f, null from godwit.sms_findings(v) f
        union all
        select jsonb_build_object('rule', 'not_looked_at', 'severity', 'info', 'field', 'html',
                   'message', 'this content is from before content was looked at; save its '
                   'html again'), null
         where v.lint is null
    )
    select jsonb_build_object('rule', l->'rule', 'severity', l->'severity', 'field', l->'field',
               'locale', l->'locale', 'variant', l->'arm', 'snippet', snippet,
               'line', l->'line', 'column', l->'column', 'message', l->'message')
      from found
     order by array_position('{error,warning,info}', l->>'severity'), snippet nulls first,
              l->>'locale' nulls first, l->>'arm' nulls first, l->>'field',
              (l->>'line')::int, (l->>'column')::int, l->>'rule' $$;

-- A finding as one sentence that begins with its place.
create or replace function godwit.finding_text(p_finding jsonb)
returns text language sql immutable parallel safe
as $$ select (p_finding->>'field')
        || coalesce(' of the snippet "' || (p_finding->>'snippet') || '"', '')
        || coalesce(' of "' || coalesce(p_finding->>'locale', p_finding->>'variant') || '"', '')
        || coalesce(', line ' || (p_finding->>'line') || ', column ' || (p_finding->>'column'), '')
        || ': ' || (p_finding->>'message') $$;

-- The answer of the operations that look at content.
create or replace function godwit.lint_json(v godwit.template_versions)
returns jsonb language sql stable
as $$ select jsonb_build_object(
        'errors', count(*) filter (where f->>'severity' = 'error'),
        'warnings', count(*) filter (where f->>'severity' = 'warning'),
        'findings', coalesce(jsonb_agg(f), '[]'))
      from godwit.content_findings(v) f $$;
