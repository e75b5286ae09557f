-- Who is in a segment: see worker/segments/segments.c.

-- name: segments_lead
select pg_try_advisory_lock(hashtextextended('godwit segments', 0));

-- name: segments_stale
select godwit.segments_stale(null);

-- $1: rows of the change feed, as [[tenant, kind, key]].
-- name: segments_changes
select godwit.segments_changes($1::jsonb, $2::timestamptz);

-- name: segments_due
select godwit.segments_due($1::int, $2::timestamptz);

-- name: segments_refresh
select godwit.segments_refresh($1::int, $2::timestamptz);
