-- Experiments: a part of a campaign's audience gets variants of it, the rest waits for
-- the better one.

alter table godwit.template_versions
    -- what each variant has of its own: [{"subject"?,"html"?,"text"?,"from_name"?,
    -- "html_tracked"?,"text_derived"?}], the first {}
    add column arms jsonb not null default '[]';

alter table godwit.campaign_cursors
    -- ordinals from here on are not in the test; no window goes across
    add column gate bigint not null default 0,
    -- those wait until it is decided
    add column held boolean not null default false;

create table godwit.experiments (
    tenant_id    int not null,
    campaign_id  bigint not null,
    names        text[] not null,       -- of the variants; their index is the arm
    weights      int[] not null,
    hold_out     int not null,          -- of 10000, as godwit.assign has it
    test         int not null,
    metric       text not null,
    rule         text not null,         -- worker/stats/verdict.c
    least        int not null,          -- units of a variant before any verdict
    hours        int not null,          -- that the test runs at most
    fallback     int not null,          -- the arm of the rest when none is better
    decide_at    timestamptz,           -- the test has gone out: then at the latest
    look         jsonb,                 -- the last: {"at","input","verdict"}
    winner       int,
    decided_at   timestamptz,
    decided_by   text,                  -- rule, fallback, or who it was
    primary key (tenant_id, campaign_id),
    foreign key (tenant_id, campaign_id) references godwit.campaigns (tenant_id, id)
        on delete cascade
);
create index experiments_open on godwit.experiments (tenant_id, campaign_id)
    where decided_at is null;

alter table godwit.experiments enable row level security;
alter table godwit.experiments force row level security;
create policy tenant on godwit.experiments
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);
grant select on godwit.experiments to gw_ro, gw_search;
grant select, insert, update, delete on godwit.experiments to gw_api;
grant select, update on godwit.experiments to gw_worker;

drop function if exists godwit.campaign_take(int, bigint, int, bigint, bigint, int, timestamptz,
    timestamptz);
