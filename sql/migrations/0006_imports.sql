-- Imports of more than contacts; what a workspace keeps on the disk.

alter table godwit.imports
    add column kind text not null default 'contacts' check (kind in ('contacts', 'suppressions'));

-- for godwit.files_used
create index files_ready on godwit.files (tenant_id) include (bytes) where state = 'ready';
create index imports_rejects on godwit.imports (tenant_id, finished_at) include (reject_bytes)
    where reject_file is not null;
