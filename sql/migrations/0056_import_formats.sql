-- Imports of other files than CSV.

alter table godwit.imports
    add column format text not null default 'csv' check (format in ('csv', 'ndjson', 'vcard'));
