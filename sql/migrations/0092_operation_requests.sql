-- Which request has asked for an operation: log lines of its work name it.
alter table godwit.operations add column request_id text;
