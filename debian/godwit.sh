#!/bin/sh
# godwit, as the user whose rights in the database a command needs. Each is
# called like its database role, so that Postgres knows it by its socket.
case ${1-} in
migrate) user=gw_owner ;;
call)    user=gw_edge ;;
*)       user=gw_worker ;;
esac
set -- /usr/lib/godwit/godwit -c /etc/godwit/godwit.conf "$@"
[ "$(id -u)" = 0 ] || exec "$@"
exec setpriv --reuid=$user --regid=$user --init-groups -- "$@"
