-- The change feed: what a reader asks. Ids come from a sequence, so one that
-- is missing may belong to a transaction that has not committed yet.

-- The ids that are missing among those there are; lo is null in one more row,
-- whose hi is the newest.
-- name: feed_start
with c as materialized (
    select id, lag(id, 1, 0::bigint) over (order by id) as before
      from godwit.change_log where qshard = $1::smallint
)
select before + 1 as lo, id - 1 as hi from c where id > before + 1
union all
select null, coalesce(max(id), 0) from c
 order by 1;

-- name: feed_next
select id, tenant_id, kind, key
  from godwit.change_log
 where qshard = $1::smallint and id > $2::bigint
 order by id limit $3::int;

-- Those of the missing that have come.
-- name: feed_missing
select c.id, c.tenant_id, c.kind, c.key
  from unnest($2::bigint[], $3::bigint[]) as g(lo, hi)
  join godwit.change_log c on c.qshard = $1::smallint
       and c.id between g.lo and g.hi
 order by c.id limit $4::int;
