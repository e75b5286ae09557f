-- Experiments of campaigns: see worker/cron/experiments.c.

-- name: experiments_due
select tenant_id, campaign_id, input from godwit.experiments_due($1::timestamptz);

-- name: experiment_look
select godwit.experiment_look($1::int, $2::bigint, $3::jsonb, $4::jsonb, $5::timestamptz);
