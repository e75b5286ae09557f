-- Experiments of campaigns that go at each contact's own time: so does the rest, once it is
-- decided.
alter table godwit.campaign_cursors
    -- begun by its schedule, not by hand: "each_zone" and "best_hour" count
    add column own_time boolean not null default false;
