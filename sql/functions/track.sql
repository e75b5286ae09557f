-- owner: gw_search
-- What the edge asks for a tracking token it has verified: the tenant comes
-- out of the signed bytes, so these cross row-level security by design.

-- The URL of a campaign's link, or null.
create or replace function auth.track_link(p_tenant int, p_campaign bigint, p_index int)
returns text language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select url from godwit.links
       where tenant_id = p_tenant and campaign_id = p_campaign and index = p_index and fixed $$;

-- {"html_tracked","tracking","query","subject","locale","snippets","images","data"} of a
-- recipient's mail, or null; images: {CONTENT_ID: place} of those inside it.
create or replace function auth.track_view(p_tenant int, p_campaign bigint, p_contact bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object('html_tracked', o.content->'html_tracked',
            'tracking', p.tracking and c.tracking,
            'query', array_to_string(godwit.utm_params(p.utm), '&'),
            'subject', o.content->'subject', 'locale', o.content->'locale',
            'snippets', p.snippets, 'images', (select json_object_agg(j->>'content_id', n - 1)
                from jsonb_array_elements(p.files) with ordinality u(j, n)
               where j->>'as' = 'inline'),
            'data', godwit.recipient_data(c, p.id, p.name))
        from godwit.campaigns p
        join godwit.template_versions v on v.tenant_id = p_tenant
             and v.template_id = p.template_id and v.version = p.template_version
        join godwit.contacts c on c.tenant_id = p_tenant
             and c.id = godwit.contact_now(p_tenant, p_contact)
        left join godwit.experiments x on x.tenant_id = p_tenant and x.campaign_id = p.id
       cross join lateral (select godwit.content_of_arm(godwit.content_for(v, c.locale),
                v.arms->godwit.experiment_arm(x, p_contact)) as content) o
       where p.tenant_id = p_tenant and p.id = p_campaign $$;

-- For anybody: {"html_tracked","locale","snippets","data"} of a campaign that is public and was
-- sent, without a contact; of campaign 0 {"name","items":[{"id","title","day","date"}]}, the newest
-- hundred. Null: there is none.
create or replace function auth.archive(p_tenant int, p_campaign bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select case when p_campaign = 0 then (
        select json_build_object('name', t.name, 'items', i.items)
          from auth.tenants t, lateral (
                select json_agg(json_build_object('id', godwit.id_text('cmp', p.id),
                           'title', p.public_title,
                           'day', to_char(p.finished_at at time zone 'UTC', 'YYYY-MM-DD'),
                           'date', to_char(p.finished_at at time zone 'UTC',
                               'Dy, DD Mon YYYY HH24:MI:SS "GMT"'))
                           order by p.finished_at desc, p.id desc) as items
                  from (select * from godwit.campaigns where tenant_id = p_tenant
                           and public_title is not null and state = 'finished'
                           and started_at is not null and not test
                         order by finished_at desc, id desc limit 100) p) i
         where t.id = p_tenant and i.items is not null)
    else (
        select json_build_object('html_tracked', o.content->'html_tracked',
                'locale', o.content->'locale', 'snippets', p.snippets,
                'data', json_build_object('contact', json_build_object(),
                    'campaign', json_build_object('id', godwit.id_text('cmp', p.id),
                        'name', p.public_title), 'brand', godwit.brand_of(p_tenant)))
          from godwit.campaigns p
          join godwit.template_versions v on v.tenant_id = p_tenant
               and v.template_id = p.template_id and v.version = p.template_version
          left join godwit.experiments x on x.tenant_id = p_tenant and x.campaign_id = p.id
         cross join lateral (select godwit.content_of_arm(godwit.content_for(v, null),
                v.arms->coalesce(x.winner, 0)) as content) o
         where p.tenant_id = p_tenant and p.id = p_campaign and p.public_title is not null
           and p.state = 'finished' and p.started_at is not null and not p.test) end $$;

-- An image inside a recipient's mail, by its place among the files of the campaign: {"host",
-- "path","bytes","type"}, or null.
create or replace function auth.track_image(p_tenant int, p_campaign bigint, p_contact bigint,
    p_place int)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object('host', h.name, 'path', f.path, 'bytes', f.bytes, 'type', f.type)
        from godwit.campaigns p
        join godwit.contacts c on c.tenant_id = p_tenant
             and c.id = godwit.contact_now(p_tenant, p_contact)
        join godwit.files f on f.tenant_id = p_tenant
         and f.id = (p.files->p_place->>'id')::bigint
        join godwit.hosts h on h.id = f.host_id
       where p.tenant_id = p_tenant and p.id = p_campaign and f.state = 'ready'
         and p.files->p_place->>'as' = 'inline'
         and f.type = any ('{image/gif,image/jpeg,image/png,image/webp}') $$;

-- The page of preferences of a contact, or null: {"email_masked","subscribed","locale",
-- "brand","channels":[{"name","on"}],"lists":[{"id","name","on"}],"paused_until","every",
-- "elsewhere"}; a pause as epoch seconds, every in days. Channels are those by which he can
-- be reached, lists the public ones that he is on. elsewhere: the mail of this campaign went
-- to another address of his. p_at: now, in epoch seconds.
create or replace function auth.track_preferences(p_tenant int, p_contact bigint,
    p_campaign bigint, p_at bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object(
            'email_masked', left(c.email, 1) || '***@' || split_part(c.email, '@', 2),
            'subscribed', m.wanted, 'locale', c.locale,
            'brand', (select godwit.brand_shown(t.name, t.brand) from auth.tenants t
                       where t.id = p_tenant),
            'channels', (select json_agg(json_build_object('name', u.name, 'on', u.wanted)
                                         order by u.no)
                from (values (1, 'email', m.wanted, c.email is not null),
                             (2, 'sms', c.consent_sms <> 2, c.phone is not null),
                             (3, 'whatsapp', c.consent_whatsapp <> 2, c.phone is not null),
                             (4, 'voice', c.consent_voice <> 2, c.phone is not null))
                     u(no, name, wanted, reached)
               where u.reached),
            'lists', (select json_agg(json_build_object('id', godwit.id_text('lst', l.id),
                    'name', l.name, 'on', l.wanted) order by lower(l.name), l.id)
                from (select l.id, l.name, coalesce(s.wanted, not l.double_opt_in) as wanted
                        from godwit.lists l
                        left join godwit.subscriptions s on s.tenant_id = p_tenant
                             and s.list_id = l.id and s.contact_id = c.id
                       where l.tenant_id = p_tenant and l.public
                         and exists (select from godwit.list_members b
                              where b.tenant_id = p_tenant and b.list_id = l.id
                                and b.contact_id = c.id)
                       order by l.id limit 20) l),
            'paused_until', extract(epoch from p.paused_until)::bigint,
            'paused_day', to_char(p.paused_until at time zone 'UTC', 'YYYY-MM-DD'),
            'every', coalesce(p.every_days, 0),
            'elsewhere', c.id <> p_contact
                or godwit.went_elsewhere(c, p_campaign, to_timestamp(p_at)))
        from godwit.contacts c
        left join godwit.preferences p on p.tenant_id = p_tenant and p.contact_id = c.id
       cross join lateral (select c.consent_email <> 2 and not exists (
                select from godwit.suppressions s where s.tenant_id = p_tenant
                   and s.address_hash = godwit.address_hash(p_tenant, c.email)) as wanted) m
       where c.tenant_id = p_tenant and c.id = godwit.contact_now(p_tenant, p_contact) $$;

-- Whose small page it is: {"locale","brand","list","confirmed"}, of a contact, or of him whom
-- a mail (p_message, else 0) or a campaign (its id with a minus) has asked about a list, and
-- whether he has confirmed that. Null:
-- there is nobody, or what the mail asked counts no more: the list is gone, or it went to
-- another address than he has now.
create or replace function auth.track_person(p_tenant int, p_contact bigint, p_message bigint)
returns json language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select json_build_object('locale', c.locale, 'list', l.name,
            'brand', (select godwit.brand_shown(t.name, t.brand) from auth.tenants t
                       where t.id = p_tenant),
            'confirmed', coalesce(s.wanted and s.confirmed_at is not null, false))
        from (select) one
        left join godwit.confirmations f on f.tenant_id = p_tenant and f.message_id = p_message
        left join godwit.messages m on m.tenant_id = p_tenant and m.id = f.message_id
        left join godwit.campaigns g on g.tenant_id = p_tenant and g.id = -p_message
         and g.kind = 'confirm'
        left join godwit.lists l on l.tenant_id = p_tenant
         and l.id = coalesce(f.list_id, g.list_id)
        join godwit.contacts c on c.tenant_id = p_tenant
         and c.id = coalesce(f.contact_id, p_contact)
        left join godwit.subscriptions s on s.tenant_id = p_tenant and s.list_id = l.id
         and s.contact_id = c.id
       where p_message = 0 or l.id is not null
         and case when p_message < 0 then not godwit.went_elsewhere(c, g.id, 'infinity')
                  else godwit.address_hash(p_tenant, m.to_address)
                       = godwit.address_hash(p_tenant, c.email) end $$;

grant execute on function auth.track_link(int, bigint, int),
    auth.track_view(int, bigint, bigint), auth.track_image(int, bigint, bigint, int),
    auth.archive(int, bigint),
    auth.track_preferences(int, bigint, bigint, bigint),
    auth.track_person(int, bigint, bigint) to gw_edge;
