-- Who is in a segment: see worker/segments/segments.c.

-- name: segments_lead
select pg_try_advisory_lock(hashtextextended('godwit segments', 0));

-- name: segments_stale
update godwit.segments set refresh_pos = 0, problem = null where tenant_id > 0;

-- $1: rows of the change feed, as [[tenant, kind, key]]; who is to be looked at in
-- each workspace.
-- name: segments_changed
select tenant, ids from godwit.segments_changed($1::jsonb);

-- name: segments_of
select id from godwit.segments where tenant_id = $1::int and problem is null order by id;

-- Whose timers are due, the oldest $1: tenant, segment, contacts.
-- name: segments_due
select d.tenant_id, d.segment_id, array_agg(d.contact_id)
  from (select t.tenant_id, t.segment_id, t.contact_id from godwit.segment_timers t
         where t.qshard = 0 and t.at <= $2::timestamptz order by t.at limit $1::int) d
 group by 1, 2 order by 1, 2;

-- Of those that are to be looked at as a whole, the one that waits longest, of the
-- workspace behind $1: each has its turn.
-- name: segments_refresh
select u.tenant_id, u.id
  from godwit.segments u
 where u.tenant_id > 0 and u.refresh_pos is not null
 order by u.tenant_id <= $1::int, u.tenant_id, u.counted_at nulls first, u.id limit 1;

-- name: segment_turn
select godwit.segment_turn($1::int, $2::bigint, $3::bigint[], $4::int, $5::timestamptz);
