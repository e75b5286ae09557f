-- Domains that a workspace sends from: made, published, verified, signing.

-- The domain of {"id"}, locked when it is to change; GW002.
create or replace function godwit.domain_find(p_body jsonb, p_lock boolean default false)
returns godwit.domains language plpgsql
as $$
declare
    v_id bigint := godwit.read_id(p_body, 'id', 'dom');
    d godwit.domains;
begin
    if p_lock then
        select * into d from godwit.domains
         where tenant_id = auth.tenant() and id = v_id for update;
    else
        select * into d from godwit.domains where tenant_id = auth.tenant() and id = v_id;
    end if;
    if not found then
        raise exception 'there is no domain %', p_body->>'id'
            using errcode = 'GW002', column = 'id';
    end if;
    return d;
end $$;

-- Have the worker look at it, with new keys if it is to make some; what waits
-- to be done already is not asked for again.
create or replace function godwit.domain_look(p_domain bigint, p_make boolean)
returns godwit.operations language plpgsql
as $$
declare
    o godwit.operations;
begin
    select * into o from godwit.operations
     where qshard = 0 and tenant_id = auth.tenant() and state = 'queued'
       and kind = 'domains_verify' and object = godwit.id_text('dom', p_domain)
       and (input->>'make')::boolean >= p_make limit 1;
    if not found then
        o := godwit.operation_start('domains_verify', godwit.id_text('dom', p_domain),
            jsonb_build_object('domain', p_domain, 'make', p_make), null);
    end if;
    return o;
end $$;

-- {"domain"}; GW003: it is there, or there are a hundred.
create or replace function api.domains_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    v_domain text := lower(godwit.read_line(p_body, 'domain', 3, 220, true));
    d godwit.domains;
begin
    perform godwit.read_body(p_body, array['domain']);
    if v_domain !~ ('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+'
                    '[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')
    then
        perform godwit.invalid('domain', '"domain" is not a domain like mail.example.com, in '
            'its ASCII form (xn--...)');
    end if;
    perform pg_advisory_xact_lock(hashtextextended('domains', auth.tenant()));
    if 100 <= (select count(*) from godwit.domains where tenant_id = auth.tenant()) then
        raise exception 'the workspace has 100 domains' using errcode = 'GW003';
    end if;
    insert into godwit.domains (tenant_id, domain, created_at)
    values (auth.tenant(), v_domain, auth.now()) returning * into d;
    perform godwit.domain_look(d.id, true);
    perform godwit.audit('domains_create', godwit.id_text('dom', d.id), null,
        godwit.domain_json(d));
    return godwit.domain_json(d);
exception
    when unique_violation then
        raise exception 'the domain % is there already', v_domain
            using errcode = 'GW003', column = 'domain';
end $$;

-- {"domain"?}
create or replace function api.domains_list(p_body jsonb)
returns jsonb language sql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.list(p_body, 'domains_list', 'godwit.domains t', 't.id',
        'godwit.domain_json(t)', array[
            ['id', 't.id', 'bigint'],
            ['domain', 't.domain', 'text']], array[
            ['domain', 'line', 't.domain = lower(%s)']]) $$;

create or replace function api.domains_get(p_body jsonb)
returns jsonb language plpgsql stable
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['id', 'fields']);
    return godwit.domain_json(godwit.domain_find(p_body));
end $$;

-- Ceilings of days, 1 to 60 whole numbers; null when there are none.
create or replace function godwit.read_ceilings(p_body jsonb)
returns int[] language plpgsql stable
as $$
declare
    v jsonb := p_body->'warmup';
begin
    if jsonb_typeof(v) = 'null' then
        return null;
    end if;
    if jsonb_typeof(v) <> 'array' or jsonb_array_length(v) not between 1 and 60
        or exists (select from jsonb_array_elements(v) e
                    where jsonb_typeof(e) <> 'number' or e::text !~ '^[1-9][0-9]{0,7}$')
    then
        perform godwit.invalid('warmup', '"warmup" is a list of 1 to 60 whole numbers from 1 to '
            '99999999, or null');
    end if;
    return array(select e::int from jsonb_array_elements(v) with ordinality x(e, n) order by n);
end $$;

-- The domain in lower case; null when it is not to be another than the house's.
create or replace function godwit.read_bounce_domain(p_body jsonb, p_domain text)
returns text language plpgsql stable
as $$
declare
    v_domain text;
begin
    if jsonb_typeof(p_body->'bounce_domain') = 'null' then
        return null;
    end if;
    v_domain := lower(godwit.read_line(p_body, 'bounce_domain', 3, 180, true));
    if v_domain !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'
        or '.' || v_domain not like '%.' || p_domain
    then
        perform godwit.invalid('bounce_domain', format('"bounce_domain" is %s or one below it, '
            'such as bounce.%s, or null', p_domain, p_domain));
    end if;
    return v_domain;
end $$;

-- {"id","warmup"?,"bounce_domain"?}: a plan of ceilings a day that begins today, or none.
create or replace function api.domains_update(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.domains := godwit.domain_find(p_body, true);
    v_was jsonb := godwit.domain_json(d);
    v_ceilings int[];
begin
    perform godwit.read_body(p_body, array['id', 'warmup', 'bounce_domain', '_if_match']);
    perform godwit.match(p_body, v_was);
    if p_body ? 'warmup' then
        v_ceilings := godwit.read_ceilings(p_body);
        delete from godwit.warmups where tenant_id = d.tenant_id and domain_id = d.id;
        insert into godwit.warmups (tenant_id, domain_id, starts_on, ceilings)
        select d.tenant_id, d.id, (auth.now() at time zone 'UTC')::date, v_ceilings
         where v_ceilings is not null;
    end if;
    if p_body ? 'bounce_domain' then
        update godwit.domains set bounce_domain = godwit.read_bounce_domain(p_body, d.domain)
         where tenant_id = d.tenant_id and id = d.id returning * into d;
    end if;
    perform godwit.audit('domains_update', godwit.id_text('dom', d.id), v_was,
        godwit.domain_json(d));
    return godwit.domain_json(d);
end $$;

-- {"id"}: the records are looked for now.
create or replace function api.domains_verify(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.domains := godwit.domain_find(p_body, true);
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id']);
    o := godwit.domain_look(d.id, false);
    perform godwit.audit('domains_verify', godwit.id_text('dom', d.id), null,
        godwit.operation_json(o));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- {"id"}: new keys, which sign once their records are seen; GW003 while such
-- ones wait already.
create or replace function api.domains_rotate(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.domains := godwit.domain_find(p_body, true);
    o godwit.operations;
begin
    perform godwit.read_body(p_body, array['id']);
    if exists (select from godwit.dkim_keys where tenant_id = d.tenant_id and domain_id = d.id
                  and state = 'new')
    then
        raise exception 'new keys of domain % wait to be published; publish their records, then '
            'verify', godwit.id_text('dom', d.id) using errcode = 'GW003', column = 'id';
    end if;
    o := godwit.domain_look(d.id, true);
    perform godwit.audit('domains_rotate', godwit.id_text('dom', d.id), null,
        godwit.operation_json(o));
    return jsonb_build_object('operation', godwit.id_text('op', o.id));
end $$;

-- {"id"}; GW003 while a campaign that is not over is sent from it.
create or replace function api.domains_delete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    d godwit.domains := godwit.domain_find(p_body, true);
    v_was jsonb := godwit.domain_json(d);
    v_campaign bigint;
    v_secrets uuid[];
begin
    perform godwit.read_body(p_body, array['id', '_if_match']);
    perform godwit.match(p_body, v_was);
    select c.id into v_campaign from godwit.campaigns c
     where c.tenant_id = d.tenant_id and c.finished_at is null
       and c.state not in ('draft', 'cancelled')
       and godwit.address_domain(c.from_address) = d.domain limit 1;
    if found then
        raise exception 'campaign %, which is not over, is sent from domain %; cancel it first',
            godwit.id_text('cmp', v_campaign), godwit.id_text('dom', d.id)
            using errcode = 'GW003', column = 'id';
    end if;
    select array_agg(secret_id) into v_secrets from godwit.dkim_keys
     where tenant_id = d.tenant_id and domain_id = d.id;
    delete from godwit.domains where tenant_id = d.tenant_id and id = d.id;
    delete from godwit.secret where tenant_id = d.tenant_id and id = any (v_secrets);
    perform godwit.audit('domains_delete', godwit.id_text('dom', d.id), v_was, null);
    return null;
end $$;
