-- The channels that messages go by: whom they reach, and what a campaign of each needs.

-- The channel of a campaign is that of its template.
create or replace function godwit.campaign_channel(c godwit.campaigns)
returns text language sql stable
as $$ select t.channel from godwit.templates t
       where t.tenant_id = c.tenant_id and t.id = c.template_id $$;

-- Does it go to a telephone number?
create or replace function godwit.channel_calls(p_channel text)
returns boolean language sql immutable parallel safe
as $$ select p_channel in ('sms', 'whatsapp', 'voice') $$;

-- The number that somebody has at WhatsApp where it is not his telephone's, in E.164.
create or replace function godwit.whatsapp_number(p godwit.contacts)
returns text language sql stable parallel safe
as $$ select '+' || i.value from godwit.contact_identities i
       where i.tenant_id = p.tenant_id and i.contact_id = p.id and i.kind = 'whatsapp'
       order by i.created_at desc, i.value limit 1 $$;

-- Where a channel reaches a contact; null: nowhere. A webhook reaches a system and not him: what
-- is suppressed is asked of the address by which he can be reached.
create or replace function godwit.channel_address(p_channel text, p godwit.contacts)
returns text language sql stable parallel safe
as $$ select case when p_channel = 'whatsapp' then coalesce(godwit.whatsapp_number(p), p.phone)
        when godwit.channel_calls(p_channel) then p.phone
        when p_channel = 'webhook' then coalesce(p.email, p.phone)
        else p.email end $$;

-- Why nothing can be sent on a channel at all, in one sentence; null: it can.
create or replace function godwit.channel_missing(p_channel text)
returns text language sql immutable parallel safe
as $$ select 'there is no provider for ' || case p_channel when 'sms' then 'SMS' else 'WhatsApp'
             end || ' in this release, so nothing is sent by it; templates_preview shows what '
             'would be' where p_channel in ('sms', 'whatsapp') $$;

-- GW003 when nothing can be sent of that template.
create or replace function godwit.template_sends(t godwit.templates, p_field text)
returns void language plpgsql stable
as $$
declare
    v_why text := godwit.channel_missing(t.channel);
begin
    if v_why is not null then
        raise exception 'template %: %', godwit.id_text('tpl', t.id), v_why
            using errcode = 'GW003', column = p_field;
    end if;
end $$;

-- Scheme, host and port of a URL, as it is compared.
create or replace function godwit.url_origin(p_url text)
returns text language sql immutable parallel safe
as $$ select regexp_replace(lower(substring(p_url from '^[A-Za-z]+://[^/?#]+')),
             '^(https://.*):443$|^(http://.*):80$', '\1\2') $$;

-- Does a URL lead to a base, or below it?
create or replace function godwit.url_within(p_url text, p_base text)
returns boolean language sql immutable parallel safe
as $$ select coalesce(godwit.url_origin(p_url) = godwit.url_origin(p_base)
             and starts_with(u.rest, u.base)
             and (u.base ~ '(^|/)$' or substr(u.rest, length(u.base) + 1) ~ '^([/?&#]|$)'), false)
        from (select regexp_replace(p_url, '^[A-Za-z]+://[^/?#]+', ''),
                     regexp_replace(p_base, '^[A-Za-z]+://[^/?#]+', '')) u(rest, base) $$;

-- The contents of a version: its own and those of its variants.
create or replace function godwit.version_contents(v godwit.template_versions)
returns setof jsonb language sql stable
as $$ select v.content->'doc' union all
      select d#>'{content,doc}' from jsonb_each(v.variants) e(k, d) $$;

-- What stands against sending a version of a template for webhooks, the code with its message: it
-- is signed by the secret of a webhook of the workspace, and goes to its URL or below it.
create or replace function godwit.webhook_against(v godwit.template_versions)
returns table (code text, message text) language sql stable
as $$
    with d as (
        select distinct u->>'webhook' as webhook, u->>'url' as url
          from godwit.version_contents(v) u where v.content->>'channel' = 'webhook'
    ), w as (
        select d.*, w.id, w.url as own, w.enabled
          from d left join godwit.webhooks w on w.tenant_id = v.tenant_id
           and w.id = substr(d.webhook, 4)::bigint
    )
    select 'webhook_missing', case when webhook is null
           then 'its content names no webhook; add "webhook" to it, as in {"webhook": "wh_1"}, '
                'whose secret signs what is sent'
           else format('there is no webhook %s, which its content names; name another', webhook) end
      from w where id is null
    union all
    select 'webhook_disabled', format('webhook %s, which its content names, is disabled; enable '
           'it, or name another', webhook) from w where not enabled
    union all
    select 'webhook_url', format('it goes to %s, and the secrets of webhook %s are for %s and what '
           'is below that; change either', url, webhook, own)
      from w where id is not null and not godwit.url_within(url, own)
$$;

-- What stands against a campaign because of its channel.
create or replace function godwit.channel_findings(c godwit.campaigns)
returns table (level text, code text, message text) language sql stable
as $$
    select 'blocker', 'no_provider', godwit.channel_missing(godwit.campaign_channel(c))
     where godwit.channel_missing(godwit.campaign_channel(c)) is not null
    union all
    select 'blocker', f.code, f.message
      from godwit.template_versions v, godwit.webhook_against(v) f
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version
$$;

-- The webhook that a campaign goes through; no row: it is for another channel.
create or replace function godwit.campaign_webhook(c godwit.campaigns)
returns setof godwit.webhooks language sql stable
as $$ select w.*
        from godwit.template_versions v
        join godwit.webhooks w on w.tenant_id = v.tenant_id
         and w.id = substr(v.content#>>'{doc,webhook}', 4)::bigint
       where v.tenant_id = c.tenant_id and v.template_id = c.template_id
         and v.version = c.template_version $$;
