#!/usr/bin/perl
# Idempotency-Key and entity tags: nothing is done twice, nothing is lost.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $body = { email => 'a@example.com', first_name => 'A' };
sub contacts { return $h->value('select count(*) from godwit.contacts') }
sub once { my ($key, $body, %more) = @_;
    return api($h, POST => '/contacts', json => $body, headers => { 'Idempotency-Key' => $key },
        %more) }

my $first = once('k 1', $body);
my $again = once('k 1', $body);
is "$again->{status} $again->{body}", "$first->{status} $first->{body}", 'the same answer';
is $again->{headers}{'idempotency-replayed'}, 'true', 'and said so';
ok !$first->{headers}{'idempotency-replayed'}, 'not the first time';
is $again->{headers}{location} // '', $first->{headers}{location} // '', 'with its Location';
is contacts(), 1, 'done once';
is problem(once('k 1', { email => 'b@example.com' })), '422 idempotency_mismatch',
    'another request under this key';
my $wrong = { email => 'c@example.com', list_ids => ['lst_77'] };
my ($r, $s) = map { once('k 2', { email => 'a@example.com' }) } 1, 2;
is problem($_), '409 conflict', 'a conflict is not kept' for $r, $s;
ok !$s->{headers}{'idempotency-replayed'}, 'but tried again';
is problem(once($_, $body)), '400 bad_request', 'no key at all' for '', 'x' x 256, "\xe9";
is once('x' x 255, { email => 'd@example.com' })->{status}, $first->{status}, 'the longest';
is api($h, GET => '/lists', headers => { 'Idempotency-Key' => "\xe9" })->{status}, 200,
    'a GET does not care';
my $other = key($h);
is once('k 1', $body, key => $other)->{headers}{'idempotency-replayed'}, 'true',
    'the workspace has it, not the key';

# ---- entity tags
my $path = "/contacts/$first->{json}{id}";
$r = api($h, GET => $path);
my $etag = $r->{headers}{etag};
like $etag, qr/\A"[\w-]{16}"\z/, 'a strong tag';
is $r->{headers}{'cache-control'}, 'private, no-cache', 'to be asked for again';
for my $tag ($etag, "W/$etag", qq("x", $etag), '*') {
    my $r = api($h, GET => $path, headers => { 'If-None-Match' => $tag });
    is "$r->{status} $r->{body}", '304 ', "304 for $tag";
    is $r->{headers}{etag}, $etag, 'with the tag';
}
is api($h, HEAD => $path, headers => { 'If-None-Match' => $etag })->{status}, 304, 'HEAD too';
is api($h, GET => $path, headers => { 'If-None-Match' => '"x"' })->{status}, 200, 'another tag';
is api($h, GET => $path, headers => { 'If-Match' => '"x"' })->{status}, 200, 'If-Match is for writes';
$h->dbh->do(q{update godwit.contacts set first_name = 'B'});
is api($h, GET => $path, headers => { 'If-None-Match' => $etag })->{status}, 200, 'it has changed';
done_testing;
