-- The operation contacts_erase: one person, everywhere.

-- name: erase_begin
begin;

-- name: erase_commit
commit;

-- name: erase_rollback
rollback;

-- What he is found by in files, one a row.
-- name: erase_words
select lower(unnest(godwit.person_words($1::int, godwit.contact_now($1::int, $2::bigint))));

-- Files of this workspace on this host: what was sent in, what imports refused.
-- The import and whether it is still open; the file or null, these last; may words
-- be written in it as nobody finds them (folded, escaped)?
-- name: erase_files
select i.id, i.state in ('queued', 'running') as open, f.id, f.path,
       coalesce(i.format <> 'csv', false)
  from godwit.files f
  left join godwit.imports i on i.tenant_id = f.tenant_id and i.file_id = f.id
 where f.tenant_id = $1::int and f.host_id = $2::int and f.state = 'ready'
union all
select i.id, i.state in ('queued', 'running'), null, substring(i.reject_file from '[^/]+$'),
       false
  from godwit.imports i
 where i.tenant_id = $1::int and i.host_id = $2::int and i.reject_file is not null
 order by 3 nulls last;

-- The reject file of an import is gone.
-- name: erase_rejects
update godwit.imports set reject_file = null, reject_bytes = 0
 where tenant_id = $1::int and id = $2::bigint;

-- Nobody can look into the files of other hosts from here: what is over goes.
-- name: erase_elsewhere
with f as (
    update godwit.files f set expires_at = $3::timestamptz
     where f.tenant_id = $1::int and f.host_id <> $2::int and f.state = 'ready'
       and not exists (select from godwit.imports i where i.tenant_id = f.tenant_id
                          and i.file_id = f.id and i.state in ('queued', 'running'))
    returning 1
), r as (
    update godwit.imports i set reject_file = null, reject_bytes = 0
     where i.tenant_id = $1::int and i.host_id <> $2::int and i.reject_file is not null
       and i.state not in ('queued', 'running')
    returning 1
)
select (select count(*) from f) + (select count(*) from r);

-- All of Postgres, after $3 files.
-- name: erase_person
select godwit.contact_erase($1::int, godwit.contact_now($1::int, $2::bigint), $3::bigint,
       $4::timestamptz);
