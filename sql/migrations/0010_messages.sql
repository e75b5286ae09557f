-- Messages to one address: mail of the system, such as invitations and resets of
-- a password. In mail_queue and in the journal one is a recipient of campaign 0:
-- contact_id is its id. Tenant 0 is the house, of which no workspace sees any.

-- state: as in sends. text and html may hold a link that is a secret: they are
-- null once the state is final.
create table godwit.messages (
    tenant_id     int not null,
    id            bigint generated always as identity,
    kind          text not null check (kind ~ '^[a-z_]{1,40}$'),
    to_address    text not null,
    from_address  text,                 -- null: the directive mail_from
    subject       text not null,
    text          text,
    html          text,                 -- null as well: it has none
    message_id    text not null,        -- left of the @, the same on every attempt
    test          boolean not null,     -- nothing of it leaves this house
    state         smallint not null default 0 check (state between 0 and 7),
    attempts      smallint not null default 0,
    code          smallint,             -- last SMTP reply code
    reason        text,                 -- why not sent, in one phrase
    reply         text,                 -- last SMTP reply
    created_at    timestamptz not null,
    at            timestamptz not null, -- of its state
    primary key (tenant_id, id),
    check ((state = 0) = (text is not null)),
    check (state = 0 or html is null)
);
create index messages_to on godwit.messages (tenant_id, lower(to_address));
create index messages_created on godwit.messages (tenant_id, created_at, id);

create index mail_queue_messages on godwit.mail_queue (qshard, tenant_id, due, id)
    where host_id is null and campaign_id = 0;

alter table godwit.messages enable row level security;
alter table godwit.messages force row level security;
create policy tenant on godwit.messages
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);

grant select, insert, update, delete on godwit.messages to gw_worker;
grant insert on godwit.messages, godwit.mail_queue to gw_api;
grant select (tenant_id, id, kind, to_address, from_address, subject, message_id, test,
    state, attempts, code, reason, reply, created_at, at) on godwit.messages to gw_api, gw_ro;
