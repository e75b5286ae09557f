-- The archive is asked for by anybody, so it reads what is in it and no other campaign.
create index campaigns_public on godwit.campaigns (tenant_id, finished_at desc, id desc)
    where public_title is not null;

-- When it was resumed: how long attempts are made counts from then, not from before its pause.
alter table godwit.campaigns add column resumed_at timestamptz;

-- of the release before
drop function if exists godwit.schedule_hours(jsonb, text, timestamptz);
drop function if exists godwit.policy_steps();
drop function if exists godwit.schedule_after(jsonb, text, timestamptz, interval);
