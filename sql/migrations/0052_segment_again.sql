-- While all were looked at, many changed: they are looked at once more.
alter table godwit.segments add column refresh_again boolean not null default false;
