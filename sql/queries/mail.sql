-- The role mail: campaigns to work on, windows, the queue, recovery.

-- Campaigns that are not over: what of them changes. One with files is sent by
-- the host that has them, and ended by any. One outside its hours is as if paused;
-- there is no more of one than what is due. Nor is it faster than its webhook.
-- name: mail_campaigns
select c.tenant_id, c.id,
       case when c.state = 'cancelled' or godwit.schedule_open(c.schedule, t.zone, $2::timestamptz)
            then c.state else 'paused' end, coalesce(least(c.rate, w.rate), 0), k.pos,
       godwit.cursor_due(k, case when c.state <> 'cancelled' then $2::timestamptz end), k.epoch,
       coalesce(c.concurrency, 0)
  from godwit.campaigns c
  join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
  join auth.tenants t on t.id = c.tenant_id
  left join lateral godwit.campaign_webhook(c) w on true
 where c.started_at is not null and c.finished_at is null
   and (c.host_id is null or c.host_id = $1::int or c.state = 'cancelled')
 order by c.tenant_id, c.id;

-- One of them, with what is needed to send it.
-- name: mail_campaign
select c.from_address, c.template_version, v.subject, v.html_tracked,
       coalesce(v.text, v.text_derived, ''), encode(t.hash_ipad, 'hex'),
       encode(t.hash_opad, 'hex'), c.name, coalesce(c.problem, ''),
       c.test or t.kind = 'sandbox', c.tracking,
       array_to_string(godwit.utm_params(c.utm), '&'), v.locale, v.variants, c.snippets,
       p.channel, v.arms, x.hold_out, x.test, array_to_string(x.weights, ' '),
       godwit.brand_shown(t.name, t.brand), c.kind, v.content->'doc',
       coalesce(godwit.id_text('lst', c.list_id), ''), coalesce(d.bounce_domain, '')
  from godwit.campaigns c
  join godwit.templates p on p.tenant_id = c.tenant_id and p.id = c.template_id
  join godwit.template_versions v on v.tenant_id = c.tenant_id
       and v.template_id = c.template_id and v.version = c.template_version
  join auth.tenants t on t.id = c.tenant_id
  left join godwit.experiments x on x.tenant_id = c.tenant_id and x.campaign_id = c.id
  left join godwit.domains d on d.tenant_id = c.tenant_id
       and d.domain = godwit.address_domain(c.from_address)
 where c.tenant_id = $1::int and c.id = $2::bigint;

-- What it sends along; no path: the file is gone.
-- name: mail_files
select u.j->>'as', u.j->>'name', u.j->>'content_id', f.type, f.path, encode(f.sha256, 'hex')
  from godwit.campaigns c
 cross join jsonb_array_elements(c.files) with ordinality u(j, n)
  left join godwit.files f on f.tenant_id = c.tenant_id and f.id = (u.j->>'id')::bigint
       and f.state = 'ready'
 where c.tenant_id = $1::int and c.id = $2::bigint
 order by u.n;

-- name: mail_problem
update godwit.campaigns set problem = $3
 where tenant_id = $1::int and id = $2::bigint;

-- name: mail_take
select * from godwit.campaign_take($1::int, $2::bigint, $3::int, $4::bigint, $5::bigint,
    $6::int, $7::timestamptz, $8::timestamptz);

-- name: mail_close
select godwit.campaign_close($1::int, $2::bigint, $3::bigint, $4::int, $5::bigint,
    $6::bigint, $7::bigint, $8::timestamptz, $9::timestamptz, $10::bigint[], $12::bigint[],
    $13::smallint[], $14::smallint[], $15::smallint[], $16::timestamptz[], $17::text[],
    $18::text[], $19::timestamptz[], $20::int[], $11::int);

-- A window lives long: is its epoch still ours? Then the lease is longer.
-- name: mail_renew
update godwit.campaign_cursors set lease_until = $5::timestamptz
 where tenant_id = $1::int and campaign_id = $2::bigint and epoch = $3::bigint
   and host_id = $4::int
returning epoch;

-- name: mail_settle
select godwit.campaign_settle($1::int, $2::timestamptz, $3::int[], $4::bigint[],
    $5::bigint[], $6::smallint[], $7::smallint[], $8::smallint[], $9::timestamptz[],
    $10::text[], $11::text[], $12::timestamptz[], $13::int[], $14::int[]);

-- name: mail_recover
select godwit.campaign_recover($1::int, $2::timestamptz, $3::boolean, $4::int[], $5::bigint[],
    $6::bigint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::timestamptz[],
    $11::text[], $12::text[], $13::timestamptz[], $14::int[]);

-- Claim so many of each of these campaigns that are due until then: no other
-- host may claim them. From the fourth column on as campaign_take, for the
-- ordinal the id, for first_at microseconds; of a transactional one messages.
-- name: mail_claim
select * from godwit.campaign_claim($1::int, $2::int[], $3::bigint[], $4::int[],
    $5::timestamptz[]);

-- The same of messages that are due: at most 100 of a workspace, $3 of all. The
-- first nine columns are those of mail_claim.
-- name: mail_claim_messages
with recursive t as (
    (select q.tenant_id from godwit.mail_queue q
      where q.qshard = 0 and q.campaign_id = 0 and q.host_id is null
      order by q.tenant_id limit 1)
    union all
    select (select q.tenant_id from godwit.mail_queue q
             where q.qshard = 0 and q.campaign_id = 0 and q.host_id is null
               and q.tenant_id > t.tenant_id
             order by q.tenant_id limit 1)
      from t where t.tenant_id is not null
), due as materialized (
    select q.qshard, q.id from t cross join lateral (
        select q.qshard, q.id from godwit.mail_queue q
         where q.qshard = 0 and q.campaign_id = 0 and q.host_id is null
           and q.tenant_id = t.tenant_id and q.due <= $2::timestamptz
         order by q.due, q.id limit 100 for update skip locked) q
     limit $3::int
), mine as (
    update godwit.mail_queue q set host_id = $1::int from due
     where q.qshard = due.qshard and q.id = due.id
    returning q.*
)
select q.tenant_id, 0, q.attempt, q.contact_id, q.id,
       (extract(epoch from q.first_at) * 1000000)::bigint,
       case when m.id is null then 5 when v.reason is not null then 4 end,
       case when m.id is null then 'the message is gone' else v.reason end,
       m.to_address, coalesce(m.from_address, $4), m.subject, m.text, m.html, m.message_id,
       encode(t.hash_ipad, 'hex'), encode(t.hash_opad, 'hex'),
       coalesce(m.test, true) or coalesce(t.kind = 'sandbox', false)
  from mine q
  left join godwit.messages m on m.tenant_id = q.tenant_id and m.id = q.contact_id
  left join auth.tenants t on t.id = q.tenant_id
  left join godwit.suppressions s on s.tenant_id = q.tenant_id
       and s.address_hash = godwit.address_hash(q.tenant_id, m.to_address)
 cross join lateral godwit.policy_suppressed('transactional', 'email', s.reason) v(reason)
 order by q.id;

-- What this host holds of the queue beyond these: given back, or the answer to
-- its claim was lost.
-- name: mail_release
update godwit.mail_queue set host_id = null
 where qshard = 0 and host_id = $1::int and id <> all ($2::bigint[]);

-- A window that was taken, yet nobody of it is sent.
-- name: mail_withdraw
update godwit.campaign_cursors set intent_end = pos
 where tenant_id = $1::int and campaign_id = $2::bigint and epoch = $3::bigint
   and pos = $4::bigint;

-- Nothing is left to take of a campaign.
-- name: mail_finish
select godwit.campaign_wind($1::int, $2::bigint, $3::timestamptz);
