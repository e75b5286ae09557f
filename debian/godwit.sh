#!/bin/sh
# godwit, as the user whose rights in the database a command needs. Each is
# called like its database role, so that Postgres knows it by its socket.
rights=
case ${1-} in
migrate) user=gw_owner ;;
call)    user=gw_edge ;;
restore) # the database of its owner, and the state, which is the worker's
         user=gw_owner rights=+dac_override,+chown ;;
*)       user=gw_worker ;;
esac
set -- /usr/lib/godwit/godwit -c /etc/godwit/godwit.conf "$@"
[ "$(id -u)" = 0 ] || exec "$@"
exec setpriv --reuid=$user --regid=$user --init-groups \
    ${rights:+--inh-caps=$rights --ambient-caps=$rights} -- "$@"
