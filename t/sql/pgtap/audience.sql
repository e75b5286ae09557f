-- The frozen audience: ids ascending, in blocks of 4096, offsets from the first.
select plan(5);

insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
select 1, 7, 5 + 3 * i, '2026-01-01Z' from generate_series(0, 9999) i;
insert into godwit.list_members values (1, 8, 1, '2026-01-01Z'), (2, 7, 1, '2026-01-01Z');

select is(godwit.campaign_freeze(1, 3, 7), 10000::bigint, 'every member of the list');
select is(array_agg(cardinality(offsets) order by no), array[4096, 4096, 1808], 'in full blocks')
  from godwit.audience_blocks where tenant_id = 1 and campaign_id = 3;
select is(array_agg(base order by no), array[5, 12293, 24581]::bigint[], 'each from its first')
  from godwit.audience_blocks where tenant_id = 1 and campaign_id = 3;
select is((select count(*) from godwit.audience_blocks b cross join unnest(b.offsets) o
            join godwit.list_members m on m.tenant_id = 1 and m.list_id = 7
             and m.contact_id = b.base + o
           where b.tenant_id = 1 and b.campaign_id = 3), 10000::bigint, 'nobody else');
select is(godwit.campaign_freeze(1, 4, 99), 0::bigint, 'of an empty list nobody');

select * from finish();
