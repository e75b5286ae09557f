-- Exports: pages of a list as text, one short transaction each.

-- A cell: quoted, and harmless in a spreadsheet, which would take a text that
-- begins like a formula for one, in East Asia also in its wide characters. The
-- worker's csv_put_cell does the same.
create or replace function godwit.csv_cell(p_value jsonb)
returns text language sql immutable parallel safe
as $$ select case jsonb_typeof(p_value)
        when 'string' then '"' || regexp_replace(replace(p_value#>>'{}', '"', '""'),
                '^''*[-=+@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]', '''\&') || '"'
        when 'object' then '"' || replace(p_value::text, '"', '""') || '"'
        when 'array' then '"' || replace(p_value::text, '"', '""') || '"'
        when 'null' then ''
        else coalesce(p_value::text, '') end $$;

-- {"text": ..., "next": cursor or null, "rows", "tenant"} of a page of the operation
-- p_list, as the body wants it: {"format": csv|ndjson, "cursor"?, "limit"?, filters};
-- of the first "total" and "total_estimated" as that list has them. The
-- cursor carries p_last, the id up to which the first page saw rows, so that an
-- export ends however fast rows come. p_columns: paths of members, a.b; csv has
-- them in its first row, before the first page.
create or replace function godwit.export(p_body jsonb, p_list text, p_last bigint,
    p_columns text[])
returns jsonb language plpgsql
as $$
declare
    v_csv boolean := coalesce(godwit.read_word(p_body, 'format', '{csv,ndjson}'), 'csv') = 'csv';
    v_cursor text := godwit.read_text(p_body, 'cursor', 1, 1000);
    v_body jsonb := p_body - array['format', 'cursor'];
    v_page jsonb;
    v_text text;
begin
    if v_cursor !~ '^[0-9]{1,18}\.' then
        perform godwit.invalid('cursor', '"cursor" is not one that this list gave '
            'with the same filters and sort');
    end if;
    if v_cursor is not null then
        p_last := split_part(v_cursor, '.', 1);
        v_body := v_body || jsonb_build_object('cursor', split_part(v_cursor, '.', 2));
    end if;
    execute format('select api.%I($1)', p_list) into v_page
      using v_body || jsonb_build_object('_last', coalesce(p_last, 0), 'total', v_cursor is null);
    select coalesce(string_agg(case when v_csv
            then (select string_agg(godwit.csv_cell(i#>string_to_array(c, '.')), ',' order by n)
                    from unnest(p_columns) with ordinality u(c, n)) || E'\r\n'
            else i::text || E'\n' end, '' order by o), '') into v_text
      from jsonb_array_elements(v_page->'items') with ordinality e(i, o);
    if v_csv and v_cursor is null then
        v_text := array_to_string(p_columns, ',') || E'\r\n' || v_text;
    end if;
    return v_page - array['items', 'next'] || jsonb_build_object('text', v_text,
        'next', p_last || '.' || (v_page->>'next'),
        'rows', jsonb_array_length(v_page->'items'), 'tenant', auth.tenant());
end $$;
