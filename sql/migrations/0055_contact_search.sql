-- Contacts are found by the words of their name and address.

-- What they are found by: words in lower case without accents, a blank before
-- and behind each.
create function godwit.contact_text(p_email text, p_first text, p_last text)
returns text language plpgsql immutable parallel safe
as $$
declare
    v text := translate(lower(left(concat_ws(' ', p_first, p_last, p_email), 500)),
        E'@._-+,;:/''"%\\()[]<>&|!*\t', repeat(' ', 24));
begin
    if octet_length(v) > length(v) then
        v := translate(v, 'àáâãäåāăąçćčďđèéêëēėęěğìíîïīįı'
                          'łľñńňòóôõöøőřśşšßťţùúûüūůűųýÿžźż',
                          'aaaaaaaaacccddeeeeeeeegiiiiiii'
                          'llnnnooooooorssssttuuuuuuuuyyzzz');
    end if;
    return ' ' || v || ' ';
end $$;

-- The same as numbers, which say nothing of who was erased and which begin with
-- the workspace: a search reads the keys of its own alone.
create function godwit.contact_words(p_tenant int, p_email text, p_first text, p_last text)
returns int[] language plpgsql immutable parallel safe
as $$
declare
    v_own text := p_tenant || ':';
    v_words int[] := '{}';
    w text;
begin
    foreach w in array string_to_array(godwit.contact_text(p_email, p_first, p_last), ' ') loop
        if w <> '' then
            v_words := v_words || hashtext(v_own || w);
        end if;
    end loop;
    return v_words;
end $$;

-- Few rows wait in its list: a search for what is nearly right compares each of
-- them with hundreds of words.
create index contacts_words on godwit.contacts
    using gin (godwit.contact_words(tenant_id, email, first_name, last_name))
    with (gin_pending_list_limit = 256);

grant select on godwit.contact_identities to gw_search;
