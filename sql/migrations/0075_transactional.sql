-- Campaigns that have no audience: each message of one is asked for by itself. It is a row of
-- messages; in mail_queue it stands under the campaign's id with a minus, its own id as the
-- contact's.
alter table godwit.campaigns
    add column kind text not null default 'regular' check (kind in ('regular', 'transactional')),
    alter column list_id drop not null,
    add constraint campaigns_list check (list_id is not null or kind = 'transactional');

alter table godwit.messages
    add column contact_id bigint,       -- of one of a campaign: who gets it
    add column data jsonb;              -- what its template sees; null once its state is final
create index messages_campaign on godwit.messages (tenant_id, campaign_id, id)
    where contact_id is not null;
create index messages_contact on godwit.messages (tenant_id, contact_id, id)
    where contact_id is not null;
grant select (contact_id) on godwit.messages to gw_api, gw_ro;

-- they tell or ask for more now
drop function if exists godwit.campaign_claim(int, int[], bigint[], int[], timestamptz[]);
drop function if exists godwit.name_unknown(jsonb, text[]);
