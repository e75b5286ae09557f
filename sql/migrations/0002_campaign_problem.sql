-- Why the sender cannot begin a campaign that runs, in one phrase; null: it can.
alter table godwit.campaigns add column problem text;
