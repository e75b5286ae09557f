-- A request that names an API key: who enters, with which scopes.
select plan(31);

select is(auth.covers(have, want), covers, format('%s and %s', have, want)) from (values
    ('{*}'::text[], 'contacts:write', true),
    ('{contacts:read}', 'contacts:read', true),
    ('{contacts:read}', 'contacts:write', false),
    ('{contacts:write}', 'contacts:read', true),
    ('{contacts:*}', 'contacts:write', true),
    ('{lists:write}', 'contacts:read', false),
    ('{lists:write,contacts:read}', 'contacts:read', true),
    ('{lists:read}', '', true),
    ('{lists:read}', null, true)
) t(have, want, covers);

select auth.tenant_create('two', '2026-01-01Z');
select auth.enter('{"tenant": 1, "scopes": ["*"], "now": "2026-01-01T00:00:00Z"}');
insert into auth.keys (id, tenant_id, hash, scopes, created_at, expires_at, addresses)
select id, tenant, sha256(id::text::bytea), scopes, '2026-01-01Z', expires, addresses from (values
    (11, 1, '{contacts:write}'::text[], null::timestamptz, null::cidr[]),
    (12, 2, '{*}', '2026-02-01T00:00:00Z', null),
    (13, 2, '{*}', null, null),
    (14, 2, '{*}', null, '{198.51.100.0/24,192.0.2.1/32}'),
    (15, 2, '{*}', null, '{198.51.100.0/24}')) k(id, tenant, scopes, expires, addresses);
insert into auth.key_uses (key_id) select id from auth.keys;
select is(auth.key_revoke(13, '{"scopes": ["*"], "now": "2026-01-02T00:00:00Z"}'), true, 'revoked');

prepare enter as select auth.enter_key($1, sha256($2::text::bytea), $3, 'rq', '192.0.2.1', $4);
select throws_ok(format('execute enter(%s, %s, %L, %L)', key, text, scope, at), state, sentence)
  from (values
    (16, 16, 'lists:read', '2026-01-03Z', 'GW005', 'the API key is not valid'),
    (15, 15, 'lists:read', '2026-01-03Z', 'GW004',
        'the API key is not for requests from 192.0.2.1'),
    (11, 12, 'contacts:read', '2026-01-03Z', 'GW005', 'the API key is not valid'),
    (13, 13, 'contacts:read', '2026-01-03Z', 'GW005', 'the API key is not valid'),
    (12, 12, 'contacts:read', '2026-02-01Z', 'GW005', 'the API key is not valid'),
    (11, 11, 'lists:read', '2026-01-03Z', 'GW004', 'the API key does not have the scope lists:read')
  ) t(key, text, scope, at, state, sentence);

select lives_ok($$execute enter(11, 11, 'contacts:read', '2026-01-03T04:05:06Z')$$, 'a right one');
select is(auth.tenant(), 1, 'names the workspace');
select is(auth.now(), '2026-01-03T04:05:06Z', 'the instant');
select is(current_setting('app.actor'), 'key_11', 'the actor');
select is(current_setting('app.request_id') || ' ' || current_setting('app.address'),
          'rq 192.0.2.1', 'the request');
select ok(auth.can('contacts:write') and auth.can('contacts:read')
          and not auth.can('lists:read'), 'and what he may');
select lives_ok($$execute enter(12, 12, 'lists:read', '2026-01-31Z')$$, 'one that expires later');
select is(auth.tenant(), 2, 'is of the other workspace');

select lives_ok($$execute enter(14, 14, 'lists:read', '2026-01-31Z')$$, 'one for this address');
select throws_ok($$select auth.enter_key(14, sha256('14'), 'lists:read', '', null,
    '2026-01-31Z')$$, 'GW004', 'the API key is not for requests from a socket of this machine');

-- when it was used, to the minute
create function used(p_at text) returns timestamptz language plpgsql as $$ begin
    perform auth.enter_key(12, sha256('12'), '', '', null, p_at::timestamptz);
    return at from auth.key_uses where key_id = 12; end $$;
select is(used('2026-01-31 01:00:30Z'), '2026-01-31 01:00:30Z', 'a use is noted');
select is(used('2026-01-31 01:01:29Z'), '2026-01-31 01:00:30Z', 'once a minute');
select is(used('2026-01-31 01:01:31Z'), '2026-01-31 01:01:31Z', 'then anew');

-- the text of a new one is that which the edge reads
select is(godwit.crc32c('123456789'), x'e3069283'::bigint, 'CRC-32C');
select matches(godwit.credential_text('gw_live', 7), '^gw_live_7_[0-9A-Za-z]{38}$', 'a text');

select * from finish();
