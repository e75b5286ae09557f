-- Quotas are looked at a few at a time, those of longest ago first.
alter table godwit.entitlement
    add column looked_at timestamptz;   -- null: not since its limits were set
