-- A request that names an API key: who enters, with which scopes.
select plan(23);

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
select auth.key_create(id, tenant, null, sha256(id::text::bytea), scopes, expires,
                       '{"user": "cli", "now": "2026-01-01T00:00:00Z"}') from (values
    (11, 1, '{contacts:write}'::text[], null::timestamptz),
    (12, 2, '{*}', '2026-02-01T00:00:00Z'),
    (13, 2, '{*}', null)) k(id, tenant, scopes, expires);
select is(auth.key_revoke(13, '{"user": "cli", "now": "2026-01-02T00:00:00Z"}'), true, 'revoked');

prepare enter as select auth.enter_key($1, sha256($2::text::bytea), $3, 'rq', '192.0.2.1', $4);
select throws_ok(format('execute enter(%s, %s, %L, %L)', key, text, scope, at), state, sentence)
  from (values
    (14, 14, 'lists:read', '2026-01-03Z', 'GW005', 'the API key is not valid'),
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

select * from finish();
