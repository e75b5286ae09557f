-- `godwit audit`, and the step of cron that chains.

-- name: audit_chain
select godwit.audit_chain(10000, $1::timestamptz);

-- All that follows sees one instant.
-- name: audit_begin
begin isolation level repeatable read, read only;

-- name: audit_patience
select set_config('statement_timeout', '0', true);

-- Workspace, number and hash in hex of each head, and how many rows wait for the chain for more
-- than a minute.
-- name: audit_heads
select coalesce(h.tenant_id, w.tenant_id), coalesce(h.seq, 0), encode(coalesce(h.hash, ''), 'hex'),
       coalesce(w.n, 0)
  from godwit.audit_heads h
  full join (select tenant_id, count(*) as n from godwit.audit
              where seq is null and at < $1::timestamptz - interval '1 minute'
              group by tenant_id) w using (tenant_id)
 order by 1;

-- Workspace, number, hash of the row, hash in the chain, and what is with the values: h that
-- they are as they were, e that they were erased, b bad. The hashes are those of
-- godwit.audit_row_hash and audit_value_hash, which somebody could have replaced.
-- name: audit_rows
copy (
    select a.tenant_id, a.seq, encode(sha256(record_send(row(a.tenant_id, a.seq, a.id, a.at,
               a.operation, a.object, a.actor, a.request_id, a.address, a.value_hash))), 'hex'),
           encode(a.hash, 'hex'),
           case when v.salt is null then 'e'
                when sha256(v.salt || record_send(row(v.before, v.after))) = a.value_hash then 'h'
                else 'b' end
      from godwit.audit a
      left join godwit.audit_values v on v.tenant_id = a.tenant_id and v.audit_id = a.id
     where a.seq is not null
     order by a.tenant_id, a.seq
) to stdout;
