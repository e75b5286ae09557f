-- `godwit call`: the context of the one transaction that the operation is.

-- name: call_enter
select auth.enter($1::jsonb);
