-- A second factor: the authenticator of a user, and the codes for when it is
-- lost. Its secret is one of the directory (tenant 0), which the worker opens.

create table auth.totp (
    user_id       bigint primary key references auth.users on delete cascade,
    secret        uuid not null,        -- godwit.secret
    created_at    timestamptz not null,
    confirmed_at  timestamptz,          -- null: it is not asked for yet
    last_step     bigint not null default 0     -- codes up to it were used
);

create table auth.recovery_codes (
    user_id  bigint not null references auth.users on delete cascade,
    hash     bytea not null check (length(hash) = 32),      -- SHA-256 of its letters
    used_at  timestamptz,
    primary key (user_id, hash)
);

grant select on auth.totp to gw_worker, gw_ro;
grant select (user_id, used_at) on auth.recovery_codes to gw_ro;

-- of the release before
drop function if exists auth.session_is_good(auth.sessions, timestamptz, timestamptz, timestamptz);
