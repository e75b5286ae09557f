-- `godwit import`: batches through a temporary table, set by set.

-- name: import_table
create temporary table if not exists import_rows (
    line bigint, email text, phone text, external_id text, first_name text,
    last_name text, zone text, locale text, consent_email smallint,
    consent_sms smallint, consent_whatsapp smallint, consent_voice smallint,
    attributes jsonb);

-- name: import_begin
begin;

-- name: import_commit
commit;

-- name: import_clear
truncate import_rows;

-- name: import_copy
copy import_rows from stdin (format binary);

-- name: import_list
select id, name from godwit.lists
 where tenant_id = $1::int and (name = $2 or godwit.id_text('lst', id) = $2);

-- An import of the same content that was cut off, if there is one.
-- name: import_find
select id, pos, line, rows, created, updated, rejected, reject_file, reject_bytes
  from godwit.imports
 where tenant_id = $1::int and state = 'running' and fingerprint = $2
   and list_id is not distinct from $3::bigint
 order by id desc limit 1;

-- name: import_new
insert into godwit.imports (tenant_id, list_id, state, source, fingerprint, mapping,
    started_at)
values ($1::int, $2::bigint, 'running', $3, $4, $5::jsonb, $6::timestamptz)
returning id;

-- name: import_reject_file
update godwit.imports set reject_file = $3 where tenant_id = $1::int and id = $2::bigint;

-- Of rows for the same person in one batch the last one counts.
-- name: import_dedupe
delete from import_rows where ctid in (
    select ctid from (
        select ctid, row_number() over (partition by coalesce(lower(email),
               ' ' || external_id) order by line desc) as n
          from import_rows where coalesce(email, external_id) is not null) d
     where n > 1);

-- name: import_analyze
analyze import_rows;

-- Upsert by address, then by external id. An opt-out is never undone: neither
-- one of the contact nor one of the address.
-- name: import_upsert
with r as (
    select i.*, coalesce(c.id, x.id) as contact_id,
           exists (select from godwit.suppressions s where s.tenant_id = $1::int
              and s.address_hash = godwit.address_hash($1::int, i.email)) as out
      from import_rows i
      left join godwit.contacts c on c.tenant_id = $1::int
           and lower(c.email) = lower(i.email)
      left join godwit.contacts x on x.tenant_id = $1::int and c.id is null
           and x.external_id = i.external_id
), up as (
    update godwit.contacts c
       set email = coalesce(r.email, c.email), phone = coalesce(r.phone, c.phone),
           external_id = coalesce(r.external_id, c.external_id),
           first_name = coalesce(r.first_name, c.first_name),
           last_name = coalesce(r.last_name, c.last_name),
           zone = coalesce(r.zone, c.zone), locale = coalesce(r.locale, c.locale),
           consent_email = case when c.consent_email = 2 or r.out then 2
                                else coalesce(r.consent_email, c.consent_email) end,
           consent_sms = case when c.consent_sms = 2 then 2
                              else coalesce(r.consent_sms, c.consent_sms) end,
           consent_whatsapp = case when c.consent_whatsapp = 2 then 2
                              else coalesce(r.consent_whatsapp, c.consent_whatsapp) end,
           consent_voice = case when c.consent_voice = 2 then 2
                                else coalesce(r.consent_voice, c.consent_voice) end,
           attributes = c.attributes || r.attributes, updated_at = $3::timestamptz
      from r where c.tenant_id = $1::int and c.id = r.contact_id
    returning c.id
), new as (
    insert into godwit.contacts (tenant_id, email, phone, external_id, first_name,
        last_name, zone, locale, consent_email, consent_sms, consent_whatsapp,
        consent_voice, attributes, created_at, updated_at)
    select $1::int, email, phone, external_id, first_name, last_name, zone, locale,
           case when out then 2 else coalesce(consent_email, 0) end,
           coalesce(consent_sms, 0), coalesce(consent_whatsapp, 0),
           coalesce(consent_voice, 0), attributes, $3::timestamptz, $3::timestamptz
      from r where contact_id is null
     order by line
    returning id
), l as (
    insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select $1::int, $2::bigint, id, $3::timestamptz
      from (select id from up union select id from new) a
     where $2::bigint is not null
    on conflict do nothing
)
select (select count(*) from new), (select count(*) from up);

-- name: import_progress
update godwit.imports
   set pos = $3::bigint, line = $4::bigint, rows = $5::bigint, created = $6::bigint,
       updated = $7::bigint, rejected = $8::bigint, reject_bytes = $9::bigint
 where tenant_id = $1::int and id = $2::bigint;

-- name: import_end
update godwit.imports set state = $3, error = $4, finished_at = $5::timestamptz
 where tenant_id = $1::int and id = $2::bigint;

-- name: import_show
select jsonb_build_object('id', godwit.id_text('imp', id), 'state', state,
        'source', source, 'list_id', godwit.id_text('lst', list_id), 'line', line,
        'rows', rows, 'created', created, 'updated', updated, 'rejected', rejected,
        'reject_file', reject_file, 'error', error, 'started_at', started_at,
        'finished_at', finished_at)
  from godwit.imports where tenant_id = $1::int and id = $2::bigint;
