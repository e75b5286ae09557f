-- What came back of mail: bounces and complaints. A mail that is delivered twice is one row.
create table godwit.bounces (
    tenant_id     int not null,
    id            bigint generated always as identity,
    at            timestamptz not null,
    mail_hash     bytea not null,       -- SHA-256 of who it was to and of all its bytes
    campaign_id   bigint,               -- of a campaign's mail, with its contact
    contact_id    bigint,
    message_id    bigint,               -- of a mail to one address
    address_hash  bytea not null,       -- as in suppressions: what is counted
    kind          text not null check (kind in ('bounce', 'complaint')),
    class         text not null,        -- of conf.d/bounces.yaml
    suppress      text not null check (suppress in ('never', 'counted', 'at_once')),
    code          smallint,
    status        text,
    reason        text,                 -- what was said; null after an erasure
    primary key (tenant_id, id),
    unique (tenant_id, mail_hash)
);
create index bounces_address on godwit.bounces (tenant_id, address_hash, at);
create index bounces_at on godwit.bounces (tenant_id, at);     -- those that go after a year
create index bounces_contact on godwit.bounces (tenant_id, contact_id);

alter table godwit.bounces enable row level security;
alter table godwit.bounces force row level security;
create policy tenant on godwit.bounces
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);

grant select, insert, update, delete on godwit.bounces to gw_worker;
grant select on godwit.bounces to gw_ro;
