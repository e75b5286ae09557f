-- `godwit call`: the context of the one transaction that the operation is.

-- name: call_enter
select auth.enter($1::jsonb);

-- What to hash a password with that is to be checked.
-- name: call_salt
select params, wait_seconds from auth.password_salt($1, null, null,
    $2::timestamptz, $3);
