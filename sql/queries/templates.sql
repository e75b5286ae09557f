-- What operations on templates render: see worker/jobs/templates.c.

-- name: template_extremes
select contact, why, doc from godwit.template_extremes($1::int, $2::bigint, $3::int);

-- name: template_test
select godwit.template_test($1::int, $2::jsonb);

-- name: template_test_send
select godwit.template_test_send($1::int, $2::bigint, $3::bigint, $4, $5, $6, $7::timestamptz);
