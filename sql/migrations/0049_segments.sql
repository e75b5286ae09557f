-- Segments: contacts by a predicate (functions/predicate.sql), and who of them
-- is in it. The role `segments` of the worker keeps the members.
create table godwit.segments (
    tenant_id    int not null,
    id           bigint generated always as identity,
    name         text not null,
    predicate    jsonb not null,
    english      text not null,
    phrases      jsonb not null,        -- its conditions: [{"pointer","english"}]
    members      bigint not null default 0,
    -- all contacts above this are still to be looked at; null: none
    refresh_pos  bigint default 0,
    counted_at   timestamptz,           -- when the last of all was looked at
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

create table godwit.segment_members (
    tenant_id   int not null,
    segment_id  bigint not null,
    contact_id  bigint not null,
    since       timestamptz not null,
    primary key (tenant_id, segment_id, contact_id)
);

-- The next instant at which time alone may change the answer about a contact.
create table godwit.segment_timers (
    qshard      smallint not null default 0,
    tenant_id   int not null,
    segment_id  bigint not null,
    contact_id  bigint not null,
    at          timestamptz not null,
    primary key (qshard, tenant_id, segment_id, contact_id)
);
create index segment_timers_due on godwit.segment_timers (qshard, at);

-- One contact of a hundred, always the same ones: what an estimate reads.
create index contacts_sample on godwit.contacts (tenant_id, id)
    where (hashint8(id) & 2147483647) % 100 = 0;

-- Of the members of its list, a campaign goes to those in the segment.
alter table godwit.campaigns add column segment_id bigint;

do $$
declare
    t text;
begin
    foreach t in array array['segments', 'segment_members', 'segment_timers'] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select on godwit.%I to gw_ro', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
    end loop;
end $$;
grant select, insert, update, delete on godwit.segments to gw_api;
grant select, delete on godwit.segment_members, godwit.segment_timers to gw_api;
grant select on godwit.list_members, godwit.sends, godwit.engagement, godwit.events,
    godwit.tracked to gw_search;
