-- Predicates ask for the company of a contact.
grant select on godwit.companies to gw_search;

-- takes the name of the field, and whose it is
drop function if exists godwit.predicate_field_sql(jsonb, text[]);
