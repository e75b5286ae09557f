#!/usr/bin/perl
# Parts of a file over HTTP: by Range, If-Range and If-None-Match; a part that is
# not there is a problem.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
$h->godwit(qw(worker jobs --once));
my $bytes = "email\n" . join '', map { "a$_\@example.com\n" } 1 .. 20000;
my $import = api($h, POST => '/imports?name=may.csv', body => $bytes,
    headers => { 'Content-Type' => 'text/csv' })->{json};
my $path = '/files/file_' . $h->value('select max(id) from godwit.files') . '/content';
my $n = length $bytes;
my @pids = edge_pids($h);
sub part { my ($range, %headers) = @_;
    return api($h, GET => $path, headers => { Range => "bytes=$range", %headers }) }

my $all = api($h, GET => $path);
my %h = %{ $all->{headers} };
is "$all->{status} $h{'content-length'} $h{'content-type'}", "200 $n text/csv", 'all of it';
ok $all->{body} eq $bytes, 'as it was sent';
is $h{'accept-ranges'}, 'bytes', 'parts may be asked for';
like $h{etag}, qr/^"[\w-]+"$/, 'it has a tag';
like $h{'content-disposition'}, qr/^attachment; filename="may.csv"/, 'and a name';
my $head = api($h, HEAD => $path);
is "$head->{status} $head->{body}", '200 ', 'HEAD has no body';
is $head->{headers}{$_}, $h{$_}, "and the $_ of GET" for qw(content-length content-type etag);
is api($h, GET => $path, headers => { 'If-None-Match' => "\"x\", $h{etag}" })->{status}, 304,
    'not sent twice';

for ([ '6-20', 6, 15 ], [ '-4', $n - 4, 4 ], [ '200000-', 200000, $n - 200000 ],
    [ '6-999999999', 6, $n - 6 ])
{
    my ($range, $from, $length) = @$_;
    my $r = part($range);
    is "$r->{status} " . ($r->{headers}{'content-range'} // ''),
        "206 bytes $from-@{[ $from + $length - 1 ]}/$n", "bytes=$range";
    ok $r->{body} eq substr($bytes, $from, $length), 'these bytes';
}
my $r = part('0-4,6-8');
like $r->{headers}{'content-type'}, qr{^multipart/byteranges; boundary=}, 'two parts';
like $r->{body}, qr{bytes 0-4/$n\r\n\r\nemail\r\n.*bytes 6-8/$n\r\n\r\na1\@\r\n}s, 'are both there';

$r = part('6-20', 'If-Range' => $h{etag});
is "$r->{status} $r->{body}", '206 ' . substr($bytes, 6, 15), 'of the file that it was';
is part('6-20', 'If-Range' => '"other"')->{status}, 200, 'else all of it';

$r = part("$n-");
is problem($r), '416 range_not_satisfiable', 'behind the end';
is $r->{headers}{'content-range'}, "bytes */$n", 'and where that is';
is_deeply [ grep { exists $r->{headers}{$_} } qw(content-disposition etag accept-ranges) ], [],
    'nothing of the file';
$r = api($h, HEAD => $path, headers => { Range => "bytes=$n-" });
is "$r->{status} $r->{body}", '416 ', 'HEAD too';
is problem(part('0-4', Authorization => 'Bearer x')), '401 unauthorized', 'no key, no part';
is problem(api($h, GET => '/files/file_999/content', headers => { Range => 'bytes=0-4' })),
    '404 not_found', 'no file, no part';
$r = api($h, GET => '/exports/contacts', headers => { Range => 'bytes=0-4' });
is "$r->{status} " . ($r->{headers}{'accept-ranges'} // ''), '200 ', 'an export has no parts';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
