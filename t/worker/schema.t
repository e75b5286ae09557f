#!/usr/bin/perl
# godwit schema: verdicts as JSON lines, and what is no question at all.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $deep = '[' x 65;
my @cases = (
    [ '{"schema":{"maxLength":2},"data":"abc"}', { valid => JSON::PP::false, errors => [ {
        pointer => '', rule => 'maxLength', message => 'must be at most 2 characters, has 3' } ] } ],
    [ '{"schema":{"required":["a"],"properties":{"b/":{"type":"null"}}},"data":{"b/":1}}',
        { valid => JSON::PP::false, errors => [
            { pointer => '', rule => 'required', message => '"a" is missing' },
            { pointer => '/b~1', rule => 'type', message => 'must be null, is an integer' } ] } ],
    [ '{"schema":{"const":"a\u0000b"},"data":"a\u0000b"}', { valid => JSON::PP::true, errors => [] } ],
    [ '{"schema":{"format":"ipv4"},"data":"x"}', { valid => JSON::PP::false, errors => [ {
        pointer => '', rule => 'format', message => 'must be an IPv4 address' } ] } ],
    [ '{"schema":{"format":"ipv4"},"data":"x","format":false}',
        { valid => JSON::PP::true, errors => [] } ],
    [ '{"schema":{"type":"strin"},"data":1}', { error => { rule => 'schema', message =>
        'the schema\'s /type must be null, boolean, integer, number, string, array, object or a '
        . 'list of these' } } ],
    [ '{"schema":{"$ref":"http://127.0.0.1:1/x"},"data":1}', { error => { rule => 'schema', message =>
        'the schema\'s /$ref is "http://127.0.0.1:1/x", which is not in this document (nothing is '
        . 'fetched)' } } ],
    [ '{"schema":true}', { error => { rule => 'required', message => '"data" is missing' } } ],
    [ '{"data":true}', { error => { rule => 'required', message => '"schema" is missing' } } ],
    [ '[]', { error => { rule => 'object', message => 'the input must be a JSON object' } } ],
    [ '', { error => { rule => 'empty', message => 'the JSON text is empty' } } ],
    [ '{"schema":true,"data":1,"data":2}', { error => { rule => 'duplicate_key', message =>
        'the JSON text: duplicate object key near \'"data"\', line 1, column 30' } } ],
    [ "{\"schema\":true,\"data\":\"\0\"}", { error => { rule => 'nul', message =>
        'the JSON text holds a NUL byte, line 1, column 24' } } ],
    [ "{\"schema\":true,\"data\":\"\xc0\xaf\"}", { error => { rule => 'utf8', message =>
        'the JSON text is not UTF-8, line 1, column 24' } } ],
    [ '{"schema":true,"data":NaN}', { error => { rule => 'number', message =>
        'the JSON text has NaN or Infinity, which are no numbers of JSON, line 1, column 23' } } ],
    [ "{\"schema\":true,\"data\":$deep", { error => { rule => 'depth', message =>
        'the JSON text is nested deeper than 64, line 1, column 86' } } ],
);
my ($code, $out) = $h->godwit({ in => join '', map { "$_->[0]\n" } @cases }, 'schema');
my @lines = split /\n/, $out;
is $code, 0, 'a wrong line is a line too';
is @lines, @cases, 'an answer for each';
is_deeply decode_json($lines[$_]), $cases[$_][1], substr $cases[$_][0], 0, 70 for 0 .. $#cases;

my ($words, undef, $err) = $h->godwit('schema', 'x');
is $words, 2, 'words are not taken';
like $err, qr/^schema: takes no words/, 'and that is said';
done_testing;
