-- Attempts that failed come into the audit of whose account it is: a while later
-- and together, so that nobody fills it, and what is right in time is none.
alter table auth.attempts
    add column user_id     bigint,      -- null: of no account
    add column operation   text,        -- what was tried the last time, by whom,
    add column actor       text,        -- and from where: of an account only
    add column request_id  text,
    add column address     inet,
    add column tried_at    timestamptz,
    -- how many of the failures are in the audit; below 0: so many are not there
    -- that count no more
    add column told        int not null default 0;
create index attempts_untold on auth.attempts (user_id, tried_at) where failures > told;

grant select (user_id, failures, told) on auth.attempts to gw_worker;

-- of the release before
drop function if exists auth.password_salt(text, bigint, inet, timestamptz);
drop function if exists auth.attempt(text, timestamptz);
drop function if exists auth.attempt_good(text);
drop function if exists auth.totp_attempt();
drop function if exists auth.password_set(bigint, text, bigint);
drop function if exists auth.sessions_end(bigint, bigint, timestamptz);
