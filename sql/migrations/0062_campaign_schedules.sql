-- Campaigns that repeat, parts of an audience that are due at different times, and campaigns
-- that are public.

alter table godwit.campaigns
    add column occurrence_at timestamptz,       -- of one that a repeating one has made
    add column public_title text;               -- of one for anybody, once it is finished
create unique index campaigns_occurrences on godwit.campaigns
    (tenant_id, cloned_from, occurrence_at) where occurrence_at is not null;

alter table godwit.campaign_cursors
    -- ordinals where the parts of the audience end, and when each opens; null: all are due
    add column gates bigint[],
    add column opens timestamptz[];
