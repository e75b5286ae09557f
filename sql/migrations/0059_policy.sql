-- One policy for whatever is sent: what a workspace wants of it, by versions.

-- A change is a new version: what was decided names the one that it was decided by.
create table godwit.policy_rules (
    tenant_id        int not null,
    version          int not null,
    quiet_hours      jsonb not null,    -- {CHANNEL: {"from","to"}}, local times HH:MM
    zones            text[] not null,   -- where a contact may be whose zone is not known
    zones_by_number  jsonb not null,    -- {PREFIX: [ZONE]}: and whose number begins so
    caps             jsonb not null,    -- [{"channel","category","count","days"}]
    created_at       timestamptz not null,
    primary key (tenant_id, version)
);
alter table godwit.policy_rules enable row level security;
alter table godwit.policy_rules force row level security;
create policy tenant on godwit.policy_rules
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select on godwit.policy_rules to gw_worker, gw_ro;
grant select, insert on godwit.policy_rules to gw_api;

-- What caps count apart; null: it counts for those alone that name none.
alter table godwit.campaigns add column category text;

-- By which rules it was decided; null: the workspace had none.
alter table godwit.sends add column policy int;

-- Telephone numbers are suppressed as addresses are.
alter table godwit.suppressions
    add column phone boolean not null default false,
    drop constraint suppressions_reason_check,
    add constraint suppressions_reason_check check (reason in
        ('unsubscribe', 'complaint', 'hard_bounce', 'manual', 'erasure', 'do_not_call'));

-- of the release before
drop function if exists godwit.campaign_take(int, bigint, int, bigint, bigint, int, timestamptz,
    timestamptz);
drop function if exists godwit.campaign_close(int, bigint, bigint, int, bigint, bigint, bigint,
    timestamptz, timestamptz, bigint[], bigint[], smallint[], smallint[], smallint[],
    timestamptz[], text[], text[], timestamptz[], int[]);
drop function if exists godwit.campaign_settle(int, timestamptz, int[], bigint[], bigint[],
    smallint[], smallint[], smallint[], timestamptz[], text[], text[], timestamptz[], int[]);
drop function if exists godwit.send_against(godwit.contacts, text, godwit.subscriptions, boolean,
    godwit.preferences, bigint, timestamptz);
