-- Secrets as SQL sees them: sealed at the edge, opened by the worker alone.

-- Keep one for the workspace of the request: {"id","sealed"} as the edge makes
-- it of a property that is x-secret or x-make-secret. Its id; null for null.
create or replace function godwit.secret_put(p_sealed jsonb, p_purpose text)
returns uuid language plpgsql
as $$
declare
    v_id uuid;
    v_sealed bytea;
begin
    if coalesce(p_sealed, 'null') = 'null' then
        return null;
    end if;
    begin
        v_id := (p_sealed->>'id')::uuid;
        v_sealed := decode(p_sealed->>'sealed', 'base64');
    exception
        when invalid_text_representation or invalid_parameter_value then
            v_sealed := null;
    end;
    if v_id is null or coalesce(length(v_sealed), 0) < 53 or get_byte(v_sealed, 0) <> 1 then
        perform godwit.invalid('', 'a secret comes here sealed; send it to the API over HTTP');
    end if;
    insert into godwit.secret (tenant_id, id, purpose, sealed, created_at)
    values (auth.tenant(), v_id, p_purpose, v_sealed, auth.now());
    return v_id;
end $$;

-- Forget one of the workspace of the request.
create or replace function godwit.secret_drop(p_id uuid)
returns void language sql
as $$ delete from godwit.secret where tenant_id = auth.tenant() and id = p_id $$;
