-- Who a contact is besides its own columns, and which contacts are one person.

create table godwit.contact_identities (
    tenant_id   int not null,
    kind        text not null check (kind in
                ('email', 'phone', 'whatsapp', 'external_id', 'anonymous_id')),
    value       text not null,          -- as godwit.identity_value has it
    contact_id  bigint not null,
    created_at  timestamptz not null,
    primary key (tenant_id, kind, value)
);
create index contact_identities_contact on godwit.contact_identities (tenant_id, contact_id);

-- Contacts that went into another, which is none of them. What was sent to them
-- and what they did keeps their id: who reads asks here.
create table godwit.contact_alias (
    tenant_id   int not null,
    contact_id  bigint not null,
    into_id     bigint not null,
    primary key (tenant_id, contact_id)
);
create index contact_alias_into on godwit.contact_alias (tenant_id, into_id);

-- Each time that it happened, with what undoes it.
create table godwit.merges (
    tenant_id   int not null,
    id          bigint generated always as identity,
    into_id     bigint not null,
    contact_id  bigint not null,
    actor       text not null,
    at          timestamptz not null,
    undone_at   timestamptz,
    -- {"contact": its row, "lists": {ID: when}, "identities": [{kind, value}], "gained":
    --  what the other got of it: {"columns", "attributes", "tags", "lists", "identities"}}
    kept        jsonb not null,
    primary key (tenant_id, id)
);
create index merges_into on godwit.merges (tenant_id, into_id, id);
create index merges_contact on godwit.merges (tenant_id, contact_id, id);

create index contacts_phone on godwit.contacts (tenant_id, phone) where phone is not null;

do $$
declare
    t text;
begin
    foreach t in array '{contact_identities,contact_alias,merges}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_api', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_worker', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
grant select on godwit.contact_alias to gw_search;
grant insert on godwit.contact_tags to gw_worker;
-- of those who were merged it keeps the choices
grant select, insert, update, delete on godwit.preferences to gw_api;
