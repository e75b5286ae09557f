-- Which version of conf.d/classes.yaml the stored events are judged by.

create table godwit.class_version (
    one       boolean primary key default true check (one),
    version   int not null,             -- all of them, when it is the wanted one
    wanted    int not null,
    begin_at  timestamptz not null,     -- not before: the others read their rules anew
    -- done with: campaigns before this one, and its events up to this one
    tenant    int not null default 0,
    campaign  bigint not null default 0,
    at        timestamptz not null default '-infinity',
    event     bigint not null default 0
);
grant select on godwit.class_version to gw_ro;
grant select, insert, update on godwit.class_version to gw_worker;
