-- The brand of a workspace: its pages and what it sends show it.

-- What a workspace shows of itself: {"name","color","on_color","address"}, without a
-- colour where it has none. on_color is the one of black and white that can be read on it.
create or replace function godwit.brand_shown(p_name text, p_brand jsonb)
returns jsonb language sql immutable
as $$ select jsonb_build_object('name', p_name, 'address', p_brand->>'address')
    || coalesce((select jsonb_build_object('color', p_brand->>'color', 'on_color',
            case when sum(w * case when v <= 0.04045 then v / 12.92
                                   else power((v + 0.055) / 1.055, 2.4) end) > 0.179
                 then '#000000' else '#ffffff' end)
        from (select w, get_byte(decode(substr(p_brand->>'color', 2), 'hex'), n)::float8 / 255 as v
                from (values (0, 0.2126), (1, 0.7152), (2, 0.0722)) u(n, w)) c
       where p_brand ? 'color'), '{}') $$;

-- What templates see of a workspace, as `brand`.
create or replace function godwit.brand_of(p_tenant int)
returns jsonb language sql stable
as $$ select godwit.brand_shown(t.name, t.brand) from auth.tenants t where t.id = p_tenant $$;
