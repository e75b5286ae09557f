-- A backup is taken by a role of its own, which reads everything and changes nothing.
do $$
begin
    if not exists (select from pg_roles where rolname = 'gw_backup') then
        raise exception 'the role gw_backup is missing; the superuser of Postgres makes it by '
            'what "godwit migrate --roles" prints';
    end if;
    execute format('grant connect on database %I to gw_backup', current_database());
end $$;
