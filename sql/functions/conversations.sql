-- What persons answer to our mail, as the role receive has found it.

-- Whom the mail was to that somebody answers: the contact, or null. p_answers is
-- the Message-ID that the answer names, left of its @ (then p_campaign and p_id
-- are what it claims), or null when a token has vouched for them. Campaign 0: of
-- a message.
create or replace function godwit.reply_of(p_tenant int, p_campaign bigint, p_id bigint,
    p_answers text)
returns bigint language sql stable
as $$
    select c.id from godwit.contacts c
     where p_campaign > 0 and c.tenant_id = p_tenant
       and c.id = godwit.contact_now(p_tenant, p_id)
       and (p_answers is null or '<' || p_answers || '@x>'
            = godwit.message_id(p_tenant, p_campaign, p_id, 'x'))
    union all
    select auth.contact_by_email(p_tenant, m.to_address) from godwit.messages m
     where p_campaign = 0 and m.tenant_id = p_tenant and m.state <> 8
       and case when p_answers is null then m.id = p_id else m.message_id = p_answers end
$$;

-- What came beside an answer, [{"name","type","bytes"}], as it is stored: with
-- "file", its row of files. Those with "host","path","sha256","quota" lie on that
-- host; where the workspace has no room for one, its row is left out and cron
-- removes its bytes. A type that no upload may have is that of any bytes.
create or replace function godwit.reply_files(p_tenant int, p_attachments jsonb, p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    e jsonb;
    v_bytes bigint;
    v_file bigint;
    v_files jsonb := '[]';
begin
    -- as uploads do: each sees the one before
    perform pg_advisory_xact_lock(hashtextextended('files ' || p_tenant, 0))
      where p_attachments @? '$[*].path';
    for e in select j from jsonb_array_elements(p_attachments) with ordinality u(j, n) order by n
    loop
        v_bytes := (e->>'bytes')::bigint;
        v_file := null;
        if e ? 'path' and ((e->>'quota')::bigint = 0
            or godwit.files_used(p_tenant, p_now) + v_bytes <= (e->>'quota')::bigint)
        then
            begin
                perform godwit.quota_storage(p_tenant, v_bytes, true, p_now);
                insert into godwit.files (tenant_id, host_id, sha256, bytes, type, path, state,
                    name, created_at)
                values (p_tenant, (e->>'host')::int, decode(e->>'sha256', 'hex'), v_bytes,
                    case when lower(e->>'type') in ('application/pdf', 'application/zip',
                            'image/gif', 'image/jpeg', 'image/png', 'image/webp', 'text/calendar',
                            'text/csv') or lower(e->>'type')
                              like 'application/vnd.openxmlformats-officedocument.%'
                         then lower(e->>'type') else 'application/octet-stream' end,
                    e->>'path', 'ready', left(coalesce(nullif(e->>'name', ''), 'file'), 200), p_now)
                returning id into v_file;
            exception when sqlstate 'GW007' then
                v_file := null;
            end;
        end if;
        v_files := v_files || jsonb_build_object('name', e->>'name', 'type', e->>'type', 'bytes',
            v_bytes, 'file', v_file);
    end loop;
    return v_files;
end $$;

revoke execute on function godwit.reply_files(int, jsonb, timestamptz) from gw_api, gw_search;

-- What came beside an answer, as a client sees it.
create or replace function godwit.attachments_json(p_attachments jsonb)
returns jsonb language sql immutable
as $$ select case when p_attachments is not null then coalesce(jsonb_agg(jsonb_build_object(
            'name', j->>'name', 'type', j->>'type', 'bytes', j->'bytes',
            'file_id', godwit.id_text('file', (j->>'file')::bigint)) order by n), '[]') end
        from jsonb_array_elements(p_attachments) with ordinality u(j, n) $$;

-- Take an answer: `taken`; `before` (this very mail, or another with its
-- Message-ID in the same conversation) and `nobody` change nothing.
create or replace function godwit.reply_take(p_hash bytea, p_tenant int, p_campaign bigint,
    p_id bigint, p_answers text, p_to text, p_from text, p_subject text, p_body text,
    p_cut boolean, p_attachments jsonb, p_message_id text, p_now timestamptz)
returns text language plpgsql
as $$
declare
    v_contact bigint := godwit.reply_of(p_tenant, p_campaign, p_id, p_answers);
    v_campaign bigint := nullif(p_campaign, 0);
    v_opened boolean;
    v_message bigint;
    v_seq bigint;
    c godwit.conversations;
begin
    -- who erases him meanwhile waits, or has been
    perform from godwit.contacts o
      where o.tenant_id = p_tenant and o.id = v_contact for key share;
    if not found then
        return 'nobody';
    end if;
    insert into godwit.conversations (tenant_id, contact_id, channel, last_inbound_seq,
        created_at, updated_at)
    values (p_tenant, v_contact, 'email', 0, p_now, p_now)
    on conflict (tenant_id, contact_id, channel) do nothing;
    v_opened := found;
    select * into c from godwit.conversations o
     where o.tenant_id = p_tenant and o.contact_id = v_contact and o.channel = 'email' for update;
    if exists (select from godwit.messages m
                where m.tenant_id = p_tenant and m.mail_hash = p_hash)
        or p_message_id <> '' and exists (select from godwit.messages m
                where m.tenant_id = p_tenant and m.message_id = p_message_id
                  and m.conversation_id = c.id)
    then
        return 'before';
    end if;
    -- of what was erased none is given again
    select greatest(max(m.seq), c.last_inbound_seq) + 1 into v_seq from godwit.messages m
     where m.tenant_id = p_tenant and m.conversation_id = c.id;
    insert into godwit.messages as m (tenant_id, kind, to_address, from_address, subject,
        message_id, test, state, created_at, at, conversation_id, seq, campaign_id, body, body_cut,
        attachments, mail_hash)
    values (p_tenant, 'reply', p_to, p_from, p_subject, p_message_id, false, 8, p_now, p_now, c.id,
        v_seq, v_campaign, p_body, p_cut, godwit.reply_files(p_tenant, p_attachments, p_now),
        p_hash)
    returning m.id into v_message;
    update godwit.conversations o
       set state = 'open', last_inbound_seq = v_seq, updated_at = p_now
     where o.tenant_id = p_tenant and o.id = c.id;
    perform godwit.emit(p_tenant, 'message.received', jsonb_build_object(
        'message_id', godwit.id_text('msg', v_message),
        'conversation_id', godwit.id_text('cnv', c.id),
        'contact_id', godwit.id_text('ct', v_contact),
        'campaign_id', godwit.id_text('cmp', v_campaign), 'channel', 'email', 'seq', v_seq,
        'opened', v_opened or c.state = 'closed', 'subject', p_subject, 'at', p_now), p_now);
    return 'taken';
end $$;

revoke execute on function godwit.reply_take(bytea, int, bigint, bigint, text, text, text, text,
    text, boolean, jsonb, text, timestamptz) from gw_api, gw_search;
