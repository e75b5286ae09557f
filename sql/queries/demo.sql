-- The operations demo_load and demo_remove, step by step.

-- What is compiled before: [{"handler","body"}].
-- name: demo_bodies
select godwit.demo_bodies();

-- How many it has been of how many.
-- name: demo_turn
select done, total from godwit.demo_turn($1::int, $2::bigint, $3::timestamptz, $4::jsonb);
