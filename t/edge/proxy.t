#!/usr/bin/perl
# Behind a proxy that is trusted: whose address counts for the rate, the audit, a
# key that is good for one address and the evidence of an open. From anybody
# else a header that names another address changes nothing.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'api_rate_address 6;');
my ($state, $root) = ($h->state, Godwit::root());
mkdir "$state/conf/server.d";
sub behind {
    my ($file, @change) = @_;
    my $text = slurp("$root/conf.d/edge/$file");
    $text =~ s/$_->[0]/$_->[1]/ for @change;
    unlink glob "$state/conf/server.d/*.conf";
    spew("$state/conf/server.d/$file", $text);
}
behind('proxy.conf');
$h->nginx;

# a real nginx before it
my $front = bless { %$h, port => free_port() }, ref $h;
mkdir "$state/front";
Godwit::Postgres::own("$state/front");
spew("$state/front/nginx.conf", <<"END");
daemon off; pid $state/front/pid; error_log $state/front/log; worker_processes 1;
events { }
http {
    access_log off;
    @{[ map { "${_}_temp_path $state/front/$_;" } qw(client_body proxy fastcgi uwsgi scgi) ]}
    server {
        listen 127.0.0.1:$front->{port};
        location / {
            proxy_pass http://127.0.0.1:$h->{port};
            proxy_set_header Host \$host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
        }
    }
}
END
$h->spawn({ program => ['/usr/sbin/nginx'], log => 'front' }, '-c', "$state/front/nginx.conf",
    '-p', "$state/front", '-e', "$state/front/log");
wait_for { get($front, '/healthz')->{status} == 200 } 10, 'a proxy before the edge';

my $key = key($h);
my %lie = ('X-Forwarded-For' => '203.0.113.7');
my $lists = 0;
sub make {
    my ($where, $from, $with) = @_;
    return http($where, 'POST', '/api/v1/lists', from => $from, body => '{"name":"l' . $lists++ . '"}',
        headers => { %lie, Authorization => 'Bearer ' . ($with // $key), 'Content-Type' => 'application/json' });
}
sub audited {
    return $h->value('select host(address) from godwit.audit where tenant_id = 1
        and operation = ? order by id desc limit 1', 'lists_create');
}
for ([ $front, '127.0.0.8', 'by the proxy' ], [ $h, '127.0.0.9', 'past it' ]) {
    my ($where, $from, $way) = @$_;
    is make($where, $from)->{status}, 201, "asked $way";
    is audited(), $from, 'the audit has who asked, not who is named';
}
is make($h, '127.0.0.1')->{status}, 201, 'the proxy itself is believed';
is audited(), '203.0.113.7', 'and says who asked';

# each has a rate of its own, however many come by the proxy
sub left { return make(@_)->{headers}{'ratelimit-remaining'} }
my $other = left($front, '127.0.0.11');
cmp_ok left($front, '127.0.0.10'), '>=', $other, 'who comes by the proxy shares no rate';
is scalar(grep { make($front, '127.0.0.12')->{status} == 429 } 1 .. 30) > 0, 1, 'who asks too much is held up';
is make($front, '127.0.0.13')->{status}, 201, 'and nobody beside him';

# a key that is good for one address
my $bound = $h->call('keys_create', { name => 'k', scopes => ['*'], addresses => ['127.0.0.14'] })->{key};
is make($front, '127.0.0.14', $bound)->{status}, 201, 'a key of that address by the proxy';
isnt make($front, '127.0.0.15', $bound)->{status}, 201, 'and of no other';
isnt http($h, 'GET', '/api/v1/lists', from => '127.0.0.16', headers => { Authorization => "Bearer $bound",
    'X-Forwarded-For' => '127.0.0.14' })->{status}, 200, 'whoever says that he has it';

# the evidence of an open
my $open = token($h, what => 'open', tenant => 1, contact => 1, campaign => 1);
sub opened {
    my @lines = map { ($h->godwit('spool', 'dump', $_))[1] =~ /^(.*"open".*)$/gm } glob "$state/spool/event-*";
    return join ' ', map { /"ip":\s*"([^"]+)"/ } @lines;
}
http($front, 'GET', "/o/$open", from => '127.0.0.17', headers => { %lie });
http($h, 'GET', "/o/$open", from => '127.0.0.18', headers => { %lie });
is opened(), '127.0.0.17 127.0.0.18', 'an open is of who opened';
is get($front, '/metrics')->{status}, 403, 'who comes by the proxy is not this machine';

# the PROXY protocol
my $port = free_port();
behind('proxy-protocol.conf', [ 8081, $port ]);
kill HUP => $h->{nginx};
sub spoken {
    my ($first) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return '';
    my $body = '{"name":"p' . $lists++ . '"}';
    print $s "${first}POST /api/v1/lists HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n",
        "Authorization: Bearer $key\r\nContent-Type: application/json\r\nContent-Length: ", length $body, "\r\n\r\n$body";
    return (do { local $/; <$s> } // '') =~ m{^HTTP/1.1 (\d+)} ? $1 : 0;
}
wait_for { spoken("PROXY TCP4 192.0.2.7 127.0.0.1 4000 443\r\n") eq '201' } 10, 'the PROXY protocol';
is audited(), '192.0.2.7', 'says who asked, and no header does';
isnt spoken(''), '201', 'who does not speak it is not heard';
$h->expect(qr/broken header/);
done_testing;
