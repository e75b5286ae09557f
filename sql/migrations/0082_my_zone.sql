-- It tells the zone of each workspace too: another shape of row.
drop function if exists auth.my_workspaces();
