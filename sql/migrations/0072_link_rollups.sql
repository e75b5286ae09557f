-- Clicks of each link by its number, beside those by its name.
alter table godwit.rollups
    drop constraint rollups_of_check,
    add constraint rollups_of_check
        check (of in ('campaign', 'domain', 'link', 'index', 'day', 'hour'));
alter table godwit.rollup_states no force row level security;
update godwit.rollup_states set stale = true;
alter table godwit.rollup_states force row level security;
