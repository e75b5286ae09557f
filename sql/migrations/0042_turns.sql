-- A campaign takes the turn of those alone whom it sends to.
drop function if exists godwit.preference_turns(int, bigint, bigint[], timestamptz);
