-- Why an event has its class, and what of the numbers was done by people: opens
-- by a human or through an image proxy, clicks by a human.

-- The rules of conf.d/classes.yaml by their names; ingest adds those it has.
create table godwit.class_reasons (
    id    smallint generated always as identity primary key,
    name  text not null unique
);
grant select on godwit.class_reasons to gw_api, gw_ro;
grant select, insert on godwit.class_reasons to gw_worker;

-- null: no rule spoke
alter table godwit.events add column reason smallint;

-- bits: 1 opened by a person, 2 clicked by a person
alter table godwit.engagement add column human smallint not null default 0;

alter table godwit.campaign_totals
    add column human_opens         bigint not null default 0,
    add column human_unique_opens  bigint not null default 0,
    add column human_clicks        bigint not null default 0,
    add column human_unique_clicks bigint not null default 0;

-- what is there already
do $$
declare
    t int;
begin
    for t in select id from auth.tenants order by id loop
        perform set_config('app.tenant', t::text, true);
        update godwit.engagement g set human = e.human
          from (select campaign_id, contact_id,
                       bit_or(case when kind = 1 and class in (1, 2) then 1
                                   when kind = 2 and class = 1 then 2 else 0 end) as human
                  from godwit.events where tenant_id = t group by 1, 2) e
         where g.tenant_id = t and g.campaign_id = e.campaign_id
           and g.contact_id = e.contact_id and e.human > 0;
        update godwit.campaign_totals s
           set human_opens = h.opens, human_clicks = h.clicks
          from (select campaign_id,
                       coalesce(sum(n) filter (where kind = 1 and class in (1, 2)), 0) as opens,
                       coalesce(sum(n) filter (where kind = 2 and class = 1), 0) as clicks
                  from godwit.campaign_hours where tenant_id = t group by 1) h
         where s.tenant_id = t and s.campaign_id = h.campaign_id;
        update godwit.campaign_totals s
           set human_unique_opens = g.opens, human_unique_clicks = g.clicks
          from (select campaign_id, count(*) filter (where human & 1 > 0) as opens,
                       count(*) filter (where human & 2 > 0) as clicks
                  from godwit.engagement where tenant_id = t group by 1) g
         where s.tenant_id = t and s.campaign_id = g.campaign_id;
    end loop;
    perform set_config('app.tenant', '', true);
end $$;
