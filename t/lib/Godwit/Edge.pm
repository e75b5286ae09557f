# nginx for a test: $h->nginx; get/post through a small HTTP client of its own.
package Godwit::Edge;
use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use POSIX ();
use Test::More;

our @EXPORT = qw(nginx get post http edge_pids token api key problem);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# Start nginx on the house's port from conf.d/nginx.conf. clock => what time it is; more => lines inside
# server { }; workers => 1; app => 1, with the app; connections => of each; wait for /healthz. GODWIT_NGINX is another nginx that
# has our modules inside.
sub Godwit::nginx {
    my ($h, %a) = @_;
    my $state = $h->state;
    my $conf = Godwit::slurp(Godwit::root() . '/conf.d/nginx.conf');
    my $module = $ENV{GODWIT_MODULE}
        // Godwit::root() . '/build/ngx_http_godwit_module.so';
    $conf =~ s/^load_module .*\n//m if $ENV{GODWIT_NGINX};
    unlink "$state/run/module.so";      # one that has not quite ended runs in it
    system('cp', $module, "$state/run/module.so") == 0 or croak 'no module'
        if !$ENV{GODWIT_NGINX};
    my %word = (STATE => $state, SOCKETS => "$state/run", PORT => $h->port,
        MODULE => "$state/run/module.so", APP => "$state/app",
        map { (uc, "$state/$_") } qw(docs site));
    system('cp', '-r', Godwit::root() . "/html/$_", "$state/$_") for qw(docs site);
    # as it was built, for the tests that ask for it
    system('cp', '-r', Godwit::root() . '/html/dist', "$state/app") if $a{app};
    $conf =~ s/\@(\w+)\@/$word{$1} \/\/ croak $1/ge;
    $conf =~ s/worker_processes\s+2/'worker_processes ' . ($a{workers} \/\/ 1)/e;
    $conf =~ s/events \{\n.*/worker_rlimit_nofile $a{connections};\nevents {\n    worker_connections $a{connections};/
        if $a{connections};
    $conf =~ s/(location \/ \{)/($a{more} \/\/ '') . $1/e;
    Godwit::spew("$state/conf/nginx.conf", "daemon off;\n$conf");
    my $nginx = $ENV{GODWIT_NGINX} // '/usr/sbin/nginx';
    $h->{nginx} = $h->spawn({ program => [$nginx], log => 'start', env => { $a{clock} ? shifted($h, $a{clock}) : () } },
        '-c', "$state/conf/nginx.conf", '-p', $state, '-e',
        "$state/log/nginx.log");
    Godwit::wait_for(sub { get($h, '/healthz')->{status} == 200 }, 10)
        or croak 'nginx does not start: ' . Godwit::slurp("$state/log/nginx.log");
    return $h->{nginx};
}

# what makes its time begin at that instant
sub shifted {
    my ($h, $at) = @_;
    my $so = $h->state . '/run/clock.so';
    -e $so or system(qw(cc -shared -fPIC -O1 -o), $so, Godwit::root() . '/t/lib/clock.c') == 0 or croak 'no clock';
    return (GODWIT_CLOCK => $at, LD_PRELOAD => join ' ', grep { defined } $ENV{LD_PRELOAD}, $so);
}

# process ids of the workers
sub edge_pids {
    my ($h) = @_;
    my @pids;
    for (glob '/proc/[0-9]*/stat') {
        my ($pid, $name, $ppid) =
            Godwit::slurp($_) =~ /^(\d+) \((.*?)\) \S (\d+)/ or next;
        push @pids, $pid if $ppid == $h->{nginx};
    }
    return sort @pids;
}

# One request; { status, headers (lower case), body }; status 0 = no reply.
# from => 127.x.y.z, who asks; apart => n: n bytes of the body come with the headers, the rest when the server
# has seen these.
sub http {
    my ($h, $method, $path, %a) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $h->port, Timeout => 10, $a{from} ? (LocalAddr => $a{from}) : ()) or return { status => 0 };
    # who hangs for a minute has not answered
    setsockopt $s, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 60, 0;
    my $body = $a{body};
    my %headers = (Host => 'test', Connection => 'close',
        'User-Agent' => 'test', %{ $a{headers} // {} });
    $headers{'Content-Length'} = length $body if defined $body;
    $headers{Expect} = '100-continue' if defined $a{apart};
    my ($first, $rest) = unpack 'a' . ($a{apart} // '*') . ' a*', $body // '';
    print $s "$method $path HTTP/1.1\r\n",
        (map { "$_: $headers{$_}\r\n" } sort keys %headers), "\r\n", $first;
    if (defined $a{apart}) {
        sysread $s, my $continue, length "HTTP/1.1 100 Continue\r\n\r\n";
        print $s $rest;
    }
    # to its end or, as who has not sent all is waited for, to its length
    my $reply = '';
    1 while sysread($s, $reply, 65536, length $reply) && !($method ne 'HEAD'
        && $reply =~ /\A(.*?\r\n\r\n)/s && $1 =~ /^Content-Length: (\d+)/mi
        && length $reply >= $1 + index($reply, "\r\n\r\n") + 4);
    my ($head, $text) = split /\r\n\r\n/, $reply, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    my %h = map { /^(.*?): (.*)/ ? (lc $1 => $2) : () }
        split /\r\n/, $head // '';
    return { status => $status // 0, headers => \%h, body => $text // '' };
}

sub get { my ($h, $path, %headers) = @_;
    return http($h, 'GET', $path, headers => \%headers) }
sub post { my ($h, $path, $body) = @_;
    return http($h, 'POST', $path, body => $body // '') }

# A key of the API: key($h, '*'), of workspace 1 unless it is given.
sub key {
    my ($h, $scope, $workspace) = @_;
    my ($code, $out, $err) = $h->godwit('key', 'create', '--workspace',
        $workspace // 1, '--scope', $scope // '*');
    croak "key create: $err" if $code;
    chomp $out;
    return $out;
}

# A request of the API: api($h, GET => '/lists', headers => { ... }); the path is
# below /api/v1 unless it begins with another /. json => body as JSON, key =>
# another than the house's, '' for none. { status, headers, body, json }.
sub api {
    my ($h, $method, $path, %a) = @_;
    my %headers = %{ $a{headers} // {} };
    my $key = $a{key} // ($h->{api_key} //= key($h));
    $headers{Authorization} //= "Bearer $key" if length $key;
    my $body = exists $a{json} ? $json->encode($a{json}) : $a{body};
    $headers{'Content-Type'} //= 'application/json' if defined $body;
    $path = "/api/v1$path" if $path !~ m{^/(?:api/|openapi\.json|docs)};
    my $r = http($h, $method, $path, headers => \%headers, body => $body);
    $r->{json} = eval { $json->decode($r->{body}) };
    return $r;
}

# "404 not_found" of a reply that is a problem in order, else what is wrong
sub problem {
    my ($r) = @_;
    my $p = $r->{json};
    return "$r->{status}, no problem: $r->{body}" if ref $p ne 'HASH';
    my ($code) = ($p->{type} // '') =~ m{^/docs/problems#(\w+)\z};
    for ([ type => $code ], [ status => ($p->{status} // 0) == $r->{status} ],
        [ title => $p->{title} ], [ detail => $p->{detail} ],
        [ request_id => ($p->{request_id} // '') eq ($r->{headers}{'x-request-id'} // '') ],
        [ 'media type' => ($r->{headers}{'content-type'} // '') eq 'application/problem+json' ],
        [ 'Cache-Control' => ($r->{headers}{'cache-control'} // '') eq 'no-store' ])
    {
        return "$r->{status}, wrong $_->[0]: $r->{body}" if !$_->[1];
    }
    return "$r->{status} $code";
}

# A token of the house's key: token($h, what => 'open', contact => 1, ...).
sub token {
    my ($h, %a) = @_;
    my ($code, $out, $err) = $h->godwit('token', map { "$_=$a{$_}" } sort keys %a);
    croak "token: $err" if $code;
    chomp $out;
    return $out;
}

1;
