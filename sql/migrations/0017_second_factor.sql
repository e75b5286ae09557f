-- of the release before
drop function if exists auth.totp_make(jsonb);
drop function if exists auth.totp_settle(jsonb, bigint, timestamptz);
