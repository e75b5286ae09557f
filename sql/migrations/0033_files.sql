-- Files that a campaign sends along: [{"id","as","name","content_id"}], and the
-- host that has them.

alter table godwit.campaigns add column files jsonb not null default '[]';
alter table godwit.campaigns add column host_id int;
