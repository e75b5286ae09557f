-- Headers that a webhook sends beside its own; the values of some are secret.
alter table godwit.webhooks
    add column headers jsonb not null default '{}',
    add column headers_secret_id uuid;
