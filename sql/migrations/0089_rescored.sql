-- How often events of a campaign were judged anew: a counter beside the others, in the place of a
-- flag in a row that whoever counts again holds.
alter table godwit.campaign_totals add column rescored bigint not null default 0;

do $$
declare
    t int;
begin
    for t in select id from auth.tenants loop
        perform set_config('app.tenant', t::text, true);
        update godwit.rollup_states set seen = case when stale then '{}' else seen || 0::bigint end
         where tenant_id = t;
    end loop;
    perform set_config('app.tenant', '', true);
end $$;
alter table godwit.rollup_states drop column stale;
