-- Policies of domains that say how their mail is to be delivered (RFC 8461):
-- of the house, since every workspace's mail to a domain heeds the same one.
create table godwit.mta_sts (
    domain  text primary key,           -- ASCII, lower case
    id      text not null,              -- of its record, as it was then
    mode    text not null check (mode in ('none', 'testing', 'enforce')),
    mx      text not null,              -- names and *.names, a blank between
    until   timestamptz not null        -- it holds
);
grant select, insert, update, delete on godwit.mta_sts to gw_worker;
grant select on godwit.mta_sts to gw_ro;
