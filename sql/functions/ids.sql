-- Identifiers and keyed hashes.

-- The public form of an id: cmp_1. Opaque to clients.
create or replace function godwit.id_text(p_prefix text, p_id bigint)
returns text language sql immutable parallel safe
as $$ select p_prefix || '_' || p_id $$;

-- The id in its public form; GW001 naming the field when it is not one of
-- this prefix.
create or replace function godwit.id_parse(p_prefix text, p_id text, p_field text)
returns bigint language plpgsql immutable parallel safe
as $$
begin
    if p_id ~ ('^' || p_prefix || '_[1-9][0-9]{0,17}$') then
        return substr(p_id, length(p_prefix) + 2)::bigint;
    end if;
    raise exception '"%" is not an id like %_1', p_field, p_prefix
        using errcode = 'GW001', column = p_field;
end $$;

-- base64url without padding, and back.
create or replace function godwit.b64url(p_bytes bytea)
returns text language sql immutable parallel safe
as $$ select translate(encode(p_bytes, 'base64'), E'+/=\n', '-_') $$;

create or replace function godwit.b64url_bytes(p_text text)
returns bytea language sql immutable parallel safe
as $$ select decode(rpad(translate(p_text, '-_', '+/'), (length(p_text) + 3) / 4 * 4, '='),
                    'base64') $$;

-- The words of sends.state, and of messages.state, which has `received` too.
create or replace function godwit.state_name(p_state smallint)
returns text language sql immutable parallel safe
as $$ select (array['queued', 'in_flight', 'sent', 'failed', 'suppressed',
                    'invalid', 'not_rendered', 'uncertain', 'received'])[p_state + 1] $$;

-- HMAC-SHA256 (RFC 2104) under the tenant's secret, from its stored pads. Not in
-- SQL alone, which would be planned for every call.
create or replace function godwit.tenant_hmac(p_tenant int, p_text text)
returns bytea language plpgsql stable
as $$
begin
    return (select sha256(t.hash_opad || sha256(t.hash_ipad || convert_to(p_text, 'UTF8')))
              from auth.tenants t where t.id = p_tenant);
end $$;

-- The key of an address in suppressions: blanks around it and the case of
-- ASCII letters (collate "C") do not count.
create or replace function godwit.address_hash(p_tenant int, p_address text)
returns bytea language sql stable
as $$ select godwit.tenant_hmac(p_tenant, lower(btrim(p_address) collate "C")) $$;

-- The Message-ID of a campaign's mail to a contact, the same on every
-- attempt; domain is that of the From address. '': what is no mail goes under
-- it as webhook-id and Idempotency-Key.
create or replace function godwit.message_id(
    p_tenant int, p_campaign bigint, p_contact bigint, p_domain text)
returns text language sql stable
as $$ select format(case p_domain when '' then 'gw_%s_%s_%s_%s' else '<gw.%s.%s.%s.%s@%s>' end,
        p_tenant, p_campaign, p_contact, substr(encode(godwit.tenant_hmac(p_tenant,
            format('mid:%s.%s', p_campaign, p_contact)), 'hex'), 1, 16), p_domain) $$;

-- The domain of `Name <local@domain>` or `local@domain`.
create or replace function godwit.address_domain(p_from text)
returns text language sql immutable parallel safe
as $$ select lower(rtrim(regexp_replace(p_from, '^.*@', ''), '> ')) $$;

-- Consent after somebody said p_new (null: nothing): an opt-out stays.
create or replace function godwit.consent_merge(p_old smallint, p_new smallint)
returns smallint language sql immutable parallel safe
as $$ select case when p_old = 2 then p_old else coalesce(p_new, p_old) end $$;

-- Ids for p_n contacts that a COPY is to make.
create or replace function godwit.contact_ids(p_n int)
returns bigint[] language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select array_agg(nextval('godwit.contacts_id_seq')) from generate_series(1, p_n) $$;
