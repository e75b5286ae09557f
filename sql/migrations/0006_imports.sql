-- Imports of more than contacts.

alter table godwit.imports
    add column kind text not null default 'contacts' check (kind in ('contacts', 'suppressions'));
