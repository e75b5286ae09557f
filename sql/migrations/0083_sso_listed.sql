-- Who is not in yet is told of a provider only when somebody has said so.
alter table auth.providers add column listed boolean not null default false;
create or replace view auth.providers_own as
select id, tenant_id, name, issuer, client_id, secret_id, groups_claim, role_id, trust_email,
       enabled, metadata, checked_at, problem, created_at, listed
  from auth.providers
 where tenant_id = current_setting('app.tenant')::int
  with check option;
