-- The audit as a chain: a mutation inserts its row, cron gives it a number and
-- a hash over its predecessor's. What was before and after lies apart under a
-- salt, so that it can be erased while the chain stays whole.

-- its owner writes for all workspaces, here alone
alter table godwit.audit no force row level security;
alter table godwit.audit_values no force row level security;

alter table godwit.audit_values add column salt bytea;
update godwit.audit_values set salt = uuid_send(gen_random_uuid());
insert into godwit.audit_values (tenant_id, audit_id, salt)
select tenant_id, id, uuid_send(gen_random_uuid()) from godwit.audit
    on conflict do nothing;
alter table godwit.audit_values alter column salt set not null;

alter table godwit.audit
    add column value_hash  bytea,       -- see godwit.audit_value_hash
    add column seq         bigint,      -- from 1 in each workspace; null: not yet chained
    add column hash        bytea;       -- SHA-256(hash of seq - 1 || godwit.audit_row_hash)
update godwit.audit a
   set value_hash = sha256(v.salt || record_send(row(v.before, v.after)))
  from godwit.audit_values v
 where v.tenant_id = a.tenant_id and v.audit_id = a.id;
alter table godwit.audit alter column value_hash set not null;

alter table godwit.audit force row level security;
alter table godwit.audit_values force row level security;

create unique index audit_seq on godwit.audit (tenant_id, seq);
create index audit_unchained on godwit.audit (tenant_id, id) where seq is null;
create index audit_at on godwit.audit (tenant_id, at, id);
create index audit_object on godwit.audit (tenant_id, object, at, id);

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
    v_was jsonb;
begin
    if tg_table_name = 'audit' and tg_op = 'UPDATE' then
        v_was := to_jsonb(old);
        if old.seq is null and to_jsonb(new) - '{seq,hash}'::text[] = v_was - '{seq,hash}'::text[]
        then
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

revoke update, delete, truncate on godwit.audit from gw_worker;
revoke update, truncate on godwit.audit_values from gw_worker;
grant update (seq, hash) on godwit.audit to gw_worker;
grant select, insert, update on godwit.audit_heads to gw_worker;
grant select on godwit.audit_values to gw_api;
grant select on godwit.audit_heads to gw_ro;
