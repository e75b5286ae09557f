-- Conversations: what persons answer to our mail. Each has the thread of one
-- contact on one channel; what came in is a row of messages.

create table godwit.conversations (
    tenant_id         int not null,
    id                bigint generated always as identity,
    contact_id        bigint not null,
    channel           text not null check (channel in ('email')),
    state             text not null default 'open' check (state in ('open', 'closed')),
    owner             text,                     -- who looks after it; null: nobody yet
    last_inbound_seq  bigint not null,          -- messages.seq of what the person said last
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, contact_id, channel)
);
create index conversations_updated on godwit.conversations (tenant_id, updated_at, id);

alter table godwit.conversations enable row level security;
alter table godwit.conversations force row level security;
create policy tenant on godwit.conversations
    using (tenant_id = current_setting('app.tenant')::int)
    with check (tenant_id = current_setting('app.tenant')::int);

grant select, insert, update, delete on godwit.conversations to gw_worker;
grant select, update (state, updated_at) on godwit.conversations to gw_api;
grant select on godwit.conversations to gw_ro;

-- state 8: received. message_id of such a one is what its sender gave it, or ''.
alter table godwit.messages
    add column conversation_id  bigint,
    add column seq              bigint,         -- its place in the conversation, from 1
    add column campaign_id      bigint,         -- whose mail it answers
    add column body             text,           -- what a person wrote, the first 64 KiB
    add column body_cut         boolean,
    add column attachments      jsonb,          -- [{"name","type","bytes"}]; not their bytes
    add column mail_hash        bytea,          -- SHA-256 of who it was to and of all its bytes
    drop constraint messages_state_check,
    add constraint messages_state_check check (state between 0 and 8),
    add constraint messages_received check ((state = 8) = (conversation_id is not null)
        and (state = 8) = (body is not null));
create unique index messages_seq on godwit.messages (tenant_id, conversation_id, seq)
    where conversation_id is not null;
create unique index messages_hash on godwit.messages (tenant_id, mail_hash)
    where mail_hash is not null;
create index messages_message_id on godwit.messages (tenant_id, message_id);
create index messages_from on godwit.messages (tenant_id, lower(from_address))
    where conversation_id is not null;

grant select (conversation_id, seq, campaign_id, body, body_cut, attachments)
    on godwit.messages to gw_api, gw_ro;

-- it asks for more now
drop function if exists godwit.bounce_take(bytea, int, bigint, bigint, text, text, text, boolean,
    smallint, text, text, int, int, timestamptz, text);
