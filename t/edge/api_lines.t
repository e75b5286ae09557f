#!/usr/bin/perl
# Headers that are lists: several lines of one are one list; entity tags have
# their form.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my @pids = edge_pids($h);
my $path = '/lists/' . api($h, POST => '/lists', json => { name => 'a' })->{json}{id};
my $etag = api($h, GET => $path)->{headers}{etag};

# a request with these lines of one header
sub with { my ($method, $name, @lines) = @_;
    return api($h, $method => $path, $method eq 'PATCH' ? (json => { name => 'a' }) : (),
        headers => { $name => join "\r\n$name: ", @lines }) }

is with(GET => Accept => qw(text/html application/json))->{status}, 200, 'Accept, the second';
is problem(with(GET => Accept => qw(text/html image/png))), '406 not_acceptable', 'none of two';
is problem(with(GET => Accept => ('a/b') x 600)), '406 not_acceptable', 'none of hundreds';
is with(GET => 'If-None-Match', '"x"', $etag)->{status}, 304, 'If-None-Match, the second';
is with(GET => 'If-None-Match', '"x"', '"y"')->{status}, 200, 'none of two';
is with(PATCH => 'If-Match', '"x"', $etag)->{status}, 200, 'If-Match, the second';
is problem(with(PATCH => 'If-Match', '"x"', '"y"')), '412 precondition_failed', 'none of two';
is problem(with(PATCH => 'Content-Encoding', qw(identity gzip))), '415 unsupported_media_type',
    'Content-Encoding, the second';

$h->godwit(qw(worker jobs --once));
my $role = $h->spawn('worker', 'jobs');
my $r = api($h, POST => '/imports', body => "email\nw\@example.com\n",
    headers => { 'Content-Type' => 'text/csv', Prefer => "respond-async\r\nPrefer: wait=10" });
is "$r->{status} " . ($r->{headers}{'preference-applied'} // ''), '200 wait=10', 'Prefer, the second';
$h->stop($role);

my $before = $h->value('select name from godwit.lists');
for my $bad ('8ZzWVMzNcpFWcD2i', '"open', 'open"', '"a b"', 'W/a', 'w/"a"', '"a" "b"', '*, "a"',
    '', ',', "'a'", qq("a\x01"))
{
    for my $name ('If-Match', 'If-None-Match') {
        $r = with($name eq 'If-Match' ? 'PATCH' : 'GET', $name, $bad);
        is problem($r), '400 bad_request', "$name: $bad";
        like $r->{json}{detail}, qr/^$name is a star or the ETag .* in its quotes, like "\w+"\.$/, 'its form';
    }
}
for my $good ($etag, "W/$etag", qq( "x" ,\t$etag), qq(, $etag,,), qq("\xe4",$etag), '*') {
    is with(PATCH => 'If-Match', $good)->{status}, 200, "If-Match: $good";
    is with(GET => 'If-None-Match', $good)->{status}, 304, "If-None-Match: $good";
}
is $h->value('select name from godwit.lists'), $before, 'nothing has changed';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';

# nginx keeps its table of headers, and what we put there, without our module
my ($state, $conf) = ($h->state, $h->state . '/conf/nginx.conf');
my $ours = slurp($conf);
sub reload { my @was = edge_pids($h); spew($conf, $_[0]); kill HUP => $h->{nginx};
    wait_for { my @n = edge_pids($h); @n == 1 && $n[0] != $was[0] } 10, 'a reload' }
spew("$state/run/file", 'a file');
reload(join '', 'daemon off;', $ours =~ /^(?:pid|error_log) .*\n/mg, 'events { } http { access_log off;',
    $ours =~ /^ *\w+_temp_path .*\n/mg,
    "server { listen 127.0.0.1:@{[ $h->port ]}; root $state/run; } }");
@pids = edge_pids($h);
is get($h, '/file', $_->[0] => '"x"')->{status}, $_->[1], "$_->[0] without our module"
    for [ 'If-None-Match', 200 ], [ 'If-Match', 412 ];
is get($h, '/file', 'If-None-Match' => '*')->{status}, 304, 'and one that holds';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
reload($ours);
is with(GET => 'If-None-Match', '"x"', api($h, GET => $path)->{headers}{etag})->{status}, 304,
    'and with it again';
done_testing;
