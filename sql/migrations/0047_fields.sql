-- Contacts: typed fields, tags, who looks after one, notes.

-- the worker asks for it as well: it has another owner now
drop function if exists godwit.contact_json(godwit.contacts);

-- What attributes of a contact may be, by their key. Others may be anything.
create table godwit.fields (
    tenant_id   int not null,
    id          bigint generated always as identity,
    key         text not null,
    label       text not null,
    type        text not null check (type in
                ('text', 'number', 'boolean', 'date', 'datetime', 'enum', 'set')),
    options     text[] check ((options is not null) = (type in ('enum', 'set'))),
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, key)
);

alter table godwit.contacts
    add column tags   text[],           -- in order; null: none
    add column owner  bigint;           -- the user who looks after it
create index contacts_owner on godwit.contacts (tenant_id, owner, id) where owner is not null;

-- Who has a tag: what contacts.tags says, the other way round.
create table godwit.contact_tags (
    tenant_id   int not null,
    tag         text not null,
    contact_id  bigint not null,
    primary key (tenant_id, tag, contact_id)
);

-- What members write down about a contact.
create table godwit.notes (
    tenant_id   int not null,
    id          bigint generated always as identity,
    contact_id  bigint not null,
    text        text not null,
    author      text not null,          -- the actor who wrote it
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id)
);
create index notes_contact on godwit.notes (tenant_id, contact_id, id);

do $$
declare
    t text;
begin
    foreach t in array '{fields,contact_tags,notes}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_api', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select on godwit.fields to gw_worker;
grant select, delete on godwit.contact_tags, godwit.notes to gw_worker;
