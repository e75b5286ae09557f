-- What of a campaign is to be judged by timing: the drain notes it in its
-- transaction, cron takes it a moment later.

create table godwit.verdicts_due (
    qshard       smallint not null default 0,
    id           bigint generated always as identity,
    tenant_id    int not null,
    campaign_id  bigint not null,
    since        timestamptz not null,  -- of opens and clicks that came in
    until        timestamptz not null,
    noted_at     timestamptz not null,
    primary key (qshard, id)
);
create index verdicts_due_campaign on godwit.verdicts_due (qshard, tenant_id, campaign_id, since);
alter table godwit.verdicts_due enable row level security;
alter table godwit.verdicts_due force row level security;
create policy tenant on godwit.verdicts_due
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select, insert, update, delete on godwit.verdicts_due to gw_worker;
grant select on godwit.verdicts_due to gw_ro;
