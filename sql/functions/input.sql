-- Readers of an operation's input: each takes one field and raises GW001 with
-- a sentence and the field's name when it is wrong.

create or replace function godwit.invalid(p_field text, p_message text)
returns void language plpgsql
as $$ begin raise exception '%', p_message using errcode = 'GW001', column = p_field; end $$;

-- Is the body an object that holds none but these fields? The caller's plan
-- takes it in; read_body says what is wrong.
create or replace function godwit.is_body(p_body jsonb, p_fields text[])
returns boolean language sql immutable parallel safe
as $$ select case when jsonb_typeof(p_body) = 'object'
                  then p_body - p_fields = '{}' else false end $$;

-- The body is an object and holds none but these fields.
create or replace function godwit.read_body(p_body jsonb, p_fields text[])
returns void language plpgsql stable
as $$
declare
    v_field text;
begin
    if godwit.is_body(p_body, p_fields) then
        return;
    end if;
    if jsonb_typeof(p_body) is distinct from 'object' then
        perform godwit.invalid('', 'the input is not a JSON object');
    end if;
    select k into v_field from jsonb_object_keys(p_body - p_fields) k limit 1;
    perform godwit.invalid(v_field, format('there is no field "%s"; the fields are %s',
        v_field, array_to_string(array(select f from unnest(p_fields) f
                                        where f not like '\_%'), ', ')));
end $$;

-- A text of p_min to p_max characters without control characters other than
-- tab and line ends; null when it may be missing and is.
create or replace function godwit.read_text(
    p_body jsonb, p_field text, p_min int, p_max int, p_required boolean default false)
returns text language plpgsql stable
as $$
declare
    v text := p_body->>p_field;
begin
    if v is null then
        if p_required then
            perform godwit.invalid(p_field, format('"%s" is missing', p_field));
        end if;
        return null;
    end if;
    if jsonb_typeof(p_body->p_field) <> 'string' then
        perform godwit.invalid(p_field, format('"%s" is not a text', p_field));
    end if;
    if length(v) < p_min or length(v) > p_max then
        perform godwit.invalid(p_field, format('"%s" has %s characters; %s to %s are allowed',
            p_field, length(v), p_min, p_max));
    end if;
    if v ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' then
        perform godwit.invalid(p_field, format('"%s" holds a control character', p_field));
    end if;
    return v;
end $$;

-- A line: a text without line ends.
create or replace function godwit.read_line(
    p_body jsonb, p_field text, p_min int, p_max int, p_required boolean default false)
returns text language plpgsql stable
as $$
declare
    v text := godwit.read_text(p_body, p_field, p_min, p_max, p_required);
begin
    if v ~ '[\n\r\t]|\u0085|\u2028|\u2029' then
        perform godwit.invalid(p_field, format('"%s" holds a line break or a tab', p_field));
    end if;
    return v;
end $$;

-- A whole number in [p_min, p_max]; p_default when it is missing.
create or replace function godwit.read_int(
    p_body jsonb, p_field text, p_min bigint, p_max bigint, p_default bigint default null)
returns bigint language plpgsql stable
as $$
begin
    if p_body->p_field is null or jsonb_typeof(p_body->p_field) = 'null' then
        return p_default;
    end if;
    if jsonb_typeof(p_body->p_field) <> 'number' or p_body->>p_field !~ '^-?[0-9]{1,18}$'
        or (p_body->>p_field)::bigint not between p_min and p_max
    then
        perform godwit.invalid(p_field, format('"%s" is not a whole number from %s to %s',
            p_field, p_min, p_max));
    end if;
    return (p_body->>p_field)::bigint;
end $$;

-- One of these words.
create or replace function godwit.read_word(p_body jsonb, p_field text, p_words text[])
returns text language plpgsql stable
as $$
declare
    v text := godwit.read_line(p_body, p_field, 1, 64);
begin
    if v <> all (p_words) then
        perform godwit.invalid(p_field, format('"%s" is not one of %s', p_field,
            array_to_string(p_words, ', ')));
    end if;
    return v;
end $$;

-- What is missing or is no id, step by step.
create or replace function godwit.read_id_slowly(
    p_body jsonb, p_field text, p_prefix text, p_required boolean)
returns bigint language plpgsql stable
as $$
declare
    v text := godwit.read_text(p_body, p_field, 1, 64, p_required);
begin
    return case when v is not null then godwit.id_parse(p_prefix, v, p_field) end;
end $$;

-- An id in its public form. The caller's plan takes it in.
create or replace function godwit.read_id(
    p_body jsonb, p_field text, p_prefix text, p_required boolean default true)
returns bigint language sql stable
as $$ select case when p_body->>p_field ~ ('^' || p_prefix || '_[1-9][0-9]{0,17}$')
                  then substr(p_body->>p_field, length(p_prefix) + 2)::bigint
                  else godwit.read_id_slowly(p_body, p_field, p_prefix, p_required) end $$;

-- Does a text look like an address that SMTP can carry? The sender's own
-- check before MAIL FROM is the strict one.
create or replace function godwit.is_email(p_text text)
returns boolean language sql immutable parallel safe
as $$ select length(p_text) <= 254
         and p_text ~ ('^[^\s@<>"(),:;\\\[\]\x01-\x1f\x7f]{1,64}'
                       '@[A-Za-z0-9]([A-Za-z0-9-]{0,62}\.?)*[A-Za-z0-9]$')
         and p_text !~ '\.\.' $$;

create or replace function godwit.read_email(
    p_body jsonb, p_field text, p_required boolean default false)
returns text language plpgsql stable
as $$
declare
    v text := btrim(godwit.read_line(p_body, p_field, 1, 254, p_required));
begin
    if v is not null and not godwit.is_email(v) then
        perform godwit.invalid(p_field, format('"%s" is not an e-mail address: %s', p_field, v));
    end if;
    return v;
end $$;

-- How many rows a page has.
create or replace function godwit.read_limit(p_body jsonb)
returns int language sql stable
as $$ select case when p_body ? 'limit' then godwit.read_int(p_body, 'limit', 1, 1000, 50)::int
                  else 50 end $$;

-- One row of the change feed.
create or replace function godwit.changed(p_tenant int, p_kind text, p_key text, p_at timestamptz)
returns void language sql
as $$ insert into godwit.change_log (tenant_id, kind, key, at)
      values (p_tenant, p_kind, p_key, p_at) $$;

-- What a template sees of a contact and a campaign.
create or replace function godwit.recipient_data(
    c godwit.contacts, p_campaign bigint, p_campaign_name text)
returns jsonb language sql stable
as $$ select jsonb_build_object(
        'contact', c.attributes || jsonb_build_object('id', godwit.id_text('ct', c.id),
            'email', c.email, 'phone', c.phone, 'external_id', c.external_id,
            'first_name', c.first_name, 'last_name', c.last_name, 'zone', c.zone,
            'locale', c.locale, 'attributes', c.attributes),
        'campaign', jsonb_build_object('id', godwit.id_text('cmp', p_campaign),
            'name', p_campaign_name), 'brand', godwit.brand_of(c.tenant_id)) $$;
