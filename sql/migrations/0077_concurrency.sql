-- How many messages of a campaign may be under way at once; null: as many as there is room for.
alter table godwit.campaigns add column concurrency int check (concurrency between 1 and 10000);
