-- What a user sees of his own sessions: those that he may go on with.
create view auth.sessions_shown as
select s.id, s.created_at, s.expires_at, s.address, s.agent, a.at as used_at
  from auth.sessions s join auth.session_uses a on a.session_id = s.id
 where s.user_id = nullif(current_setting('app.user'), '')::bigint
   and s.ended_at is null and s.expires_at > current_setting('app.now')::timestamptz
   and a.at > current_setting('app.now')::timestamptz - interval '12 hours';

grant select on auth.sessions_shown to gw_api;
