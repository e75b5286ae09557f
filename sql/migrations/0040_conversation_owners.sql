-- Who looks after a conversation is a user; until now nothing could say who.
alter table godwit.conversations drop column owner, add column owner bigint;
grant update (owner) on godwit.conversations to gw_api;
