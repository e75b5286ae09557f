-- They know the channel of a campaign, and tell the address that a recipient has on it.
drop function if exists godwit.campaign_take(int, bigint, int, bigint, bigint, int, timestamptz,
    timestamptz);
drop function if exists godwit.campaign_claim(int, int[], bigint[], int[], timestamptz[]);
drop function if exists godwit.campaign_claim_calls(int, godwit.campaigns, int, timestamptz);
drop function if exists godwit.campaign_claim_one(int, godwit.campaigns, int, timestamptz);
drop function if exists godwit.preference_turns(int, bigint, bigint, boolean, bigint[],
    timestamptz);
