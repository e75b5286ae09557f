#!/usr/bin/perl
# Over TLS the cookie has a name that no other host and no plain page can set,
# and only pages of TLS may use it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;

my $h = Godwit->new(conf => 'spool_segment 1m;');
user($h, 'ann@example.com', password => 'lamp river uncle fog');
my $port = free_port();
my $state = $h->state;
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout $state/conf/tls.key "
    . "-out $state/conf/tls.crt 2>/dev/null") == 0 or die 'openssl';
Godwit::Postgres::own("$state/conf/tls.key");
$h->nginx(more => "listen 127.0.0.1:$port ssl http2; ssl_certificate $state/conf/tls.crt; "
    . "ssl_certificate_key $state/conf/tls.key; ");

# (status, lines of the head, body) of curl
sub tls {
    my ($method, $path, $headers, $body, $more) = @_;
    my @words = map { "-H '$_: $headers->{$_}'" } sort keys %$headers;
    push @words, "--data-binary '$body'" if defined $body;
    my $out = qx(curl -sS -k -i -X $method @words @{[ $more // '' ]} https://127.0.0.1:$port/api/v1$path);
    my ($head, $text) = split /\r\n\r\n/, $out, 2;
    my ($status) = $head =~ m{^HTTP/\S+ (\d+)};
    return ($status, $head, $text);
}
my $login = '{"email":"ann@example.com","password":"lamp river uncle fog"}';
my %json = ('Content-Type' => 'application/json');

for my $http ('--http1.1', '--http2') {
    my ($status, $head) = tls(POST => '/sessions', \%json, $login, $http);
    is $status, 201, "a login by $http";
    my ($cookie) = $head =~ /^set-cookie: (\S+?);/mi;
    like $cookie, qr/^__Host-godwit=gw_sess_\d+_\w{38}$/, 'a cookie of this host';
    like $head, qr/^set-cookie: \Q$cookie\E; Path=\/; Secure; HttpOnly; SameSite=Lax\r$/mi, 'for TLS alone';

    my %as = (Cookie => $cookie, 'Godwit-Workspace' => 'ws_1');
    is((tls(GET => '/lists', \%as, undef, $http))[0], 200, 'is a session');
    is((tls(GET => '/lists', { %as, Cookie => "a=1; $cookie; b=2" }, undef, $http))[0], 200, 'among others');
    is((tls(GET => '/lists', { %as, Cookie => $cookie =~ s/__Host-//r }, undef, $http))[0], 401,
        'and not under the name that anybody sets');
    is((tls(GET => '/lists', { %as, Origin => "https://127.0.0.1:$port" }, undef, $http))[0], 200, 'of our pages');
    is((tls(GET => '/lists', { %as, Origin => "http://127.0.0.1:$port" }, undef, $http))[0], 403,
        'not of those that somebody on the way may have made');
    ($status, $head) = tls(DELETE => '/sessions/current', { %as, 'Godwit-Workspace' => 'none' }, undef, $http);
    like $head, qr/^set-cookie: __Host-godwit=; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0\r$/mi,
        'a logout takes it';
    is((tls(GET => '/lists', \%as, undef, $http))[0], 401, 'for good');
}

# every answer over TLS says that there is no other way from now on
for my $path (qw(/healthz /o/x /u/x /api/v1/lists /api/v1/nothing /openapi.json /docs/ /docs/nothing /nothing)) {
    my @heads = map { scalar qx(curl -sk -o /dev/null -D - $_$path) } "https://127.0.0.1:$port",
        "http://127.0.0.1:" . $h->port;
    is_deeply [ map { [ /^strict-transport-security: (.*)\r$/mig ] } @heads ],
        [ ['max-age=31536000; includeSubDomains'], [] ], $path;
}
done_testing;
