-- A link of an older mail gives nothing to an address that came after it.

-- Since when a contact has its address, where it had another one before; null: it never had.
alter table godwit.contacts add column email_at timestamptz;
grant select (tenant_id, campaign_id, contact_id, at) on godwit.sends to gw_search;
grant select (tenant_id, id, to_address) on godwit.messages to gw_search;
grant select (tenant_id, message_id, list_id, contact_id) on godwit.confirmations to gw_search;
grant select (tenant_id, id, host_id, path, bytes, type, state) on godwit.files to gw_search;
grant select (id, name) on godwit.hosts to gw_search;
grant select (tenant_id, id, name, paused) on godwit.routes to gw_search;
grant select (tenant_id, route_id, at) on godwit.route_states to gw_search;

-- Forms of preferences go by their age.
create index preference_notes_noted on godwit.preference_notes (tenant_id, noted_at);

drop function if exists auth.track_preferences(int, bigint);
