# What a file of conf.d says in the package; `make up` has words of its own
# (dev/House.pm).
/^# .make up. starts a house/,/^# start makes anew/d
s|^# nginx for Godwit\. .*|# nginx for Godwit, by the unit godwit-edge. What is in http.d and server.d is|
s|^# nginx with this file; .*|# read too: copy there what you want of /usr/share/godwit/edge.|
s|@STATE@/run/nginx.pid|/run/godwit/nginx.pid|
s|@STATE@/log/|/var/log/godwit/|
s|@STATE@/conf/|/etc/godwit/|
s|@STATE@|/var/lib/godwit|
s|@SOCKETS@|/run/godwit|
s|@PORT@|8080|
s|@DATABASE@|host=/var/run/postgresql dbname=godwit|
s|@BASE_URL@|http://127.0.0.1:8080|
s|smart_host  @SMART_HOST@;|# smart_host  mail.example.com:587;|
s|@CONTRACT@|/usr/share/godwit/contract|
s|@DOCS@|/usr/share/godwit/docs|
s|@SITE@|/usr/share/godwit/site|
s|@APP@|/usr/share/godwit/app|
s|@MODULE@|/usr/lib/godwit/ngx_http_godwit_module.so|
s|^worker_processes  2;|worker_processes  auto;|
