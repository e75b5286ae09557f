-- Reports and roll-ups: see worker/analytics/.

-- name: report_begin
select godwit.report_begin($1::int, $2::jsonb, $3::timestamptz);

-- name: report_keys
select godwit.report_keys($1::jsonb);

-- The statement that reads what $1 asks for; of a funnel several, in their order.
-- name: report_paths
select godwit.paths_statement($1::jsonb);

-- name: report_moments
select * from godwit.moments_statements($1::jsonb);

-- The campaigns of a workspace whose roll-ups are behind; $2 null: all of them, else those
-- whose turn it is.
-- name: rollups_due
select campaign_id from godwit.rollups_due($1::int, $2::timestamptz);

-- name: rollup_campaign
select godwit.rollup_campaign($1::int, $2::bigint, $3::timestamptz);
