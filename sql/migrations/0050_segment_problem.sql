-- Why a segment follows no more; null: it does.
alter table godwit.segments add column problem text;
create index segments_refresh on godwit.segments (tenant_id) where refresh_pos is not null;

-- each segment is a statement of its own
drop function if exists godwit.segments_changes(jsonb, timestamptz),
    godwit.segments_due(int, timestamptz), godwit.segments_refresh(int, timestamptz),
    godwit.segments_follow(int, bigint[], timestamptz), godwit.segments_stale(int);
