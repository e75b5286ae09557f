-- Mail that came in.

-- name: receive_bounce
select godwit.bounce_take(decode($1, 'hex'), $2::int, $3::bigint, $4::bigint, $5, $6, $7,
    $8::boolean, $9::smallint, $10, $11, $12::int, $13::int, $14::timestamptz,
    $15, $16, $17);

-- name: receive_reply
select godwit.reply_take(decode($1, 'hex'), $2::int, $3::bigint, $4::bigint, $5, $6, $7, $8, $9,
    $10::boolean, $11::jsonb, $12, $13::timestamptz);

-- Is the mail known that somebody answers?
-- name: receive_whose
select godwit.reply_of($1::int, $2::bigint, $3::bigint, $4) is not null;
