-- How much of a campaign came back: roll-ups are due when it changes.
alter table godwit.campaign_cursors add column returned bigint not null default 0;
alter table godwit.campaign_cursors no force row level security;
alter table godwit.bounces no force row level security;
update godwit.campaign_cursors k set returned = b.n
  from (select tenant_id, campaign_id, count(*) as n from godwit.bounces
         where campaign_id is not null group by 1, 2) b
 where k.tenant_id = b.tenant_id and k.campaign_id = b.campaign_id;
alter table godwit.bounces force row level security;
alter table godwit.campaign_cursors force row level security;
