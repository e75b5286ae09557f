-- What of a campaign came back from now on: its roll-ups are due when that changes. Those that are
-- there are stale already, so that nobody has to count what came before.
alter table godwit.campaign_cursors add column returned bigint not null default 0;
