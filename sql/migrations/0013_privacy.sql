-- What the law wants of who keeps people: evidence of consent, erasure of one
-- person, and an end to what is kept.

alter table godwit.suppressions
    drop constraint suppressions_reason_check,
    add constraint suppressions_reason_check check (reason in
        ('unsubscribe', 'complaint', 'hard_bounce', 'manual', 'erasure'));

-- Each change of what a contact allows, with what shows that he did. source:
-- api, import, mail (a link of a mail); object: that import or campaign.
create table godwit.consents (
    tenant_id   int not null,
    contact_id  bigint not null,
    id          bigint generated always as identity,
    channel     text not null check (channel in ('email', 'sms', 'whatsapp', 'voice')),
    consent     smallint not null check (consent between 0 and 2),
    at          timestamptz not null,   -- when he said so
    source      text not null,
    object      text,
    address     text,                   -- from where: an IP address as it was told
    text        text,                   -- what he agreed to
    noted_at    timestamptz not null,
    primary key (tenant_id, contact_id, id)
);

-- Who was erased, by the id that is left of him. What the edge saw of him
-- before, or sees of a mail that he still has, loses who he is as well.
create table godwit.erasures (
    tenant_id   int not null,
    contact_id  bigint not null,
    at          timestamptz not null,   -- the last time
    counts      jsonb not null,         -- rows and files, of all times
    primary key (tenant_id, contact_id)
);
create index erasures_at on godwit.erasures (tenant_id, at);

-- How many days a workspace keeps what; null: for ever.
create table godwit.retention (
    tenant_id     int primary key,
    events        int check (events between 1 and 36500),
    audit_values  int check (audit_values between 1 and 36500),
    files         int check (files between 1 and 36500),
    applied_at    timestamptz           -- nothing was left to remove then
);

do $$
declare
    t text;
begin
    foreach t in array '{consents,erasures,retention}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
    end loop;
end $$;

grant select, insert, delete on godwit.consents to gw_worker;
grant select, insert on godwit.consents to gw_api;
grant select, insert, update on godwit.erasures to gw_worker;
grant select on godwit.erasures to gw_api;
grant select, update on godwit.retention to gw_worker;
grant select, insert, update on godwit.retention to gw_api;
grant select on godwit.consents, godwit.erasures, godwit.retention to gw_ro;
