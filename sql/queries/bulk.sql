-- The operation contacts_bulk: many contacts, step by step.

-- name: bulk_begin
begin;

-- name: bulk_commit
commit;

-- name: bulk_rollback
rollback;

-- How many it has been of how many.
-- name: bulk_turn
select done, total from godwit.bulk_turn($1::int, $2::bigint, $3::timestamptz);
