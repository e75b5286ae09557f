-- Who has asked for a link to a new password, until the worker has looked whether
-- there is such a user: the answer must not tell, nor the time that it takes.
create table auth.forgotten (
    id          bigint generated always as identity primary key,
    email       text not null,
    actor       text not null,
    request_id  text not null,
    address     inet,
    at          timestamptz not null
);
