-- The readers of an operation's input: each refuses by a sentence (GW001).
select plan(24);

-- a call and its body: what it gives
select is(got, wanted, call) from (values
    (godwit.read_text('{"a": "x"}', 'a', 1, 5), 'x', 'a text'),
    (godwit.read_text('{}', 'a', 1, 5), null, 'one that is missing'),
    (godwit.read_text('{"a": "one\ttwo\nthree"}', 'a', 1, 20), E'one\ttwo\nthree', 'of two lines'),
    (godwit.read_int('{"a": -5}', 'a', -5, 5)::text, '-5', 'the least number'),
    (godwit.read_int('{"a": null}', 'a', 1, 5, 3)::text, '3', 'a default'),
    (godwit.read_email('{"a": " Ann@Example.com "}', 'a'), 'Ann@Example.com', 'an address'),
    (godwit.read_id('{"a": "lst_9"}', 'a', 'lst')::text, '9', 'an id'),
    (godwit.read_limit('{}')::text, '50', 'the rows of a page')
) t(got, wanted, call);

select throws_ok('select ' || call, 'GW001', sentence) from (values
    ($$godwit.read_body('[]', '{a}')$$, 'the input is not a JSON object'),
    ($$godwit.read_body('{"b": 1}', '{a,_c}')$$, 'there is no field "b"; the fields are a'),
    ($$godwit.read_text('{}', 'a', 1, 5, true)$$, '"a" is missing'),
    ($$godwit.read_text('{"a": 1}', 'a', 1, 5)$$, '"a" is not a text'),
    ($$godwit.read_text('{"a": "123456"}', 'a', 1, 5)$$,
     '"a" has 6 characters; 1 to 5 are allowed'),
    ($$godwit.read_text('{"a": "\u0007"}', 'a', 1, 5)$$, '"a" holds a control character'),
    ($$godwit.read_line('{"a": "x\r\nBcc: y"}', 'a', 1, 50)$$,
     '"a" holds a line break or a tab'),
    ($$godwit.read_line('{"a": "x\u2028y"}', 'a', 1, 50)$$, '"a" holds a line break or a tab'),
    ($$godwit.read_int('{"a": 6}', 'a', 1, 5)$$, '"a" is not a whole number from 1 to 5'),
    ($$godwit.read_int('{"a": 1.5}', 'a', 1, 5)$$, '"a" is not a whole number from 1 to 5'),
    ($$godwit.read_int('{"a": "3"}', 'a', 1, 5)$$, '"a" is not a whole number from 1 to 5'),
    ($$godwit.read_int('{"a": 1e40}', 'a', 1, 5)$$, '"a" is not a whole number from 1 to 5'),
    ($$godwit.read_email('{"a": "a@b@c"}', 'a')$$, '"a" is not an e-mail address: a@b@c'),
    ($$godwit.read_email('{"a": "a..b@c.de"}', 'a')$$,
     '"a" is not an e-mail address: a..b@c.de'),
    ($$godwit.read_id('{"a": "cmp_1"}', 'a', 'lst')$$, '"a" is not an id like lst_1'),
    ($$godwit.read_limit('{"limit": 1001}')$$, '"limit" is not a whole number from 1 to 1000')
) t(call, sentence);

select * from finish();
