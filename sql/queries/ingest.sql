-- The drain: one transaction a batch, with the compare-and-set of spool_pos.

-- Begun before the batch in front is committed, whose rows it must see then.
-- name: ingest_begin
begin isolation level read committed;

-- name: ingest_commit
commit;

-- name: ingest_rollback
rollback;

-- Where the drain of a segment stands.
-- name: ingest_pos
select pos, state from godwit.spool_pos where spool_id = $1::uuid;

-- name: ingest_segment
insert into godwit.spool_pos (spool_id, host_id, name, class, updated_at)
values ($1::uuid, $2::int, $3, $4::smallint, $5::timestamptz)
on conflict (spool_id) do nothing;

-- The fence: no row when another drainer has moved it; else whether somebody is
-- told of opens and clicks. From here to the commit no event is judged again.
-- name: ingest_cas
update godwit.spool_pos
   set pos = $3::bigint, records = records + $4::bigint,
       rejected = rejected + $5::bigint, updated_at = $6::timestamptz
 where spool_id = $1::uuid and pos = $2::bigint
returning exists (select tenant_id from godwit.webhooks
                   where enabled and events && '{*,message.opened,message.clicked}'),
          pg_advisory_xact_lock_shared(hashtextextended('godwit events', 0));

-- name: ingest_state
update godwit.spool_pos
   set state = $2, note = $3, updated_at = $4::timestamptz
 where spool_id = $1::uuid;

-- The workspaces that keep what others do not, when any of it has changed since
-- $1; else no row. One without a workspace says that there are none.
-- name: ingest_privacy
select h.privacy_version, t.id, t.truncate_addresses::int, t.respect_do_not_track::int
  from auth.house h
  left join auth.tenants t on t.truncate_addresses or not t.respect_do_not_track
 where h.privacy_version <> $1::bigint
 order by t.id;

-- The numbers of reasons, one for each name in its order; those that are new get
-- theirs first.
-- name: ingest_reasons
insert into godwit.class_reasons (name)
select n from unnest($1::text[]) n
 where not exists (select from godwit.class_reasons r where r.name = n)
on conflict (name) do nothing;

-- name: ingest_reason_ids
select r.id from unnest($1::text[]) with ordinality as u(name, no)
  join godwit.class_reasons r using (name) order by u.no;

-- name: ingest_copy
copy godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link,
    flags, ip, user_agent, referer, reason) from stdin (format binary);

-- name: ingest_reject
insert into godwit.event_rejects (spool_id, pos, at, reason, record)
values ($1::uuid, $2::bigint, $3::timestamptz, $4, decode($5, 'hex'))
on conflict do nothing;

-- A batch is thousands of keys whose number no plan knows: each is looked for
-- by its index, and no whole table is ever read.
-- name: ingest_session
select set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_bitmapscan', 'off', false);

-- Which persons have a row, in the order they were given. ctid and xmin say
-- later where the row is and whether it is still the one that was read.
-- name: ingest_known
select e.no, g.opened_at, g.clicked_at, g.unsubscribed_at, g.class, g.human, g.xmin, g.ctid
  from unnest($1::int[], $2::bigint[], $3::bigint[]) with ordinality
       as e(tenant_id, campaign_id, contact_id, no)
  join godwit.engagement g using (tenant_id, campaign_id, contact_id)
 order by e.no;

-- Those that had none: fails when another drainer makes one of them now.
-- name: ingest_new
copy godwit.engagement (tenant_id, campaign_id, contact_id, opened_at,
    clicked_at, unsubscribed_at, class, human) from stdin (format binary);

-- Those that change, by the place where they were read: what lies there has
-- another xmin when it is another row by now. When it is fewer rows than were
-- asked for, another drainer was faster.
-- name: ingest_changed
update godwit.engagement g
   set opened_at = e.opened_at, clicked_at = e.clicked_at,
       unsubscribed_at = e.unsubscribed_at, class = e.class, human = e.human
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::timestamptz[],
              $5::timestamptz[], $6::timestamptz[], $7::smallint[],
              $8::smallint[], $9::xid[], $10::tid[])
       as e(tenant_id, campaign_id, contact_id, opened_at, clicked_at,
            unsubscribed_at, class, human, was, place)
 where g.ctid = e.place and g.xmin = e.was and g.tenant_id = e.tenant_id
   and g.campaign_id = e.campaign_id and g.contact_id = e.contact_id;

-- Who has opened (1) or clicked (2) a campaign for the first time is told of, and
-- once more when only later ones were a person's.
-- name: ingest_told
select godwit.emit(u.tenant, case u.kind when 1 then 'message.opened' else 'message.clicked' end,
           jsonb_build_object('campaign_id', godwit.id_text('cmp', u.campaign),
               'contact_id', godwit.id_text('ct', u.contact), 'at', u.at,
               'class', (array['unknown', 'human', 'proxy_open', 'prefetch', 'scanner',
                               'bot'])[u.class + 1]), u.drained)
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[],
              $6::timestamptz[], $7::timestamptz[])
       as u(tenant, campaign, contact, kind, class, at, drained)
 where godwit.webhook_wants(u.tenant, '{message.opened,message.clicked}');

-- Those of opens and clicks are to be judged by timing as well.
-- name: ingest_totals
with due as (
    insert into godwit.verdicts_due (tenant_id, campaign_id, since, until, noted_at)
    select * from unnest($1::int[], $2::bigint[], $12::timestamptz[], $13::timestamptz[],
                         $14::timestamptz[]) as u(tenant, campaign, since, until, noted)
     where u.since is not null
    returning *
), told as (
    insert into godwit.change_log (tenant_id, kind, key, at)
    select d.tenant_id, 'events', godwit.span_key(d.campaign_id, d.since, d.until), d.noted_at
      from due d
     where exists (select from godwit.segments s where s.tenant_id = d.tenant_id)
)
insert into godwit.campaign_totals as t (tenant_id, campaign_id, opens,
    unique_opens, clicks, unique_clicks, unsubscribes, human_opens,
    human_unique_opens, human_clicks, human_unique_clicks)
select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[],
                     $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                     $9::bigint[], $10::bigint[], $11::bigint[])
 order by 1, 2
on conflict (tenant_id, campaign_id) do update
   set opens = t.opens + excluded.opens,
       unique_opens = t.unique_opens + excluded.unique_opens,
       clicks = t.clicks + excluded.clicks,
       unique_clicks = t.unique_clicks + excluded.unique_clicks,
       unsubscribes = t.unsubscribes + excluded.unsubscribes,
       human_opens = t.human_opens + excluded.human_opens,
       human_unique_opens = t.human_unique_opens + excluded.human_unique_opens,
       human_clicks = t.human_clicks + excluded.human_clicks,
       human_unique_clicks = t.human_unique_clicks + excluded.human_unique_clicks;

-- name: ingest_calls
select godwit.usage_calls($1::int[], $2::timestamptz[], $3::bigint[], ($4::timestamptz[])[1]);

-- name: ingest_hours
insert into godwit.campaign_hours (tenant_id, campaign_id, hour, kind, class, n)
select * from unnest($1::int[], $2::bigint[], $3::timestamptz[],
                     $4::smallint[], $5::smallint[], $6::bigint[])
 order by 1, 2, 3, 4, 5
on conflict (tenant_id, campaign_id, hour, kind, class) do update
   set n = campaign_hours.n + excluded.n;

-- People who said whether they want mail (the last word of each in this batch)
-- are held first: the statement after this one sees what others made of them.
-- name: ingest_wishers
select from unnest($1::int[], $2::bigint[]) as u(tenant_id, contact_id)
  join godwit.contacts c on c.tenant_id = u.tenant_id
   and c.id = godwit.contact_now(u.tenant_id, u.contact_id)
 order by c.tenant_id, c.id
   for no key update of c;

-- A word counts unless a later one is known; of two at once the one for no mail.
-- Wanting mail again undoes only the person's own unsubscribe, and is not said by
-- the link of a mail that went to another address. The feed is
-- kept by its stamp, so that is the time of the drain.
-- name: ingest_wishes
with u as materialized (
    -- two that went into one have said it as one
    select distinct on (1, 2) tenant_id, godwit.contact_now(tenant_id, contact_id) as contact_id,
           at, wish, campaign_id, contact_id as sent_to
      from unnest($1::int[], $2::bigint[], $3::timestamptz[],
                  $4::smallint[], $5::bigint[])
        as u(tenant_id, contact_id, at, wish, campaign_id)
     order by 1, 2, at desc, wish desc
), c as (
    update godwit.contacts c
       set consent_email = u.wish, email_wished_at = u.at, updated_at = u.at
      from u join godwit.contacts o on o.tenant_id = u.tenant_id and o.id = u.contact_id
     where c.tenant_id = u.tenant_id and c.id = u.contact_id
       and (c.email_wished_at is null or c.email_wished_at < u.at
            or c.email_wished_at = u.at and u.wish = 2)
       and (u.wish = 2 or o.id = u.sent_to and not godwit.went_elsewhere(o, u.campaign_id, u.at))
    returning c.tenant_id, c.id, c.email, u.at, u.wish, u.campaign_id, o.consent_email as was
), shown as (
    insert into godwit.consents (tenant_id, contact_id, channel, consent, at, source, object,
        noted_at)
    select tenant_id, id, 'email', wish, at, 'mail', godwit.id_text('cmp', campaign_id),
           ($6::timestamptz[])[1]
      from c
), undone as (
    delete from godwit.suppressions s using c
     where c.wish = 1 and s.tenant_id = c.tenant_id
       and s.reason = 'unsubscribe'
       and s.address_hash = godwit.address_hash(c.tenant_id, c.email)
    returning s.tenant_id, s.address_hash
), made as (
    insert into godwit.suppressions (tenant_id, address_hash, address, reason,
        campaign_id, contact_id, created_at)
    select tenant_id, godwit.address_hash(tenant_id, email), lower(email),
           'unsubscribe', campaign_id, id, at
      from c where wish = 2 and email is not null
     order by 1, 2
    on conflict (tenant_id, address_hash) do nothing
    returning tenant_id, address_hash
), fed as (
    insert into godwit.change_log (tenant_id, kind, key, at)
    select s.tenant_id, 'suppression', encode(s.address_hash, 'hex'), ($6::timestamptz[])[1]
      from (select * from undone union all select * from made) s
    union all
    select c.tenant_id, 'contact', c.id::text, ($6::timestamptz[])[1] from c
     where exists (select from godwit.segments g where g.tenant_id = c.tenant_id)
)
select godwit.emit(c.tenant_id, 'contact.unsubscribed', jsonb_build_object(
           'contact_id', godwit.id_text('ct', c.id), 'email', c.email, 'at', c.at,
           'campaign_id', godwit.id_text('cmp', c.campaign_id)), ($6::timestamptz[])[1])
  from c where c.wish = 2 and c.was <> 2
   and godwit.webhook_wants(c.tenant_id, '{contact.unsubscribed}');

-- What was said on the page of preferences.
-- name: ingest_said
select godwit.preferences_said($1::jsonb, $2::timestamptz);

-- What sites and apps have told.
-- name: ingest_tracked
select godwit.tracked_store($1::jsonb, $2::timestamptz);
