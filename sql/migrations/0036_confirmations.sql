-- Double opt-in: who is to be on such a list is asked by mail first.

drop function if exists godwit.preference_against(boolean, godwit.preferences, bigint,
    timestamptz);

-- Of such a list who has not confirmed gets nothing, member or not.
alter table godwit.lists add column double_opt_in boolean not null default false;

-- wanted null: he was asked, and has not answered.
alter table godwit.subscriptions
    alter column wanted drop not null,
    alter column said_at drop not null,
    add column confirmed_at timestamptz,
    add column asked_at timestamptz,        -- the last time
    add column asked smallint not null default 0;

-- Which mail has asked for what: its link names the message alone.
create table godwit.confirmations (
    tenant_id   int not null,
    message_id  bigint not null,
    list_id     bigint not null,
    contact_id  bigint not null,
    asked_at    timestamptz not null,
    primary key (tenant_id, message_id)
);
create index confirmations_contact on godwit.confirmations (tenant_id, contact_id);

alter table godwit.confirmations enable row level security;
alter table godwit.confirmations force row level security;
create policy tenant on godwit.confirmations
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select, insert, update, delete on godwit.confirmations to gw_worker;
grant select, insert, delete on godwit.confirmations to gw_api;
grant select on godwit.confirmations to gw_ro;
grant insert, update on godwit.subscriptions to gw_api;
