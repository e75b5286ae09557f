-- The search for contacts: what auth.contacts_found is made of, which crosses
-- row-level security and names the tenant.

-- What is one letter from being right is found by asking for all that it could
-- be: p_text with a letter more, less or another, or two of them swapped.
create or replace function godwit.texts_near(p_text text, p_letters text)
returns text[] language sql immutable parallel safe
as $$ select array(
    select p_text
     union select left(p_text, i - 1) || substr(p_text, i + 1)
      from generate_series(1, length(p_text)) i
     union select left(p_text, i - 1) || substr(p_text, i + 1, 1) || substr(p_text, i, 1)
                  || substr(p_text, i + 2)
      from generate_series(1, length(p_text) - 1) i
     union select left(p_text, i - 1) || c || substr(p_text, i + n)
      from generate_series(1, length(p_text) + 1) i, generate_series(0, 1) n,
           string_to_table(p_letters, null) c) $$;

-- The letters that a word may be written with: those of its script.
create or replace function godwit.letters_of(p_word text)
returns text language sql immutable parallel safe
as $$ select case when p_word ~ '[\u0400-\u04ff]' then 'абвгдеёжзийклмнопрсту'
                                                      'фхцчшщъыьэюяіїєґ'
                  when p_word ~ '[\u0370-\u03ff]' then 'αβγδεζηθικλμνξοπρ'
                                                      'σςτυφχψωάέήίόύώ'
                  else 'abcdefghijklmnopqrstuvwxyz0123456789' end $$;

-- The words of a text that somebody searches for, at most eight.
create or replace function godwit.search_words(p_text text)
returns text[] language sql immutable parallel safe
as $$ select (array(select w from string_to_table(
        godwit.contact_text(null, null, p_text), ' ') w where w <> ''))[1:8] $$;

-- A pattern of LIKE for what begins with the text.
create or replace function godwit.begins(p_text text)
returns text language sql immutable parallel safe
as $$ select regexp_replace(p_text, '[\\%_]', '\\\&', 'g') || '%' $$;

-- Who is found by more than this is looked for one by one: of a million, a page of
-- them is read sooner so than all of them by an index.
create or replace function godwit.search_most()
returns int language sql immutable parallel safe
as $$ select 20000 $$;

-- The same for those whose words must be read, which takes ten times as long.
create or replace function godwit.search_most_read()
returns int language sql immutable parallel safe
as $$ select 8000 $$;

-- The key of a word in the index contacts_words.
create or replace function godwit.word_key(p_tenant int, p_word text)
returns int language sql immutable parallel safe
as $$ select hashtext(p_tenant::text || ':' || p_word) $$;

create or replace function godwit.words_keys(p_tenant int, p_words text[])
returns int[] language sql immutable parallel safe
as $$ select array(select godwit.word_key(p_tenant, w) from unnest(p_words) w) $$;

-- The number that a text is the beginning of, as contacts have it; null: of none.
create or replace function godwit.search_phone(p_text text)
returns text language sql immutable parallel safe
as $$ select case when btrim(p_text) ~ '^(\+|00)[0-9 ()./-]{3,}$'
        then '+' || ltrim(regexp_replace(p_text, '[^0-9]', '', 'g'), '0') end $$;

-- Patterns of LIKE for a contact_text that has all these words.
create or replace function godwit.words_patterns(p_words text[])
returns text[] language sql immutable parallel safe
as $$ select array(select '% ' || w || ' %' from unnest(p_words) w) $$;

-- Words are found by the index contacts_words: tenant_id + 0 keeps the planner from
-- others while it thinks that a table has few rows.

-- Who has all these words; null: more than godwit.search_most_read() have.
create or replace function godwit.contacts_worded(p_tenant int, p_words text[])
returns bigint[] language plpgsql stable
as $$
declare
    v_keys int[] := godwit.words_keys(p_tenant, p_words);
    v_like text[] := godwit.words_patterns(p_words);
    v_ids bigint[] := array(
        select c.id from godwit.contacts c
         where c.tenant_id + 0 = p_tenant
           and godwit.contact_words(c.tenant_id, c.email, c.first_name, c.last_name) @> v_keys
         limit godwit.search_most_read() + 1);
begin
    if cardinality(v_ids) > godwit.search_most_read() then
        return null;
    end if;
    return array(select c.id from godwit.contacts c
         where c.tenant_id = p_tenant and c.id = any (v_ids)
           and godwit.contact_text(c.email, c.first_name, c.last_name) like all (v_like));
end $$;

-- Whose address, first or last name begins with the text, which is in lower case,
-- and who has these words besides, some of them twice; null: more than
-- godwit.search_most() have one of these begin so, or with words
-- godwit.search_most_read() are such.
create or replace function godwit.contacts_beginning(p_tenant int, p_text text, p_words text[])
returns bigint[] language plpgsql stable
as $$
declare
    v_end text := p_text || U&'\+10FFFF';
    v_most int := case p_words when '{}' then godwit.search_most()
                               else godwit.search_most_read() end;
    v_keys int[] := godwit.words_keys(p_tenant, p_words);
    v_like text[] := godwit.words_patterns(p_words);
    v_email bigint[];
    v_first bigint[];
    v_last bigint[];
begin
    if p_words <> '{}' then
        -- all indexes at once: very many begin so, or have the words
        v_last := array(select c.id from godwit.contacts c
             where c.tenant_id = p_tenant
               and godwit.contact_words(c.tenant_id, c.email, c.first_name, c.last_name) @> v_keys
               and (lower(c.email) >= p_text and lower(c.email) < v_end
                    or c.first_name is not null
                       and lower(c.first_name) >= p_text and lower(c.first_name) < v_end
                    or c.last_name is not null
                       and lower(c.last_name) >= p_text and lower(c.last_name) < v_end)
               and godwit.contact_text(c.email, c.first_name, c.last_name) like all (v_like)
             limit v_most + 1);
        return case when cardinality(v_last) <= v_most then v_last end;
    end if;
    v_email := array(select c.id from godwit.contacts c
         where c.tenant_id = p_tenant and lower(c.email) >= p_text and lower(c.email) < v_end
         limit v_most + 1);
    if cardinality(v_email) <= v_most then
        v_first := array(select c.id from godwit.contacts c
             where c.tenant_id = p_tenant and c.first_name is not null
               and lower(c.first_name) >= p_text and lower(c.first_name) < v_end
             limit v_most + 1);
    end if;
    if cardinality(v_first) <= v_most then
        v_last := array(select c.id from godwit.contacts c
             where c.tenant_id = p_tenant and c.last_name is not null
               and lower(c.last_name) >= p_text and lower(c.last_name) < v_end
             limit v_most + 1);
    end if;
    return case when cardinality(v_last) <= v_most then v_email || v_first || v_last end;
end $$;

-- What a word may be when one letter of it is wrong. Two letters are taken as they are.
create or replace function godwit.word_near(p_word text)
returns text[] language sql immutable parallel safe
as $$ select case when length(p_word) between 3 and 40
                  then godwit.texts_near(p_word, godwit.letters_of(p_word))
                  else array[p_word] end $$;

-- Those of these words that somebody has. One by one: a search for hundreds of
-- words asks of each who has one of them for all the others.
create or replace function godwit.words_there(p_tenant int, p_words text[])
returns text[] language sql stable
as $$ select array(select w from unnest(p_words) w where exists (
          select from godwit.contacts c
           where c.tenant_id + 0 = p_tenant
             and godwit.contact_words(c.tenant_id, c.email, c.first_name, c.last_name)
                 @> array[godwit.word_key(p_tenant, w)])) $$;

-- Who has these words, the two longest of them but for a letter each; a thousand
-- of them when there are more.
create or replace function godwit.contacts_near(p_tenant int, p_words text[])
returns bigint[] language plpgsql stable
as $$
declare
    v_words text[] := array(select w from unnest(p_words) w order by length(w) desc);
    v_one text[] := godwit.words_there(p_tenant, godwit.word_near(v_words[1]));
    v_two text[] := case when cardinality(v_words) > 1
        then godwit.words_there(p_tenant, godwit.word_near(v_words[2])) else v_one end;
    v_keys int[] := godwit.words_keys(p_tenant, v_one);
    v_more int[] := godwit.words_keys(p_tenant, v_two);
begin
    return array(
        select c.id from godwit.contacts c
         cross join lateral (select string_to_array(godwit.contact_text(c.email, c.first_name,
               c.last_name), ' ') as words offset 0) t       -- each is read once
         where c.tenant_id + 0 = p_tenant
           and godwit.contact_words(c.tenant_id, c.email, c.first_name, c.last_name) && v_keys
           and godwit.contact_words(c.tenant_id, c.email, c.first_name, c.last_name) && v_more
           and t.words && v_one and t.words && v_two and t.words @> v_words[3:]
         limit 1000);
end $$;
