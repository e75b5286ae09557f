-- Experiments that go on learning: the rest gets its variants in turns, each by shares of its own.
alter table godwit.experiments
    add column turns jsonb not null default '[]',   -- [{"at","weights","look"}], those so far
    add column ends bigint[];                       -- ordinals where they end; null: it has none
