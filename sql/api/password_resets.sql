-- New passwords for who has forgotten his.

-- {"email"}: the answer is the same whoever asks for whomever.
create or replace function api.password_resets_create(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['email']);
    perform auth.password_forgotten(lower(godwit.read_email(p_body, 'email', true)));
    return null;
end $$;

-- {"token","new_password_hash"}: all his sessions end.
create or replace function api.password_resets_complete(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['token', 'new_password_hash']);
    perform auth.ticket_password(godwit.read_line(p_body, 'token', 1, 100, true),
        p_body->>'new_password_hash');
    perform auth.audit_user('password_resets_complete', godwit.id_text('user', auth.user_id()),
        null, null);
    return null;
end $$;
