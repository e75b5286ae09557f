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

-- A report that needs no walk of ours.
-- name: report_plain
select godwit.report_plain($1::jsonb);

-- One of many recipients takes its time.
-- name: rollups_begin
select set_config('statement_timeout', '10min', false);

-- The campaigns of a workspace whose roll-ups are behind; $3: all of them, else those
-- whose turn it is.
-- name: rollups_due
select campaign_id from godwit.rollups_due($1::int, $2::timestamptz, $3::boolean);

-- name: rollup_campaign
select godwit.rollup_campaign($1::int, $2::bigint, $3::timestamptz);
