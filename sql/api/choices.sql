-- What a campaign can be made of, of all kinds at once.

-- [{"id","name"}] of what the caller may read, in its order.
create or replace function godwit.choices(p_scope text, p_kind text, p_ids bigint[],
    p_names text[])
returns jsonb language sql stable
as $$ select case when auth.can(p_scope) then (
        select coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text(p_kind, r.id),
                                                     'name', r.name) order by r.n), '[]')
          from unnest(p_ids, p_names) with ordinality r (id, name, n)) else '[]' end $$;

create or replace function api.campaigns_choices(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['fields']);
    return jsonb_build_object(
        'lists', (select godwit.choices('lists:read', 'lst', array_agg(id), array_agg(name))
                    from (select id, name from godwit.lists where tenant_id = auth.tenant()
                           order by lower(name), id limit 500) l),
        'segments', (select godwit.choices('segments:read', 'seg', array_agg(id),
                                           array_agg(name))
                       from (select id, name from godwit.segments
                              where tenant_id = auth.tenant()
                              order by lower(name), id limit 500) s),
        'templates', (select case when auth.can('templates:read') then
                             coalesce(jsonb_agg(jsonb_build_object('id', godwit.id_text('tpl', id),
                                 'name', name, 'channel', channel) order by id desc), '[]')
                             else '[]' end
                        from (select id, name, channel from godwit.templates
                               where tenant_id = auth.tenant() and name is not null
                                 and live_version is not null order by id desc limit 500) t),
        'domain', (select domain from godwit.domains
                    where tenant_id = auth.tenant() and auth.can('domains:read')
                    order by id limit 1));
end $$;
