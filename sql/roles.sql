-- The database roles, made once a cluster by its superuser. Logins are by
-- peer over the unix socket (pg_ident), so none has a password.
do $$
declare
    r record;
begin
    for r in select * from (values
        ('gw_owner',  'login nobypassrls'),     -- owns tables, migrates
        ('gw_api',    'nologin nobypassrls'),   -- owns every api.* function
        ('gw_search', 'nologin bypassrls'),     -- owns the few search functions
        ('gw_edge',   'login nobypassrls'),     -- EXECUTE on api.* and auth.* only
        ('gw_worker', 'login bypassrls'),       -- DML across tenants
        ('gw_ro',     'login bypassrls'),       -- SELECT only
        ('gw_backup', 'login bypassrls')        -- reads all: backup, doctor
    ) as v(name, options)
    loop
        if not exists (select from pg_roles where rolname = r.name) then
            execute format('create role %I %s', r.name, r.options);
        end if;
    end loop;
end $$;

-- the owner hands functions over to these two
grant gw_api, gw_search to gw_owner;
grant pg_read_all_data, pg_read_all_stats to gw_backup;
