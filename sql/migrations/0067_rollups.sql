-- Roll-ups of which the sources are gone stay as they are: what was asked without the time.
drop function if exists godwit.rollups_due(int, timestamptz);

-- What was sent in an hour (UTC): of opens and clicks campaign_hours tells.
alter table godwit.rollups
    drop constraint rollups_of_check,
    add constraint rollups_of_check
        check (of in ('campaign', 'domain', 'link', 'day', 'hour'));
create index rollups_hour on godwit.rollups (tenant_id, key) where of = 'hour';
alter table godwit.rollup_states no force row level security;
update godwit.rollup_states set stale = true;
alter table godwit.rollup_states force row level security;
