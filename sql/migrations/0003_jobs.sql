-- Work that takes time: the table of operations that answer 202, and the files
-- that such work reads and writes.

-- lease_until: nobody takes it before that; while it runs it is its holder's
-- until then. epoch grows with each claim: who has an older one is fenced off.
-- input holds what its kind needs and never a secret; clients do not see it.
create table godwit.operations (
    qshard       smallint not null default 0,
    tenant_id    int not null,
    id           bigint generated always as identity,
    kind         text not null,
    object       text,                  -- what it works on: imp_1
    state        text not null default 'queued' check (state in
                 ('queued', 'running', 'done', 'failed', 'cancelled', 'uncertain')),
    cancelling   boolean not null default false,    -- it ends at its next step
    host_id      int,                   -- the only one that can run it, or null
    holder       int,                   -- the host that runs it
    epoch        bigint not null default 0,
    lease_until  timestamptz not null,
    attempts     int not null default 0,
    input        jsonb not null default '{}',
    progress     jsonb,                 -- {"done","total"}
    result       jsonb,
    error        jsonb,                 -- {"code","message"}
    created_at   timestamptz not null,
    started_at   timestamptz,
    finished_at  timestamptz,
    primary key (qshard, tenant_id, id)
) with (fillfactor = 70);
create index operations_open on godwit.operations (qshard, lease_until, id)
    where state in ('queued', 'running');
create index operations_tenant on godwit.operations (qshard, tenant_id, id)
    where state in ('queued', 'running');
create index operations_finished on godwit.operations (qshard, finished_at)
    where finished_at is not null;

alter table godwit.files
    add column name        text not null default '',    -- as a download has it
    add column expires_at  timestamptz;                 -- null: kept

alter table godwit.imports
    drop constraint imports_state_check,
    add constraint imports_state_check check (state in
        ('queued', 'running', 'finished', 'failed', 'cancelled')),
    add column operation_id  bigint,    -- null: of the command `godwit import`
    add column file_id       bigint,
    add column host_id       int,       -- where reject_file lies
    add column columns       text;      -- COLUMN=FIELD,... as its maker gave it

alter table godwit.operations enable row level security;
alter table godwit.operations force row level security;
create policy tenant on godwit.operations
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);

grant select, insert, update, delete on godwit.operations to gw_worker;
grant select, insert, update on godwit.operations to gw_api;
grant select (tenant_id, id, qshard, kind, object, state, cancelling, host_id, holder, epoch,
    lease_until, attempts, progress, error, created_at, started_at, finished_at)
    on godwit.operations to gw_ro;
