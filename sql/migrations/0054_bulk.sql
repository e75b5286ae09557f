-- One change of many contacts: what is to be done by operations that are not over.

-- Reads the tags of any field.
drop function if exists godwit.read_tags(jsonb);

create table godwit.bulk_edits (
    tenant_id     int not null,
    operation_id  bigint not null,
    list_id       bigint,               -- its members, or
    predicate     jsonb,                -- whom it finds; neither: they were named
    -- {"set": columns and a patch of attributes, "add_tags", "remove_tags",
    --  "add_lists", "remove_lists"}
    change        jsonb not null,
    total         bigint,               -- null: who it is has not been asked
    done          bigint not null default 0,
    changed       bigint not null default 0,
    gone          bigint not null default 0,
    refused       bigint not null default 0,
    refusals      jsonb not null default '[]',  -- the first: [{"contact_id","message"}]
    primary key (tenant_id, operation_id)
);

-- Who is still to be changed, a step each.
create table godwit.bulk_parts (
    tenant_id     int not null,
    operation_id  bigint not null,
    n             int not null,
    ids           bigint[] not null,
    primary key (tenant_id, operation_id, n)
);

do $$
declare
    t text;
begin
    foreach t in array '{bulk_edits,bulk_parts}'::text[] loop
        execute format('alter table godwit.%I enable row level security', t);
        execute format('alter table godwit.%I force row level security', t);
        execute format('create policy tenant on godwit.%I using '
            '(tenant_id = current_setting(''app.tenant'')::int) with check '
            '(tenant_id = current_setting(''app.tenant'')::int)', t);
        execute format('grant select, insert, update, delete on godwit.%I to gw_api, gw_worker', t);
        execute format('grant select on godwit.%I to gw_ro', t);
    end loop;
end $$;
