-- Around an operation: preconditions, merge patches, fewer members.
select plan(19);

select is(godwit.etag('{"a": 1}'), translate(encode(substr(sha256('{"a": 1}'), 1, 12), 'base64'),
          '+/', '-_'), 'a tag is made of the text of the document');
select is(length(godwit.etag('{}')), 16, 'of 16 characters');
select lives_ok(format('select godwit.match(%L, %L)', b, '{"a": 1}'), b) from (values
    ('{}'), ('{"_if_match": "*"}'),
    ('{"_if_match": "' || godwit.etag('{"a": 1}') || '"}'),
    ('{"_if_match": "x, ' || godwit.etag('{"a": 1}') || '"}')) t(b);
select throws_ok($$select godwit.match('{"_if_match": "x"}', '{"a": 1}')$$, 'GW006',
    'the object has changed since it was read; get it again');

-- RFC 7386, appendix A
select is(godwit.merge_patch(t, p), r, format('%s + %s', t, p)) from (values
    ('{"a":"b"}'::jsonb, '{"a":"c"}'::jsonb, '{"a":"c"}'::jsonb),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ('[1,2]', '{"a":"b","c":null}', '{"a":"b"}'),
    ('{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}')) v(t, p, r);

select is(api.sparse('{"a": 1, "b": 2}', '{b,c}'), '{"b": 2}', 'fewer members');
select is(api.sparse('{"items": [{"a": 1, "b": 2}, {"b": 3}], "next": null, "total": 2}', '{a}'),
          '{"items": [{"a": 1}, {}], "next": null, "total": 2}', 'of every item of a list');
select is(api.sparse('{"items": [], "next": null}', '{a}'), '{"items": [], "next": null}',
          'of an empty one');
select is(api.sparse(null, '{a}'), null, 'of nothing');

select * from finish();
