-- Who has logged in: sessions, attempts, the salt of an account.
select plan(35);

select auth.enter('{"tenant": 1, "scopes": ["*"], "now": "2026-01-01T00:00:00Z"}');
insert into auth.users (id, email, password, created_at) values
    (11, 'ann@example.com', '$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA', '2026-01-01Z'),
    (12, 'bob@example.com', null, '2026-01-01Z');
insert into auth.memberships (tenant_id, user_id, role_id, created_at)
values (1, 11, 5, '2026-01-01Z');
select auth.tenant_create('two', '2026-01-01Z');

create function log_in(p_hash text, p_at text) returns text language plpgsql as $$
declare
    v_token text;
begin
    perform auth.enter_public('rq', '192.0.2.1', p_at::timestamptz);
    select token into v_token from auth.login('Ann@example.com', p_hash, null, 'Firefox');
    return v_token;
end $$;
create temporary table tokens as select 1 as n, log_in('$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA',
    '2026-01-01T00:00:00Z') as token;
select matches(token, '^gw_sess_1_[0-9A-Za-z]{38}$', 'a session') from tokens;
select is(current_setting('app.actor'), 'user_11', 'is his from here on');
select is(encode(hash, 'hex'), encode(sha256(token::bytea), 'hex'), 'of which the hash is kept')
  from auth.sessions, tokens;
select throws_ok($$select log_in('$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaB', '2026-01-01Z')$$, 'GW005',
    'the e-mail address or the password is wrong');
select throws_ok($$select log_in(null, '2026-01-01Z')$$, 'GW005',
    'the e-mail address or the password is wrong');
select throws_ok($$select auth.login('bob@example.com', null, null, null)$$, 'GW005',
    'the e-mail address or the password is wrong');

create function enters(p_at text, p_workspace int, p_scope text, p_hash text default null)
returns text language plpgsql as $$
begin
    perform auth.enter_session(1, sha256(coalesce(p_hash, token)::bytea), p_workspace, p_scope,
        'rq', '192.0.2.1', p_at::timestamptz) from tokens;
    return concat_ws(' ', current_setting('app.tenant'), current_setting('app.actor'),
        current_setting('app.session'), auth.can('lists:read'), auth.can('lists:write'));
exception
    when sqlstate 'GW004' or sqlstate 'GW005' then
        return sqlstate || ' ' || sqlerrm;
end $$;
select is(enters(at, workspace, scope, hash), said, coalesce(why, said)) from (values
    ('2026-01-01 01:00Z', 1, 'lists:read', null, '1 user_11 1 t f', 'a viewer reads'),
    ('2026-01-01 01:00Z', 1, 'lists:write', null,
        'GW004 the role viewer does not have the scope lists:write', null),
    ('2026-01-01 01:00Z', 2, 'lists:read', null, 'GW004 you are in no workspace ws_2', null),
    ('2026-01-01 01:00Z', 9, 'lists:read', null, 'GW004 you are in no workspace ws_9',
        'none is as another''s'),
    ('2026-01-01 01:00Z', 2, '', null, 'GW004 you are in no workspace ws_2', 'nor without a scope'),
    ('2026-01-01 01:00Z', null, '', null, ' user_11 1 f f', 'what is his own'),
    ('2026-01-01 01:00Z', null, 'lists:read', null, 'GW004 this is of a workspace; name one of '
        'yours in the header Godwit-Workspace', null),
    ('2026-01-01 01:00Z', 1, 'lists:read', 'x', 'GW005 the session is over; log in again',
        'another text'),
    ('2026-01-01 13:00Z', 1, 'lists:read', null, 'GW005 the session is over; log in again', 'idle'),
    ('2026-01-01 12:59Z', 1, 'lists:read', null, '1 user_11 1 t f', 'not yet'),
    ('2026-01-02 00:58Z', 1, 'lists:read', null, '1 user_11 1 t f', 'each use counts')
) t(at, workspace, scope, hash, said, why);

-- whatever it was used
update auth.session_uses set at = '2026-01-07 23:59:59Z';
select is(enters('2026-01-07 23:59:59Z', 1, ''), '1 user_11 1 t f', 'a week');
select is(enters('2026-01-08Z', 1, ''), 'GW005 the session is over; log in again', 'at most');
select is(enters('2026-01-07 23:59:59Z', 1, ''), '1 user_11 1 t f', 'it is there still');
update auth.sessions set verified_at = null;
select is(enters('2026-01-07 23:59:59Z', 1, ''), 'GW005 the session is over; log in again',
    'not without its second factor');
update auth.sessions set verified_at = created_at;
update auth.users set disabled_at = '2026-01-01Z' where id = 11;
select is(enters('2026-01-07 23:59:59Z', 1, ''), 'GW005 the session is over; log in again',
    'nor of one who is disabled');
select throws_ok($$select log_in('$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA', '2026-01-01Z')$$, 'GW005',
    'the e-mail address or the password is wrong', 'who does not come in');
update auth.users set disabled_at = null where id = 11;
select auth.sessions_end(11, '2026-01-07Z');
select is(enters('2026-01-07 23:59:59Z', 1, ''), 'GW005 the session is over; log in again',
    'ended');

-- salts and attempts
delete from auth.attempts;
prepare salt as select params, wait_seconds from auth.password_salt($1, $2, $3, $4);
select results_eq($$execute salt('ANN@example.com ', null, '192.0.2.1', '2026-02-01Z')$$,
    $$values ('$scrypt$ln=15,r=8,p=3$c2FsdA', 0)$$, 'the salt of an account');
select results_eq($$execute salt(null, 1, null, '2026-02-01Z')$$,
    $$values ('$scrypt$ln=15,r=8,p=3$c2FsdA', 0)$$, 'and of a session''s');
select matches((auth.password_salt('no@example.com', null, null, '2026-02-01Z')).params,
    '^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}$', 'one that is none has a salt too');
select is((auth.password_salt('no@example.com', null, null, '2026-02-01Z')).params,
    (auth.password_salt('NO@example.com', null, null, '2026-02-02Z')).params, 'always the same');
delete from auth.attempts;
create function wait(p_email text, p_address inet, p_at text) returns int language sql
as $$ select wait_seconds from auth.password_salt(p_email, null, p_address, p_at::timestamptz) $$;
select results_eq($$select wait('no@example.com', null, '2026-02-01 00:00Z')
    from generate_series(1, 6)$$,
    '{0,0,0,0,0,900}'::int[], 'five may fail');
select is(wait('no@example.com', null, '2026-02-01 00:14Z'), 60, 'in a quarter of an hour');
select is(wait('no@example.com', null, '2026-02-01 00:15Z'), 0, 'then it begins anew');
select results_eq($$select wait(i || '@example.com', ('2001:db8::' || i)::inet, '2026-02-01Z') from
    generate_series(1, 6) i$$, '{0,0,0,0,0,900}'::int[], 'from one network as well');
select is(wait('1@example.com', '2001:db8:0:1::1', '2026-02-01Z'), 0, 'not from another');
select is(wait('6@example.com', null, '2026-02-01Z'), 0, 'what was held up does not count');
select is((select count(*) from auth.attempts where key::text ~ 'example'), 0::bigint,
    'no address is kept');

select * from finish();
