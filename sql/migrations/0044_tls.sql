-- How an attempt was made: godwit.tls says what the number means. Null: in clear,
-- or nobody knows it any more.
alter table godwit.sends add column tls int;
alter table godwit.send_attempts add column tls int;
alter table godwit.messages add column tls int;
grant select (tls) on godwit.messages to gw_api, gw_ro;

-- of the release before
drop function if exists godwit.campaign_close(int, bigint, bigint, int, bigint, bigint, bigint,
    timestamptz, timestamptz, bigint[], bigint[], smallint[], smallint[], smallint[],
    timestamptz[], text[], text[], timestamptz[]);
drop function if exists godwit.campaign_settle(int, timestamptz, int[], bigint[], bigint[],
    smallint[], smallint[], smallint[], timestamptz[], text[], text[], timestamptz[]);
drop function if exists godwit.campaign_recover(int, timestamptz, boolean, int[], bigint[],
    bigint[], smallint[], smallint[], smallint[], timestamptz[], text[], text[], timestamptz[]);
drop function if exists godwit.messages_settle(int, int[], bigint[], bigint[], smallint[],
    smallint[], smallint[], timestamptz[], text[], text[], timestamptz[]);
