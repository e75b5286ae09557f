#!/usr/bin/perl
# RFC 8058: the one-click field is known in both of its encodings, and only it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; drain_interval 20ms;');
$h->nginx;
$h->spawn(qw(worker ingest));

sub part { my ($head, $value) = @_;
    return "--b\r\nContent-Disposition: form-data; $head\r\n\r\n$value\r\n--b--\r\n" }

my $name = 'name="List-Unsubscribe"';
my $kind = 'multipart/form-data; boundary=b';
my @cases = (
    [ 4, 'urlencoded', 'application/x-www-form-urlencoded',
        'List-Unsubscribe=One-Click' ],
    [ 4, 'multipart', $kind, part($name, 'One-Click') ],
    [ 4, 'with a type', $kind, part("$name\r\nContent-Type: text/plain",
        'One-Click') ],
    [ 4, 'in two pieces', $kind, part($name, 'One-Click'), 70 ],
    [ 0, 'no body', $kind, '' ],
    [ 0, 'more than the value', $kind, part($name, 'One-Clicks') ],
    [ 0, 'a file so named', $kind, part("file$name", 'One-Click') ],
    [ 0, 'cut short', $kind, substr(part($name, 'One-Click'), 0, 70) ],
    [ 0, 'not multipart', 'text/plain', part($name, 'One-Click') ]);

my $n = 0;
for my $case (@cases) {
    my ($flags, $what, $type, $body, $apart) = @$case;
    my $path = '/u/' . token($h, what => 'unsubscribe', campaign => 7,
        contact => ++$n);
    is http($h, 'POST', $path, body => $body, apart => $apart,
        headers => { 'Content-Type' => $type })->{status}, 200, $what;
}

wait_for { $h->value('select count(*) from godwit.events') == @cases } 5,
    'all are stored';
is_deeply $h->dbh->selectcol_arrayref(
    'select flags & 4 from godwit.events order by contact_id'),
    [ map { $_->[0] } @cases ], 'and known for what they are';
done_testing;
