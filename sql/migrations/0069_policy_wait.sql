-- They are sets now, which a query takes in.
drop function if exists godwit.policy_place(jsonb, text, text);
drop function if exists godwit.policy_wait(jsonb, jsonb, text, text, bigint);
