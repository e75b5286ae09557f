-- Domains that a workspace sends from: keys, records, what a look at the DNS
-- changes.

-- What the record of a key says (RFC 6376 section 3.6.1).
create or replace function godwit.dkim_record(k godwit.dkim_keys)
returns text language sql immutable
as $$ select format('v=DKIM1; k=%s; p=%s', split_part(k.algorithm, '-', 1), k.public) $$;

-- A text as the strings of a TXT record, 255 bytes each at most.
create or replace function godwit.txt_strings(p_text text)
returns jsonb language sql immutable
as $$ select coalesce(jsonb_agg(substr(p_text, n, 255) order by n), '[]')
        from generate_series(1, length(p_text), 255) n $$;

-- The records of a domain's keys, each with what the last look found.
create or replace function godwit.domain_keys_json(d godwit.domains)
returns jsonb language sql stable
as $$ select coalesce(jsonb_agg(jsonb_build_object('purpose', 'dkim', 'type', 'TXT',
            'name', k.selector || '._domainkey.' || d.domain, 'value', godwit.dkim_record(k),
            'strings', godwit.txt_strings(godwit.dkim_record(k)), 'key', k.state,
            'state', case k.state when 'retired' then 'ok' else coalesce(c->>'state', 'unknown')
                     end,
            'found', coalesce(c->'found', '[]'),
            'message', case k.state when 'retired' then 'the key signs no more; remove its record '
                    'a week after ' || to_char(k.retired_at at time zone 'UTC', 'YYYY-MM-DD')
                else coalesce(c->>'message', 'publish it, then verify') end) order by k.id), '[]')
        from godwit.dkim_keys k
        left join lateral (select c from jsonb_array_elements(d.checks) c
                            where c->>'key' = k.id::text limit 1) s(c) on true
       where k.tenant_id = d.tenant_id and k.domain_id = d.id
         and (k.state <> 'retired' or d.checked_at is null
              or k.retired_at > d.checked_at - interval '7 days') $$;

-- The ceiling of a day (UTC) of a plan; null: none, the plan is over.
create or replace function godwit.warmup_ceiling(w godwit.warmups, p_day date)
returns int language sql immutable
as $$ select w.ceilings[greatest(p_day - w.starts_on, 0) + 1] $$;

-- Parts of a day's ceilings for the campaigns of domains that warm up: the number
-- of the pair and how many messages may leave, null for any number. What was
-- granted counts as sent.
create or replace function godwit.warmup_take(p_tenant int[], p_domain text[], p_want int[],
    p_now timestamptz)
returns table (n bigint, granted int) language plpgsql
as $$
declare
    r record;
    v_day date := (p_now at time zone 'UTC')::date;
    v_taken int;
begin
    for r in
        select u.n, u.want, w.tenant_id, w.domain_id, godwit.warmup_ceiling(w, v_day) as ceiling
          from unnest(p_tenant, p_domain, p_want) with ordinality u(tenant, domain, want, n)
          join godwit.domains d on d.tenant_id = u.tenant and d.domain = u.domain
          join godwit.warmups w on w.tenant_id = d.tenant_id and w.domain_id = d.id
         order by w.tenant_id, w.domain_id, u.n
    loop
        n := r.n;
        granted := null;
        if r.ceiling is not null then
            insert into godwit.warmup_days as t (tenant_id, domain_id, day, taken)
            values (r.tenant_id, r.domain_id, v_day, 0) on conflict do nothing;
            select t.taken into v_taken from godwit.warmup_days t where t.tenant_id = r.tenant_id
               and t.domain_id = r.domain_id and t.day = v_day for update;
            granted := greatest(least(r.want, r.ceiling - v_taken), 0);
            update godwit.warmup_days t set taken = t.taken + granted
             where t.tenant_id = r.tenant_id and t.domain_id = r.domain_id and t.day = v_day
               and granted > 0;
        end if;
        return next;
    end loop;
end $$;

-- The plan of a domain and its last days, or null.
create or replace function godwit.warmup_json(d godwit.domains)
returns jsonb language sql stable
as $$ select jsonb_build_object('starts_on', w.starts_on, 'ceilings', w.ceilings,
        'days', (select coalesce(jsonb_agg(jsonb_build_object('day', x.day, 'taken', x.taken)
                                           order by x.day desc), '[]')
                   from (select t.day, t.taken from godwit.warmup_days t
                          where t.tenant_id = w.tenant_id and t.domain_id = w.domain_id
                          order by t.day desc limit 7) x))
        from godwit.warmups w where w.tenant_id = d.tenant_id and w.domain_id = d.id $$;

create or replace function godwit.domain_json(d godwit.domains)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', godwit.id_text('dom', d.id), 'domain', d.domain,
        'state', case when exists (select from godwit.dkim_keys k where k.tenant_id = d.tenant_id
                          and k.domain_id = d.id and k.state = 'active') then 'signing'
                      else 'pending' end,
        'records', godwit.domain_keys_json(d) || coalesce((
            select jsonb_agg(c - 'code' || jsonb_build_object('strings',
                       godwit.txt_strings(coalesce(c->>'value', ''))))
              from jsonb_array_elements(d.checks) c where c->>'key' is null), '[]'),
        'warmup', godwit.warmup_json(d), 'bounce_domain', d.bounce_domain,
        'checked_at', d.checked_at,
        'created_at', d.created_at) $$;

-- The worker has made keys for a domain: [{"algorithm","public","id","sealed"}],
-- the private half as gw_seal_json has it. Those that wait already stay, and no
-- others come; the same when the domain is gone.
create or replace function godwit.dkim_keys_add(p_tenant int, p_domain bigint, p_keys jsonb,
    p_now timestamptz)
returns void language plpgsql
as $$
declare
    k record;
begin
    perform from godwit.domains where tenant_id = p_tenant and id = p_domain for update;
    if not found or exists (select from godwit.dkim_keys where tenant_id = p_tenant
                              and domain_id = p_domain and state = 'new')
    then
        return;
    end if;
    for k in select * from jsonb_to_recordset(p_keys)
        as k(algorithm text, public text, id uuid, sealed text)
    loop
        insert into godwit.secret (tenant_id, id, purpose, sealed, created_at)
        values (p_tenant, k.id, 'dkim', decode(k.sealed, 'base64'), p_now);
        insert into godwit.dkim_keys (tenant_id, domain_id, algorithm, public, secret_id,
            created_at)
        values (p_tenant, p_domain, k.algorithm, k.public, k.id, p_now);
    end loop;
end $$;

-- The worker has looked: [{"key"?,"code","purpose","type","name","value",
-- "strings","state","found","message"}]. A key whose record is there signs from
-- now on, in the place of the one before, whose private half goes.
create or replace function godwit.domain_checked(p_tenant int, p_domain bigint, p_checks jsonb,
    p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    d godwit.domains;
    v_was jsonb;
    v_new bigint[];
    v_secrets uuid[];
begin
    select * into d from godwit.domains where tenant_id = p_tenant and id = p_domain for update;
    if not found then
        return null;
    end if;
    v_was := godwit.domain_json(d);
    update godwit.domains set checks = p_checks, checked_at = p_now
     where tenant_id = p_tenant and id = p_domain returning * into d;

    select array_agg(k.id) into v_new
      from godwit.dkim_keys k
      join jsonb_array_elements(p_checks) c on c->>'key' = k.id::text and c->>'state' = 'ok'
     where k.tenant_id = p_tenant and k.domain_id = p_domain and k.state = 'new';
    if v_new is not null then
        select array_agg(o.secret_id) into v_secrets
          from godwit.dkim_keys o
          join godwit.dkim_keys k on k.tenant_id = o.tenant_id and k.domain_id = o.domain_id
               and k.algorithm = o.algorithm and k.id = any (v_new)
         where o.tenant_id = p_tenant and o.domain_id = p_domain and o.state = 'active';
        update godwit.dkim_keys set state = 'retired', retired_at = p_now, secret_id = null
         where tenant_id = p_tenant and secret_id = any (v_secrets);
        delete from godwit.secret where tenant_id = p_tenant and id = any (v_secrets);
        update godwit.dkim_keys set state = 'active', activated_at = p_now
         where tenant_id = p_tenant and id = any (v_new);
        perform godwit.audit_add(p_tenant, p_now, 'domains_activate',
            godwit.id_text('dom', p_domain), 'worker', null, null, v_was, godwit.domain_json(d));
    end if;
    return godwit.domain_json(d);
end $$;

revoke execute on function godwit.warmup_take(int[], text[], int[], timestamptz),
    godwit.dkim_keys_add(int, bigint, jsonb, timestamptz),
    godwit.domain_checked(int, bigint, jsonb, timestamptz) from gw_api, gw_search;

-- The ceiling of the day for the domain of a campaign that warms up, and what is taken of it.
create or replace function godwit.campaign_warmup(c godwit.campaigns, p_now timestamptz,
    out domain text, out ceiling int, out taken int)
language sql stable
as $$ select d.domain, godwit.warmup_ceiling(w, v.day), coalesce(t.taken, 0)
        from (select (p_now at time zone 'UTC')::date as day) v
        join godwit.domains d on d.tenant_id = c.tenant_id
         and d.domain = godwit.address_domain(c.from_address)
        join godwit.warmups w on w.tenant_id = d.tenant_id and w.domain_id = d.id
        left join godwit.warmup_days t on t.tenant_id = d.tenant_id and t.domain_id = d.id
         and t.day = v.day
       where not c.test $$;

-- What a running campaign waits for that is no fault of it; null: nothing.
create or replace function godwit.campaign_waits(c godwit.campaigns, p_now timestamptz)
returns text language sql stable
as $$ select case when c.state in ('running', 'finishing') then coalesce(
        godwit.schedule_waits(c, p_now),
        (select format('%s warms up: its %s mails of today are taken, the rest waits for the next '
                'day (UTC)', w.domain, w.ceiling)
           from godwit.campaign_warmup(c, p_now) w where w.taken >= w.ceiling),
        (select min(f.message) from godwit.channel_findings(c) f where not c.test),
        case when not c.test and auth.smart_host_paused(p_now)
              and godwit.campaign_channel(c) = 'email'
             then 'its route is paused: smart_host' end) end $$;

-- The images inside the mail that a campaign shows, by what follows `cid:`.
create or replace function godwit.campaign_images(c godwit.campaigns)
returns setof text language sql stable
as $$ select distinct m[1]
        from godwit.template_versions v
       cross join lateral (select v.html union all
              select k->>'html' from jsonb_path_query(v.variants, '$.*') k union all
              select k->>'html' from jsonb_array_elements(v.arms) k) h(html)
       cross join regexp_matches(h.html,
              $r$\y(?:src|background)\s*=\s*["']?cid:([A-Za-z0-9._@+-]+)$r$, 'gi') m
       where v.tenant_id = c.tenant_id and v.template_id = c.template_id
         and v.version = c.template_version $$;

-- What stands against a campaign, or speaks against it: a blocker is surely
-- wrong, as the DNS has said within a day; all else is a warning.
create or replace function godwit.campaign_findings(c godwit.campaigns, p_now timestamptz)
returns table (level text, code text, message text) language sql stable
as $$
    with rules(code, level) as (values
        ('no_domain', 'blocker'), ('dmarc_unaligned', 'blocker'),
        ('mx_missing', 'warning'), ('mx_null', 'warning'),
        ('bounce_missing', 'warning'), ('bounce_null', 'warning'),
        ('reply_missing', 'warning'), ('reply_null', 'warning'),
        ('spf_missing', 'warning'), ('spf_wrong', 'warning'),
        ('dmarc_missing', 'warning'), ('dmarc_wrong', 'warning'),
        ('dkim_missing', 'warning'), ('dkim_wrong', 'warning'), ('dkim_testing', 'warning'),
        ('ptr_missing', 'warning'), ('ptr_wrong', 'warning'),
        ('unknown', 'warning')
    ), d as (
        select d.id, d.domain, d.checks, d.checked_at > p_now - interval '1 day' as fresh,
               array(select k.id::text from godwit.dkim_keys k where k.tenant_id = d.tenant_id
                        and k.domain_id = d.id and k.state = 'active') as signing
          from godwit.domains d
         where d.tenant_id = c.tenant_id and d.domain = godwit.address_domain(c.from_address)
    ), mail as (
        select from (select) one where godwit.campaign_channel(c) = 'email'
    ), seen as (
        select k->>'code' as code, (k->>'name') || ': ' || (k->>'message') as message
          from d, jsonb_array_elements(d.checks) k
         where k->>'key' is null or k->>'key' = any (d.signing)
    ), found as (
        select code, message from seen
        union all
        select 'dmarc_unaligned', d.domain || ': receivers heed its DMARC policy, and neither a '
               'signature nor SPF speaks for this mail; publish the records of '
               || godwit.id_text('dom', d.id) || ', then verify'
          from d
         where d.signing = '{}'
           and exists (select from seen where code in ('dmarc_reject', 'dmarc_quarantine'))
           and exists (select from seen where code in ('spf_missing', 'spf_wrong'))
    )
    select case when d.fresh then r.level else 'warning' end, r.code, f.message
      from d, found f join rules r on r.code = f.code
    union all
    select 'warning', 'unsigned', d.domain || ': no key of it was seen in the DNS, so the mail '
           'goes unsigned; publish the records of ' || godwit.id_text('dom', d.id)
           || ', then verify'
      from d where d.signing = '{}'
    union all
    select 'warning', 'stale', d.domain || ': its records were not looked for within a day; '
           'verify ' || godwit.id_text('dom', d.id)
      from d where d.fresh is not true
    union all
    select 'warning', 'unsigned', godwit.address_domain(c.from_address) || ': it is none of the '
           'domains of this workspace, so the mail goes unsigned; add it'
      from mail where not exists (select from d)
    union all
    select * from godwit.channel_findings(c)
    union all
    select 'blocker', 'no_members', 'list ' || godwit.id_text('lst', c.list_id)
           || ' has no members; add contacts before the start'
     where c.kind <> 'transactional'
       and not exists (select from godwit.list_members m
                        where m.tenant_id = c.tenant_id and m.list_id = c.list_id)
    union all
    select 'blocker', 'no_members', 'segment ' || godwit.id_text('seg', c.segment_id)
           || ' is gone; name another, or none for the whole list'
     where c.started_at is null and c.segment_id is not null
       and not exists (select from godwit.segments s
                        where s.tenant_id = c.tenant_id and s.id = c.segment_id)
    union all
    select 'warning', 'not_confirmed', 'nobody has confirmed list '
           || godwit.id_text('lst', l.id) || ', so nobody gets this mail; ask by lists_subscribe'
      from godwit.lists l
     where l.tenant_id = c.tenant_id and l.id = c.list_id and l.double_opt_in
       and c.kind = 'regular'
       and not exists (select from godwit.subscriptions s where s.tenant_id = l.tenant_id
                          and s.list_id = l.id and s.wanted and s.confirmed_at is not null)
    union all
    select 'blocker', 'asks_nobody', 'list ' || godwit.id_text('lst', l.id)
           || ' asks nobody; set its "double_opt_in", or make the campaign a regular one'
      from godwit.lists l
     where l.tenant_id = c.tenant_id and l.id = c.list_id and c.kind = 'confirm'
       and not l.double_opt_in
    union all
    select 'blocker', 'confirm_missing', 'nothing in it leads to the page where one confirms; add '
           '<a href="{{ confirm_url }}">'
      from godwit.template_versions v
     where c.kind = 'confirm' and v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version and not (godwit.names_confirm(v.names)
            or exists (select from godwit.snippets s where s.tenant_id = c.tenant_id
                  and s.name in (select godwit.calls_names(v.calls))
                  and godwit.names_confirm(s.names)))
    union all
    select 'warning', 'warming_up', format('%s: it warms up, so %s mails leave today at most, '
           'of which %s are taken; the rest waits', w.domain, w.ceiling, w.taken)
      from godwit.campaign_warmup(c, p_now) w where w.ceiling is not null
    union all
    select 'warning', 'route_paused', 'the route smart_host is paused, and all mail with it; '
           'routes_update opens it'
      from mail where not c.test and auth.smart_host_paused(p_now)
    union all
    select 'warning', 'not_due', 'its schedule names no time to come, so campaigns_schedule '
           'refuses it; give it another, or start it now'
      from auth.tenants t
     where t.id = c.tenant_id and c.started_at is null and c.schedule ? 'at'
       and coalesce(godwit.schedule_next(c.schedule, t.zone, p_now) < p_now, true)
    union all
    select distinct 'warning', 'hours_quiet', format('in its hours it is always quiet in %s, so '
           'who is there never gets it; change its "windows", or the quiet hours of %s',
           array_to_string(u.zones, ' or '), p.channel)
      from auth.tenants t
      join godwit.templates p on p.tenant_id = t.id and p.id = c.template_id
      join godwit.policy_of(t.id) r on r.quiet_hours ? p.channel
     cross join lateral (values (r.zones),
           (array[coalesce(c.schedule->>'zone', t.zone)])) u(zones)
     where t.id = c.tenant_id and c.schedule ? 'windows' and not exists (
           select from godwit.schedule_hours(c.schedule, t.zone, p_now, 7) h,
                       godwit.policy_hours(u.zones, (r.quiet_hours->p.channel->>'from')::time,
                           (r.quiet_hours->p.channel->>'to')::time, h.opens) q
            where q.opens < h.closes)
    union all
    select 'warning', 'no_zone', format('some contacts of list %s have no time zone; it is %s for '
           'them', godwit.id_text('lst', c.list_id), coalesce(c.schedule->>'zone', t.zone))
      from auth.tenants t
     where t.id = c.tenant_id
       and 'true' in (c.schedule->>'each_zone', c.schedule->>'best_hour')
       and exists (select from godwit.list_members m
              join godwit.contacts p on p.tenant_id = m.tenant_id and p.id = m.contact_id
             where m.tenant_id = c.tenant_id and m.list_id = c.list_id and p.zone is null)
    union all
    select 'warning', 'image_missing', format('the HTML shows cid:%s, and no file of the campaign '
           'is inline under that name', i)
      from godwit.campaign_images(c) i
     where not c.files @> jsonb_build_array(jsonb_build_object('as', 'inline', 'content_id', i))
    union all
    select 'warning', 'no_image', format('%s is inline and no image but %s; it can only be '
           'attached', godwit.id_text('file', f.id), f.type)
      from jsonb_array_elements(c.files) j
      join godwit.files f on f.tenant_id = c.tenant_id and f.id = (j->>'id')::bigint
     where j->>'as' = 'inline' and f.type not like 'image/%'
    union all
    select 'warning', f->>'rule', godwit.finding_text(f)
      from godwit.template_versions v, godwit.content_findings(v) f
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version and f->>'severity' <> 'info' $$;
