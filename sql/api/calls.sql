-- Messages of transactional campaigns, asked for one by one.

-- Whom {"contact_id"|"email"|"external_id"} names: one of the three. Nobody has the address: a
-- contact is made of it.
create or replace function godwit.call_contact(p_body jsonb)
returns godwit.contacts language plpgsql
as $$
declare
    v_email text := btrim(godwit.read_line(p_body, 'email', 3, 254));
    v_external text := godwit.read_line(p_body, 'external_id', 1, 200);
    v_id bigint := godwit.contact_now(auth.tenant(),
        godwit.read_id(p_body, 'contact_id', 'ct', false));
    p godwit.contacts;
begin
    if num_nonnulls(p_body->>'contact_id', p_body->>'email', p_body->>'external_id') <> 1 then
        perform godwit.invalid('email',
            'name exactly one of "contact_id", "email" and "external_id"');
    end if;
    if v_id is null then
        v_id := coalesce(godwit.contact_by(auth.tenant(), 'external_id', v_external),
                         godwit.contact_by(auth.tenant(), 'email', lower(v_email)));
    end if;
    if v_id is null and v_email is not null then
        begin
            v_id := godwit.read_id(api.contacts_create(jsonb_build_object('email', v_email)), 'id',
                                   'ct');
        exception
            when sqlstate 'GW003' then  -- another call has made it meanwhile
                v_id := godwit.contact_by(auth.tenant(), 'email', lower(v_email));
        end;
    end if;
    -- who is erased is it after this request has ended, or before it
    select * into p from godwit.contacts
     where tenant_id = auth.tenant() and id = v_id for key share;
    if not found then
        raise exception 'there is no contact %', coalesce(p_body->>'contact_id',
            'with the external id ' || (p_body->>'external_id'), p_body->>'email')
            using errcode = 'GW002',
                  column = case when p_body ? 'contact_id' then 'contact_id' else 'external_id' end;
    end if;
    p.email := coalesce(v_email, p.email);
    if p.email is null then
        raise exception 'contact % has no e-mail address', godwit.id_text('ct', p.id)
            using errcode = 'GW003', column = 'contact_id';
    end if;
    return p;
end $$;

-- {"id","contact_id"|"email"|"external_id","data"?}: stored; the role mail hears of it at once.
create or replace function api.campaigns_send(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns;
    p godwit.contacts;
    v_id bigint;
begin
    perform godwit.read_body(p_body, array['id', 'contact_id', 'email', 'external_id', 'data']),
            godwit.calls_lock(auth.tenant(), godwit.read_id(p_body, 'id', 'cmp'), true);
    c := godwit.campaign_find(p_body);
    p := godwit.call_contact(p_body);
    if c.kind <> 'transactional' or c.state not in ('running', 'paused') then
        raise exception '%', format(case when c.kind <> 'transactional'
            then 'campaign %s is not transactional; make one that is, by campaigns_create'
            else 'campaign %s is %s; only one that is running or paused takes messages' end,
            godwit.id_text('cmp', c.id), c.state) using errcode = 'GW003', column = 'id';
    elsif auth.is_test() and not c.test then
        raise exception 'a key for tests can not send campaign %, which is not a test',
            godwit.id_text('cmp', c.id) using errcode = 'GW004', column = 'id';
    end if;
    insert into godwit.messages (tenant_id, kind, to_address, from_address, subject, text,
        message_id, test, campaign_id, contact_id, data, created_at, at)
    select c.tenant_id, 'transactional', p.email, c.from_address, v.subject, '',
           format('gw.m.%s.%s', c.tenant_id, replace(gen_random_uuid()::text, '-', '')), c.test,
           c.id, p.id, godwit.read_data(p_body), auth.now(), auth.now()
      from godwit.template_versions v
     where v.tenant_id = c.tenant_id and v.template_id = c.template_id
       and v.version = c.template_version
    returning id into v_id;
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at,
        route)
    values (c.tenant_id, -c.id, v_id, 0, auth.now(), auth.now(), 'smart_host');
    perform godwit.audit('campaigns_send', godwit.id_text('msg', v_id), null, jsonb_build_object(
        'campaign_id', godwit.id_text('cmp', c.id), 'contact_id', godwit.id_text('ct', p.id)));
    return jsonb_build_object('id', godwit.id_text('msg', v_id),
        'campaign_id', godwit.id_text('cmp', c.id), 'contact_id', godwit.id_text('ct', p.id),
        'email', p.email, 'state', 'queued', 'created_at', auth.now(), 'test', c.test);
end $$;
