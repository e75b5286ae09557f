-- `godwit import`: batches through a temporary table, set by set.

-- name: import_table
create temporary table if not exists import_rows (
    line bigint, email text, phone text, external_id text, first_name text,
    last_name text, zone text, locale text, consent_email smallint,
    consent_sms smallint, consent_whatsapp smallint, consent_voice smallint,
    owner bigint, tags text[], attributes jsonb, address_hash bytea);

-- name: import_begin
begin;

-- name: import_commit
commit;

-- name: import_rollback
rollback;

-- name: import_clear
truncate import_rows;

-- name: import_copy
copy import_rows from stdin (format binary);

-- A batch of new people: ids for $3 contacts; the places (from 0) of those
-- whose address hashes, 32 bytes each in $2, are suppressed; may some of them be
-- known by another address or external id than stands in their row?
-- name: import_direct
select godwit.contact_ids($3::int),
       array(select n from generate_series(0, $3::int - 1) n
              where exists (select from godwit.suppressions s
                             where s.tenant_id = $1::int
                               and s.address_hash = substr($2::bytea, n * 32 + 1, 32)
                            offset 0)),
       exists (select from godwit.contact_identities i
                where i.tenant_id = $1::int and i.kind in ('email', 'external_id'));

-- name: import_save
savepoint direct;

-- name: import_back
rollback to savepoint direct;

-- name: import_copy_contacts
copy godwit.contacts (tenant_id, id, email, phone, external_id, first_name,
    last_name, zone, locale, consent_email, consent_sms, consent_whatsapp,
    consent_voice, owner, tags, attributes, created_at, updated_at)
    from stdin (format binary);

-- name: import_copy_members
copy godwit.list_members (tenant_id, list_id, contact_id, added_at)
    from stdin (format binary);

-- What the rows of a batch of new people ($2) said of consent.
-- name: import_consents
insert into godwit.consents (tenant_id, contact_id, channel, consent, at, source, object, noted_at)
select $1::int, c.id, u.channel, u.now, $3::timestamptz, 'import',
       godwit.id_text('imp', $4::bigint), $3::timestamptz
  from unnest($2::bigint[]) n(id)
  join godwit.contacts c on c.tenant_id = $1::int and c.id = n.id
 cross join lateral (values ('email', c.consent_email), ('sms', c.consent_sms),
       ('whatsapp', c.consent_whatsapp), ('voice', c.consent_voice)) u(channel, now)
 where u.now <> 0;

-- Who of a batch of new people ($2) has which tags.
-- name: import_tags
insert into godwit.contact_tags (tenant_id, tag, contact_id)
select $1::int, t, c.id
  from unnest($2::bigint[]) n(id)
  join godwit.contacts c on c.tenant_id = $1::int and c.id = n.id
 cross join lateral unnest(c.tags) t;

-- The workspace, by the pads of its secret.
-- name: import_tenant
select encode(hash_ipad, 'hex'), encode(hash_opad, 'hex')
  from auth.tenants where id = $1::int;

-- Which fields there are now; they stay so until the end of the transaction.
-- name: import_fields_version
select godwit.fields_version($1::int);

-- Options one a line; in order, to be looked up.
-- name: import_fields
select key, type, coalesce(array_to_string(options, E'\n'), '')
  from godwit.fields where tenant_id = $1::int order by key collate "C";

-- Who may look after a contact, by address and by id; in order as well.
-- name: import_members
select n.name, m.user_id
  from auth.memberships m
  join auth.users u on u.id = m.user_id
 cross join lateral (values (u.email), (godwit.id_text('user', u.id))) n(name)
 where m.tenant_id = $1::int order by n.name collate "C";

-- Do campaigns go out, of whomever: has one moved since $1?
-- name: import_sending
select exists (select from godwit.campaigns c
    join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
   where c.state = 'running' and c.finished_at is null and k.updated_at > $1::timestamptz);

-- name: import_list
select id, name from godwit.lists
 where tenant_id = $1::int and (name = $2 or godwit.id_text('lst', id) = $2);

-- The file and the content, until the connection ends.
-- name: import_lock
select pg_try_advisory_lock(hashtextextended(format('import %s %s', $1::int, f), 0))
   and pg_try_advisory_lock(hashtextextended(format('import %s %s', $1::int, p), 0))
  from (select $2::text as f, $3::text as p) v;

-- Imports of this file of this host ($6) into this list that read another
-- content.
-- name: import_changed
with i as (
    update godwit.imports set state = 'failed', finished_at = $5::timestamptz,
           error = 'the file was changed or mapped otherwise; a later import began anew'
     where tenant_id = $1::int and state = 'running' and operation_id is null
       and source = $2 and list_id is not distinct from $3::bigint and fingerprint <> $4
       and coalesce(host_id, $6::int) = $6::int
    returning *
)
select godwit.id_text('imp', i.id), i.line, godwit.audit_add($1::int, $5::timestamptz,
       'import_end', godwit.id_text('imp', i.id), 'cli', null, null, null,
       godwit.import_document(i))
  from i order by i.id desc;

-- An import of the same content that was cut off on this host ($4), which has
-- its reject file, if there is one.
-- name: import_find
select id, pos, line, rows, created, updated, rejected, reject_file, reject_bytes
  from godwit.imports
 where tenant_id = $1::int and state = 'running' and operation_id is null
   and fingerprint = $2 and list_id is not distinct from $3::bigint
   and coalesce(host_id, $4::int) = $4::int
 order by id desc limit 1;

-- name: import_new
with i as (
    insert into godwit.imports (tenant_id, list_id, state, source, fingerprint, mapping,
        started_at, format)
    values ($1::int, $2::bigint, 'running', $3, $4, $5::jsonb, $6::timestamptz, $7)
    returning *
)
select i.id, godwit.audit_add($1::int, $6::timestamptz, 'import_start',
       godwit.id_text('imp', i.id), 'cli', null, null, null, godwit.import_document(i))
  from i;

-- name: import_header
update godwit.imports set reject_file = $3, host_id = $5::int, mapping = $4::jsonb
 where tenant_id = $1::int and id = $2::bigint;

-- As late as can be: a vacuum that began while a batch was under way says at
-- its end how few it saw.
-- name: import_counted
select godwit.contacts_counted();

-- Contacts grow while statistics say that there are none: a plan kept from
-- the first batch, or one that reads all of them (to hash, to sort, to loop
-- over), would cost seconds a batch. What is left probes a key a row.
-- name: import_plan
select set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('enable_material', 'off', true),
       set_config('enable_bitmapscan', 'off', true),
       set_config('enable_seqscan', 'off', true),
       set_config('random_page_cost', '0.01', true),
       set_config('work_mem', '32MB', true);

-- Upsert by address, then by external id, one round: the rows that are first
-- by line among those left for their address, their external id and their
-- contact. No two of a round touch the same person; rounds are repeated until
-- no row is left, so a later row of a person is merged into the earlier. $4:
-- may addresses or external ids repeat? A row whose address and external id
-- belong to two contacts changes nothing: it comes back in `clash` as [line,
-- email, external_id]. An opt-out is never undone: neither one of the contact
-- nor one of the address it has or gets. A row that says what is known
-- already leaves its contact untouched. What was confirmed at one address says
-- nothing of another that a contact gets. $5: the import; $6: does its file tell of
-- consent? Then what that changes has its evidence. A row that would give a contact
-- more than 64 KiB of attributes changes nothing either: its line is in the last.
-- offset 0: one probe of the key a row; is true: one hash, not a join.
-- name: import_upsert
with found as materialized (
    select i.*, coalesce(c.id, y.contact_id) as by_email,
           coalesce(x.id, z.contact_id) as by_external,
           coalesce(c.id, y.contact_id, x.id, z.contact_id) as contact_id,
           -- what it is known by besides does not take the place of what it has
           y.contact_id is not null and c.id is null as other_email,
           z.contact_id is not null and x.id is null as other_external,
           case when i.email is distinct from x.email
                then godwit.address_hash($1::int, x.email) end as known_hash
      from import_rows i
      left join lateral (select c.id from godwit.contacts c
           where c.tenant_id = $1::int and lower(c.email) = lower(i.email)
          offset 0) c on true
      left join lateral (select x.id, x.email from godwit.contacts x
           where x.tenant_id = $1::int and x.external_id = i.external_id
          offset 0) x on true
      left join lateral (select y.contact_id from godwit.contact_identities y
           where y.tenant_id = $1::int and y.kind = 'email' and y.value = lower(i.email)
          offset 0) y on true
      left join lateral (select z.contact_id from godwit.contact_identities z
           where z.tenant_id = $1::int and z.kind = 'external_id' and z.value = i.external_id
          offset 0) z on true
), ready as materialized (
    select f.*, coalesce(by_email <> by_external, false) as clash,
           coalesce(o.wide, false) as wide
      from found f
      left join lateral (select length((c.attributes || f.attributes)::text) > 65536 as wide
           from godwit.contacts c where c.tenant_id = $1::int and c.id = f.contact_id
            and f.attributes <> '{}' offset 0) o on true
     where (not $4::boolean or email is null
            or line in (select min(line) from found group by lower(email)))
       and (not $4::boolean or external_id is null
            or line in (select min(line) from found group by external_id))
       and (contact_id is null
            or line in (select min(line) from found group by contact_id))
), r as materialized (
    select y.*, case when exists (select from godwit.suppressions s
               where s.tenant_id = $1::int and s.address_hash = y.address_hash offset 0)
             or y.known_hash is not null and exists (select from godwit.suppressions s
               where s.tenant_id = $1::int and s.address_hash = y.known_hash offset 0)
           then 2::smallint else consent_email end as consent,
           y.by_email is null and y.email is not null as moved
      from ready y where not y.clash and not y.wide
), up as (
    update godwit.contacts c
       set email = case when r.other_email then c.email else coalesce(r.email, c.email) end,
           phone = coalesce(r.phone, c.phone),
           external_id = case when r.other_external then c.external_id
                              else coalesce(r.external_id, c.external_id) end,
           first_name = coalesce(r.first_name, c.first_name),
           last_name = coalesce(r.last_name, c.last_name),
           zone = coalesce(r.zone, c.zone), locale = coalesce(r.locale, c.locale),
           consent_email = godwit.consent_merge(c.consent_email, r.consent),
           consent_sms = godwit.consent_merge(c.consent_sms, r.consent_sms),
           consent_whatsapp =
               godwit.consent_merge(c.consent_whatsapp, r.consent_whatsapp),
           consent_voice = godwit.consent_merge(c.consent_voice, r.consent_voice),
           owner = coalesce(r.owner, c.owner), tags = godwit.tags_joined(c.tags, r.tags),
           attributes = c.attributes || r.attributes, updated_at = $3::timestamptz,
           email_at = case when r.moved then $3::timestamptz else c.email_at end
      from r where r.contact_id is not null
       and c.tenant_id = $1::int and c.id = r.contact_id
       and (case when r.other_email then c.email else coalesce(r.email, c.email) end,
            coalesce(r.phone, c.phone),
            case when r.other_external then c.external_id
                 else coalesce(r.external_id, c.external_id) end,
            coalesce(r.first_name, c.first_name), coalesce(r.last_name, c.last_name),
            coalesce(r.zone, c.zone), coalesce(r.locale, c.locale),
            godwit.consent_merge(c.consent_email, r.consent),
            godwit.consent_merge(c.consent_sms, r.consent_sms),
            godwit.consent_merge(c.consent_whatsapp, r.consent_whatsapp),
            godwit.consent_merge(c.consent_voice, r.consent_voice),
            coalesce(r.owner, c.owner), godwit.tags_joined(c.tags, r.tags),
            c.attributes || r.attributes)
           is distinct from (c.email, c.phone, c.external_id, c.first_name,
            c.last_name, c.zone, c.locale, c.consent_email, c.consent_sms,
            c.consent_whatsapp, c.consent_voice, c.owner, c.tags, c.attributes)
    returning c.id, c.consent_email, c.consent_sms, c.consent_whatsapp, c.consent_voice,
              r.moved, r.tags as told, c.tags
), unproved as (
    update godwit.subscriptions s set confirmed_at = null
      from up
     where up.moved and s.tenant_id = $1::int and s.contact_id = up.id
       and s.confirmed_at is not null
), new as (
    insert into godwit.contacts (tenant_id, email, phone, external_id, first_name,
        last_name, zone, locale, consent_email, consent_sms, consent_whatsapp,
        consent_voice, owner, tags, attributes, created_at, updated_at)
    select $1::int, email, phone, external_id, first_name, last_name, zone, locale,
           coalesce(consent, 0), coalesce(consent_sms, 0),
           coalesce(consent_whatsapp, 0), coalesce(consent_voice, 0), owner, tags, attributes,
           $3::timestamptz, $3::timestamptz
      from r where contact_id is null
    returning id, consent_email, consent_sms, consent_whatsapp, consent_voice, false as moved,
              tags as told, tags
), tagged as (
    insert into godwit.contact_tags (tenant_id, tag, contact_id)
    select $1::int, t, x.id
      from (select * from up union all select * from new) x
     cross join lateral unnest(x.told) t
     where t = any (x.tags)
    on conflict do nothing
), shown as (
    -- contacts are read as they were before
    insert into godwit.consents (tenant_id, contact_id, channel, consent, at, source, object,
        noted_at)
    select $1::int, x.id, u.channel, u.now, $3::timestamptz, 'import',
           godwit.id_text('imp', $5::bigint), $3::timestamptz
      from (select * from up union all select * from new) x
      left join lateral (select o.* from godwit.contacts o
           where o.tenant_id = $1::int and o.id = x.id offset 0) o on true
     cross join lateral (values ('email', o.consent_email, x.consent_email),
           ('sms', o.consent_sms, x.consent_sms),
           ('whatsapp', o.consent_whatsapp, x.consent_whatsapp),
           ('voice', o.consent_voice, x.consent_voice)) u(channel, was, now)
     where $6::boolean and u.now <> coalesce(u.was, 0)
), l as (
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select $1::int, $2::bigint, id, $3::timestamptz
      from (select contact_id as id from r where contact_id is not null
             union all select id from new) a
     where $2::bigint is not null
    on conflict do nothing
), n as (
    select (select count(*) from found) - (select count(*) from ready) as remaining
), gone as (
    delete from import_rows
     where (select remaining from n) > 0 and (line in (select line from ready)) is true
)
select (select count(*) from new),
       (select count(*) from r where contact_id is not null), n.remaining,
       (select json_agg(line order by line) from ready where clash),
       (select json_agg(line order by line) from ready where wide and not clash)
  from n;

-- Rows of the same address and external id become one, as if one after the
-- other had been merged: the last that says something wins, but an opt-out
-- stays. Returns how many went into another. Those that have more attributes together
-- than a contact may stay as they are: the upsert says which goes too far.
-- name: import_merge
with people as materialized (
    select array_agg(line) as lines, max(line) as line,
           (array_agg(email order by line))[1] as email,
           (array_agg(phone order by line desc) filter (where phone is not null))[1] as phone,
           max(external_id) as external_id,
           (array_agg(first_name order by line desc) filter (where first_name is not null))[1]
               as first_name,
           (array_agg(last_name order by line desc) filter (where last_name is not null))[1]
               as last_name,
           (array_agg(zone order by line desc) filter (where zone is not null))[1] as zone,
           (array_agg(locale order by line desc) filter (where locale is not null))[1] as locale,
           case when bool_or(consent_email = 2) then 2 else
               (array_agg(consent_email order by line desc)
               filter (where consent_email is not null))[1] end as consent_email,
           case when bool_or(consent_sms = 2) then 2 else
               (array_agg(consent_sms order by line desc)
               filter (where consent_sms is not null))[1] end as consent_sms,
           case when bool_or(consent_whatsapp = 2) then 2 else
               (array_agg(consent_whatsapp order by line desc)
               filter (where consent_whatsapp is not null))[1] end as consent_whatsapp,
           case when bool_or(consent_voice = 2) then 2 else
               (array_agg(consent_voice order by line desc)
               filter (where consent_voice is not null))[1] end as consent_voice,
           (array_agg(owner order by line desc) filter (where owner is not null))[1] as owner,
           (select array_agg(distinct t order by t)
              from unnest(array_agg(to_jsonb(tags))) g(doc), jsonb_array_elements_text(g.doc) t)
               as tags,
           coalesce((select jsonb_object_agg(a.key, a.value order by g.n)
              from unnest(array_agg(attributes order by line)) with ordinality g(doc, n),
                   jsonb_each(g.doc) a), '{}') as attributes,
           (array_agg(address_hash))[1] as address_hash
      from import_rows i
     group by lower(i.email), i.external_id
), fit as materialized (
    select * from people where length(attributes::text) <= 65536
), gone as (
    delete from import_rows where (line in (select unnest(lines) from fit)) is true returning 1
), merged as (
    insert into import_rows
    select line, email, phone, external_id, first_name, last_name, zone, locale,
           consent_email, consent_sms, consent_whatsapp, consent_voice, owner, tags,
           attributes, address_hash from fit
    returning 1
)
select (select count(*) from gone) - (select count(*) from merged);

-- What people are known by besides, [{"kind","value","email","external_id"}] with
-- what they are found by; what somebody has already stays his.
-- name: import_others
insert into godwit.contact_identities (tenant_id, kind, value, contact_id, created_at)
select distinct on (o.kind, v.value) $1::int, o.kind, v.value, coalesce(w.email, w.external),
       $3::timestamptz
  from jsonb_to_recordset($2::jsonb) o(kind text, value text, email text, external_id text)
 cross join lateral (select case o.kind when 'email' then lower(o.value) else o.value end) v(value)
 cross join lateral (select godwit.contact_by($1::int, 'email', lower(o.email)),
       godwit.contact_by($1::int, 'external_id', o.external_id)) w(email, external)
 where coalesce(w.email, w.external) is not null
   and coalesce(w.email = w.external, true)
   and godwit.contact_by($1::int, o.kind, v.value) is null
   and (select count(*) from godwit.contact_identities i where i.tenant_id = $1::int
           and i.contact_id = coalesce(w.email, w.external)) < godwit.identities_most()
 order by o.kind, v.value
on conflict do nothing;

-- The lines of rows that are left after too many rounds.
-- name: import_left
select json_agg(line order by line) from import_rows;

-- Addresses that get no mail from now on; one that is there already stays as
-- it is. How many are new; the lines of rows without an address, and of those
-- whose reason is none. $3: the reason of a row that has none.
-- name: import_suppress
with r as materialized (
    select line, email, address_hash,
           coalesce(nullif(lower(btrim(attributes->>'reason')), ''), $3) as reason
      from import_rows
), good as (
    select distinct on (address_hash) address_hash, lower(email) as email, reason
      from r where address_hash is not null and reason = any (godwit.suppression_reasons())
     order by address_hash, line
), new as (
    insert into godwit.suppressions (tenant_id, address_hash, address, reason, created_at)
    select $1::int, address_hash, email, reason, $2::timestamptz from good
    on conflict (tenant_id, address_hash) do nothing
    returning address_hash
), told as (
    insert into godwit.change_log (tenant_id, kind, key, at)
    select $1::int, 'suppression', encode(address_hash, 'hex'), $2::timestamptz from new
)
select (select count(*) from new),
       (select json_agg(line order by line) from r where address_hash is null),
       (select json_agg(line order by line) from r
         where address_hash is not null and reason <> all (godwit.suppression_reasons()));

-- name: import_progress
update godwit.imports
   set pos = $3::bigint, line = $4::bigint, rows = $5::bigint, created = $6::bigint,
       updated = $7::bigint, rejected = $8::bigint, reject_bytes = $9::bigint
 where tenant_id = $1::int and id = $2::bigint;

-- name: import_end
select godwit.import_settle($1::int, $2::bigint, 'finished', null, 'cli', $3::timestamptz)
       || jsonb_build_object('reject_file', $4::text);

-- What the role jobs is to import.
-- name: import_load
select i.list_id, i.source, i.columns, f.path, f.bytes, encode(t.hash_ipad, 'hex'),
       encode(t.hash_opad, 'hex'), i.pos, i.line, i.rows, i.created, i.updated, i.rejected,
       i.reject_bytes, i.state in ('queued', 'running') as open,
       i.list_id is null or exists (select from godwit.lists l
           where l.tenant_id = i.tenant_id and l.id = i.list_id) as list, i.format
  from godwit.imports i
  join auth.tenants t on t.id = i.tenant_id
  left join godwit.files f on f.tenant_id = i.tenant_id and f.id = i.file_id
       and f.state = 'ready'
 where i.tenant_id = $1::int and i.id = $2::bigint;

-- name: import_take
update godwit.imports set state = 'running'
 where tenant_id = $1::int and id = $2::bigint and state = 'queued';

-- Before a batch of so many rows, and after so many new contacts of it.
-- name: import_quota_lock
select godwit.quota_contacts_lock($1::int, $2::bigint, $3::timestamptz);

-- name: import_quota
select godwit.quota_contacts($1::int, $2::bigint, $3::timestamptz);
