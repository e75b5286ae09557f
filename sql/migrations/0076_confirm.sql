-- Campaigns that ask those of a list who have not said whether they want it.
alter table godwit.campaigns
    drop constraint campaigns_kind_check,
    add constraint campaigns_kind_check check (kind in ('regular', 'transactional', 'confirm'));

drop function if exists godwit.name_unknown(jsonb, text[], boolean);
