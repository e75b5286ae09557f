-- It asks whether the best hour is meant as well.
drop function if exists godwit.audience_parts(godwit.campaigns, boolean, timestamptz);
