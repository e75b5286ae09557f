-- The audit as a chain: a mutation inserts its row, cron gives it a number and
-- a hash over its predecessor's. What was before and after lies apart under a
-- salt, so that it can be erased while the chain stays whole.

-- What the last release writes meanwhile gets its salt here and its hash from
-- godwit.audit_chain, as the rows that were there do.
alter table godwit.audit_values
    add column salt bytea not null default uuid_send(gen_random_uuid());

alter table godwit.audit
    add column value_hash  bytea,       -- see godwit.audit_value_hash
    add column seq         bigint,      -- from 1 in each workspace; null: not yet chained
    add column hash        bytea;       -- SHA-256(hash of seq - 1 || godwit.audit_row_hash)

create unique index audit_seq on godwit.audit (tenant_id, seq);
create index audit_unchained on godwit.audit (tenant_id, id) where seq is null;
create index audit_at on godwit.audit (tenant_id, at, id);
create index audit_actor on godwit.audit (tenant_id, actor, at, id);
create index audit_object on godwit.audit (tenant_id, object, at, id);
create index audit_request on godwit.audit (tenant_id, request_id) where request_id is not null;

-- The end of each chain: without it the last rows could go unseen.
create table godwit.audit_heads (
    tenant_id  int primary key,
    seq        bigint not null,
    hash       bytea not null,
    at         timestamptz not null
);
alter table godwit.audit_heads enable row level security;
alter table godwit.audit_heads force row level security;
create policy tenant on godwit.audit_heads
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);

create function godwit.audit_is_kept()
returns trigger language plpgsql
as $$
declare
    v_chain text[] := '{seq,hash}';
begin
    if tg_table_name = 'audit' and tg_op = 'UPDATE' then
        if old.value_hash is null then
            v_chain := '{seq,hash,value_hash}';
        end if;
        if old.seq is null and to_jsonb(new) - v_chain = to_jsonb(old) - v_chain then
            return new;                 -- it joins the chain
        end if;
    end if;
    raise exception 'what the audit says stays as it is' using errcode = 'GW003';
end $$;
create trigger is_kept before update or delete on godwit.audit
    for each row execute function godwit.audit_is_kept();
create trigger is_kept_all before truncate on godwit.audit
    for each statement execute function godwit.audit_is_kept();
create trigger is_kept before update on godwit.audit_values
    for each row execute function godwit.audit_is_kept();
create trigger is_kept_all before truncate on godwit.audit_values
    for each statement execute function godwit.audit_is_kept();

revoke update, delete, truncate on godwit.audit from gw_worker;
revoke update, delete, truncate on godwit.audit_values from gw_worker;
grant update (seq, hash, value_hash) on godwit.audit to gw_worker;
grant select, insert, update on godwit.audit_heads to gw_worker;
grant select on godwit.audit_values to gw_api;
grant select on godwit.audit_heads to gw_ro;
