-- Pages of preferences ask where a message of a campaign went too.
grant select (campaign_id, contact_id, at) on godwit.messages to gw_search;
drop function if exists godwit.confirmation_due(int, bigint, bigint);
