-- Double opt-in: the mail that asks, and who may be asked again.

-- The texts of that mail in the language of a locale, else in English.
create or replace function godwit.confirmation_texts(p_locale text)
returns jsonb language sql immutable parallel safe
as $$ select coalesce(t->lower(substring(p_locale from '^[A-Za-z]+')), t->'en')
    from (values (jsonb_build_object(
        'en', jsonb_build_object('lang', 'en', 'direction', 'ltr',
            'subject', 'Please confirm: %s',
            'text', 'You are to get "%1$s" from %2$s. Is that what you want? Then confirm it '
                    'within a week:',
            'button', 'Yes, I want it',
            'else', 'If not, there is nothing to do: you get no more mail of it.'),
        'de', jsonb_build_object('lang', 'de', 'direction', 'ltr',
            'subject', 'Bitte bestätigen: %s',
            'text', 'Sie sollen "%1$s" von %2$s erhalten. Möchten Sie das? Dann bestätigen Sie '
                    'es innerhalb einer Woche:',
            'button', 'Ja, das möchte ich',
            'else', 'Wenn nicht, ist nichts zu tun: Sie erhalten keine weitere E-Mail dazu.'),
        'ar', jsonb_build_object('lang', 'ar', 'direction', 'rtl',
            'subject', 'يرجى التأكيد: %s',
            'text', 'سيصلك «%1$s» من %2$s. '
                    'هل ترغب في ذلك؟ أكِّد خلال أسبوع:',
            'button', 'نعم، أرغب في ذلك',
            'else', 'إن لم ترغب فلا داعي لفعل شيء: '
                    'لن تصلك رسائل أخرى بشأنه.')))) v(t) $$;

-- A text inside HTML, and a name that no word of ours can be made of.
create or replace function godwit.confirmation_name(p_name text)
returns text language sql immutable parallel safe
as $$ select replace(p_name, '{{', '{ {') $$;

create or replace function godwit.html_text(p_text text)
returns text language sql immutable parallel safe
as $$ select replace(replace(replace(replace(p_text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                     '"', '&quot;') $$;

-- Queue the mail that asks a contact about a list; the id of the message.
create or replace function godwit.confirmation_send(l godwit.lists, c godwit.contacts,
    p_from text, p_now timestamptz)
returns bigint language plpgsql
as $$
declare
    t jsonb := godwit.confirmation_texts(c.locale);
    v_list text := godwit.confirmation_name(l.name);
    v_text text := format(t->>'text', v_list, godwit.confirmation_name(
        (select w.name from auth.tenants w where w.id = l.tenant_id)));
    v_id bigint;
begin
    v_id := godwit.message_add(l.tenant_id, 'confirmation', c.email,
        format(t->>'subject', v_list),
        format(E'%s\n\n{{ confirm_url }}\n\n%s\n', v_text, t->>'else'), p_now,
        format('<!doctype html><html lang="%s" dir="%s"><body style="font:16px/1.5 sans-serif">'
            '<p>%s</p><p><a href="{{ confirm_url }}">%s</a></p><p>%s</p></body></html>',
            t->>'lang', t->>'direction', godwit.html_text(v_text), t->>'button', t->>'else'),
        p_from);
    insert into godwit.confirmations (tenant_id, message_id, list_id, contact_id, asked_at)
    values (l.tenant_id, v_id, l.id, c.id, p_now);
    return v_id;
end $$;

-- Why nobody may be asked now: once an hour, three times in a week; null: he may.
create or replace function godwit.confirmation_wait(s godwit.subscriptions, p_now timestamptz)
returns text language sql stable parallel safe
as $$ select case
    when s.asked_at > p_now - interval '1 hour'
    then 'was asked less than an hour ago; wait for it to pass'
    when s.asked >= 3 and s.asked_at > p_now - interval '7 days'
    then 'was asked three times; wait for a week' end $$;

-- May a campaign not ask a member of a list of whom this is known? He has confirmed it, has left
-- it, or must be let alone for a while.
create or replace function godwit.confirmation_barred(s godwit.subscriptions, p_now timestamptz)
returns boolean language sql stable parallel safe
as $$ select s.wanted is false or s.wanted and s.confirmed_at is not null
        or godwit.confirmation_wait(s, p_now) is not null $$;

revoke execute on function
    godwit.confirmation_send(godwit.lists, godwit.contacts, text, timestamptz) from gw_search;
