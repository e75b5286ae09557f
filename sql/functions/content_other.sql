-- Content of templates that is no mail. shm/gw_content has judged what it is and
-- counted its text when it was compiled.

-- {"locale"}: that of a content; GW001.
create or replace function godwit.read_locale(p_body jsonb)
returns text language plpgsql stable
as $$
declare
    v_locale text := godwit.read_line(p_body, 'locale', 2, 35);
begin
    if not godwit.is_locale(v_locale) then
        perform godwit.invalid('locale', format('"%s" is no locale like de or de-AT', v_locale));
    end if;
    return v_locale;
end $$;

-- What is stored of a content and of what was made of it, of this channel (null: any).
create or replace function godwit.content_made(p_content jsonb, p_made jsonb, p_channel text)
returns jsonb language plpgsql stable
as $$
begin
    if p_content is null or p_content = 'null' then
        perform godwit.invalid('content', '"content" is missing');
    end if;
    if p_made is null then
        perform godwit.invalid('content', 'the content has not been compiled');
    end if;
    if p_made->>'channel' <> p_channel then
        perform godwit.invalid('content', format('"content" is that of %s, and the template is '
            'for %s', p_made->>'channel', p_channel));
    end if;
    return p_made || jsonb_build_object('doc', p_content);
end $$;

-- As godwit.content_read has it, of {"content","locale"?,"variants"?}.
create or replace function godwit.content_other(p_body jsonb, v godwit.template_versions)
returns godwit.template_versions language plpgsql
as $$
declare
    v_made jsonb := p_body->'_compiled';
    v_new boolean := v.version is null;
    v_mail text := (select f from unnest('{subject,html,text,experiment}'::text[]) f
                     where p_body ? f limit 1);
begin
    if not v_new and v.content is null then
        perform godwit.invalid('content', '"content" is of other channels, and this template is '
            'mail');
    end if;
    if v_mail is not null then
        perform godwit.invalid(v_mail, format('"%s" is of mail; a template for %s has "content"',
            v_mail, coalesce(v.content->>'channel', v_made#>>'{content,channel}')));
    end if;
    if v_new or p_body ? 'content' then
        v.content := godwit.content_made(p_body->'content', v_made->'content',
            coalesce(v.content->>'channel', p_body->>'channel'));
    end if;
    if v_new or p_body ? 'locale' then
        v.locale := godwit.read_locale(p_body);
    end if;
    if v_new or p_body ? 'variants' then
        v.variants := coalesce(godwit.read_variants(p_body, v.content->>'channel'), '{}');
    end if;
    v.subject := '';
    v.html := '';
    v.html_tracked := '';
    v.links := '[]';
    v.arms := '[]';
    perform godwit.calls_check(coalesce(v_made->'calls', '[]'));
    v.calls := godwit.told_add(v_made->'calls', v.calls, p_body);
    v.lint := godwit.told_add(v_made->'lint', v.lint, p_body);
    v.names := godwit.told_add(v_made->'names', v.names, p_body);
    return v;
end $$;

-- How long each text of a version is as SMS; none of another channel.
create or replace function godwit.content_counts(v godwit.template_versions)
returns table (locale text, sms jsonb) language sql stable
as $$ select null, v.content->'sms' where v.content->>'channel' = 'sms'
      union all
      select k, d#>'{content,sms}' from jsonb_each(v.variants) e(k, d)
       where v.content->>'channel' = 'sms' $$;

-- Does any of these variables lead out: {"name": [ROOT, ...]}?
create or replace function godwit.names_leave(p_names jsonb)
returns boolean language sql immutable parallel safe
as $$ select coalesce(p_names @? '$[*].name[0] ? (@ == "unsubscribe_url"
            || @ == "preferences_url")', false) $$;

-- Do they lead to the page where a list is confirmed?
create or replace function godwit.names_confirm(p_names jsonb)
returns boolean language sql immutable parallel safe
as $$ select coalesce(p_names @? '$[*].name[0] ? (@ == "confirm_url")', false) $$;

-- What speaks against an SMS: that it is billed as many, what makes it so, and that it
-- leads nowhere out.
create or replace function godwit.sms_findings(v godwit.template_versions)
returns setof jsonb language sql stable
as $$ select jsonb_build_object('rule', 'sms_segments', 'severity', 'warning', 'field', 'content',
            'locale', locale, 'message', format('it goes and is billed as %s SMS%s; shorten it',
                sms->>'segments', case when (sms->>'exact')::boolean then ''
                    else ', and more with what variables add' end))
        from godwit.content_counts(v) where (sms->>'segments')::int > 3
      union all
      select jsonb_build_object('rule', 'sms_encoding', 'severity', 'info', 'field', 'content',
            'locale', locale, 'message', format('"%s" is not of the alphabet of SMS, so that one '
                'holds 70 characters and not 160; another sign would cost less', sms->>'other'))
        from godwit.content_counts(v) where sms->>'other' is not null
      union all
      select jsonb_build_object('rule', 'sms_stop', 'severity', 'info', 'field', 'content',
            'message', 'nothing in it says how to get no more; when it is marketing, end it with '
                'the likes of "STOP to end", or with {{ unsubscribe_url }}')
       where v.content->>'channel' = 'sms' and not godwit.names_leave(v.names)
         and v.content#>>'{doc,text}' !~* '\m(stop|stopp|quit|arret|arrêt|alto|baja)\M' $$;
