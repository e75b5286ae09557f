-- Identifiers, keyed hashes and the request's context.
select plan(14);

select is(godwit.id_text('cmp', 7), 'cmp_7', 'an id has its prefix');
select is(godwit.id_parse('cmp', godwit.id_text('cmp', 123456789012345678), 'id'),
          123456789012345678, 'and comes back');
select throws_ok(format('select godwit.id_parse(''cmp'', %L, ''id'')', bad), 'GW001',
                 null, format('%L is no campaign', bad))
  from unnest(array['ct_7', 'cmp_0', 'cmp_07', 'cmp_-1', 'cmp_1 ', '']) bad;

-- RFC 4231, case 2: the key "Jefe", its pads as a tenant stores them
update auth.tenants set hash_ipad = ('\x' || rpad('7c535053', 128, '36'))::bytea,
                        hash_opad = ('\x' || rpad('16393a39', 128, '5c'))::bytea where id = 1;
select is(encode(godwit.tenant_hmac(1, 'what do ya want for nothing?'), 'hex'),
          '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
          'the keyed hash is HMAC-SHA256');
select is(godwit.address_hash(1, ' Ann@Example.COM'), godwit.address_hash(1, 'ann@example.com'),
          'case and blanks of an address do not count');
select isnt(godwit.address_hash(1, 'bob@example.com'), godwit.address_hash(1, 'ann@example.com'),
            'its letters do');

select throws_ok('select auth.tenant()', '42704', null, 'no request, no tenant');
select lives_ok($$select auth.enter('{"tenant": 1, "now": "2026-01-02T03:04:05Z",
                                      "scopes": ["lists:read"]}')$$, 'a request enters');
select ok(auth.tenant() = 1 and auth.now() = '2026-01-02T03:04:05Z' and auth.can('lists:read')
          and not auth.can('lists:write'), 'with its tenant, instant and scopes');

select * from finish();
