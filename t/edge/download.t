#!/usr/bin/perl
# A file that is sent out: its type, its name, a part of it; one that is not
# there any more, or lies elsewhere.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->godwit(qw(worker jobs --once));
$h->nginx;
my $text = join '', map { "line $_\n" } 1 .. 1000;
import_upload($h, $text, name => qq(M\x{e4}rz "1";\r.csv) =~ s/\r//r);
my $at = '/files/file_1/content';
my $file = $h->state . "/files/up-$h->{uploads}.csv";

my $r = api($h, GET => $at);
is "$r->{status} $r->{headers}{'content-type'}", '200 text/csv', 'a file';
is $r->{body}, $text, 'as it is';
is $r->{headers}{'content-disposition'}, 'attachment; filename="M__rz__1__.csv"; '
    . "filename*=UTF-8''M%C3%A4rz%20%221%22%3B.csv", 'no name becomes part of a header';
my $head = api($h, HEAD => $at);
is "$head->{status} $head->{headers}{'content-length'} $head->{body}", '200 ' . length($text) . ' ', 'HEAD';
my $part = api($h, GET => $at, headers => { Range => 'bytes=5-9' });
is "$part->{status} $part->{body}", '206 ' . substr($text, 5, 5), 'a part of it';

spew($file, substr $text, 1);
is problem(api($h, GET => $at)), '404 not_found', 'one that was cut short';
unlink $file;
is problem(api($h, GET => $at)), '404 not_found', 'or has gone';
$h->dbh->do(q{with o as (insert into godwit.hosts (name, boot_id, seen_at) values
    ('11111111-1111-1111-1111-111111111111', '11111111-1111-1111-1111-111111111111', '2026-01-01Z')
    returning id) update godwit.files set host_id = o.id from o});
spew($file, $text);
$r = api($h, GET => $at);
is problem($r), '409 conflict', 'one of another host';
like $r->{json}{detail}, qr/lies on another machine/, 'which is said';
done_testing;
