-- Lists: order, filters, cursors, totals, over a table of its own.
select plan(31);

create table godwit.things (tenant_id int, id bigint, name text, at timestamptz);
grant select on godwit.things to gw_api;
insert into godwit.things select 1, i, 'n' || i % 3, timestamptz '2026-01-01Z' + i * interval '1 s'
  from generate_series(1, 10) i;
insert into godwit.things values (2, 11, 'n1', '2026-01-01Z');
select auth.tenant_create('two', '2026-01-01Z');
select auth.enter('{"tenant": 1, "now": "2026-01-01T00:00:00Z"}');

create function pg_temp.things(p_body jsonb, p_name text default 'things') returns jsonb
language sql as $$ select godwit.list(p_body, p_name, 'godwit.things t', 't.id', 'to_jsonb(t.id)',
    array[['id', 't.id', 'bigint'], ['name', 't.name', 'text'], ['at', 't.at', 'timestamptz']],
    array[['name', 'line', 't.name = %s'], ['after', 'time', 't.at > %s'],
          ['kind', 'word odd even', $q$t.id % 2 = case %s when 'odd' then 1 else 0 end$q$],
          ['same', 'id th', 't.id = %s']], 't.id <> 7') $$;
-- all pages of two, one after the other
create function pg_temp.walk(p_body jsonb) returns text language plpgsql as $$
declare v jsonb; r text := '';
begin
    loop
        v := pg_temp.things(p_body || '{"limit": 2}');
        r := r || ' ' || translate((v->'items')::text, '[] ', '');
        exit when v->>'next' is null;
        p_body := p_body || jsonb_build_object('cursor', v->>'next');
    end loop;
    return btrim(r);
end $$;

select is(pg_temp.walk(body::jsonb), pages, body) from (values
    ('{}', '1,2 3,4 5,6 8,9 10'),
    ('{"sort": "-id"}', '10,9 8,6 5,4 3,2 1'),
    ('{"sort": "name"}', '3,6 9,1 4,10 2,5 8'),
    ('{"sort": "-name"}', '8,5 2,10 4,1 9,6 3'),
    ('{"sort": "at"}', '1,2 3,4 5,6 8,9 10'),
    ('{"sort": "-at", "name": "n1"}', '10,4 1'),
    ('{"kind": "odd"}', '1,3 5,9'),
    ('{"kind": "even", "after": "2026-01-01T01:00:03+01:00"}', '4,6 8,10'),
    ('{"same": "th_4"}', '4'), ('{"same": "th_11"}', ''), ('{"name": "x'' or true --"}', ''),
    ('{"name": "n1", "same": null}', '1,4 10')) t(body, pages);
select is(pg_temp.things('{"limit": 10}')->'next', 'null', 'the last page has no next');
select is(pg_temp.things('{"limit": 9}')->'next', 'null', 'nor one that is just full');

select throws_ok(format('select pg_temp.things(%L)', body), 'GW001', sentence) from (values
    ('{"sort": "size"}', '"sort" is one of id, name, at, or one of them after a -'),
    ('{"sort": "--id"}', '"sort" is one of id, name, at, or one of them after a -'),
    ('{"kind": "x"}', '"kind" is not one of odd, even'),
    ('{"after": "yesterday"}', '"after" is not an instant like 2026-01-31T12:00:00Z'),
    ('{"after": "2026-02-30T00:00:00Z"}', '"after" is not an instant like 2026-01-31T12:00:00Z'),
    ('{"same": "ct_1"}', '"same" is not an id like th_1'),
    ('{"total": 1}', '"total" is not true or false'),
    ('{"cursor": "12"}', '"cursor" is not one that this list gave with the same filters and sort'),
    ('{"size": 1}',
     'there is no field "size"; the fields are cursor, offset, limit, sort, total, fields, name, '
     'after, kind, same')) t(body, sentence);

-- a cursor is good for its own list only
select set_config('t.next', pg_temp.things('{"limit": 2, "name": "n1"}')->>'next', true);
create function pg_temp.next(p_change jsonb, p_name text default 'things') returns jsonb
language sql as $$ select pg_temp.things(jsonb_build_object('limit', 2, 'name', 'n1', 'cursor',
    current_setting('t.next')) || p_change, p_name) $$;
select is(pg_temp.next('{"limit": 5}')->'items', '[10]', 'with another limit it goes on');
select throws_ok(call, 'GW001',
    '"cursor" is not one that this list gave with the same filters and sort') from (values
    ($$select pg_temp.next('{"name": "n2"}')$$), ($$select pg_temp.next('{"sort": "name"}')$$),
    ($$select pg_temp.next('{}', 'others')$$),
    ($$select pg_temp.next(jsonb_build_object('cursor',
        overlay(current_setting('t.next') placing 'A' from 3)))$$)) t(call);
select auth.enter('{"tenant": 2, "now": "2026-01-01T00:00:00Z"}');
select throws_ok($$select pg_temp.next('{}')$$, 'GW001',
    '"cursor" is not one that this list gave with the same filters and sort',
    'nor in another workspace');
select auth.enter('{"tenant": 1, "now": "2026-01-01T00:00:00Z"}');

select is(pg_temp.things('{"limit": 1, "total": true, "name": "n1"}') - 'next',
    '{"items": [1], "total": 3}', 'a total counts all pages');
insert into godwit.things select 1, i, 'many', '2026-01-01Z' from generate_series(101, 20100) i;
analyze godwit.things;
select ok(r->'total_estimated' = 'true' and (r->>'total')::int between 15000 and 25000,
    'a large one is estimated') from pg_temp.things('{"limit": 1, "total": true}') r;

select * from finish();
