#!/usr/bin/perl
# Events of sites and apps by write key: what is taken and what is refused, with a
# cache and without; any page may read the answers.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use MIME::Base64 qw(encode_base64);

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $source = $h->call('sources_create', { name => 'Shop' });
my $key = $source->{write_key};
my %track = (event => 'Paid', userId => 'u1', properties => { price => 19.99 });

# what came, as $h->... has it
sub send_as {
    my ($path, $body, %headers) = @_;
    my $r = http($h, 'POST', "/api/v1/$path", headers => \%headers,
        body => ref $body ? JSON::PP::encode_json($body) : $body);
    $r->{json} = eval { JSON::PP::decode_json($r->{body}) };
    return $r;
}
sub said { my ($r) = @_;
    my $p = $r->{json} // {};
    return join ' ', $r->{status}, ($p->{type} // '') =~ m{#(\w+)}, ($p->{errors} // [])->[0]{pointer} // () }
sub stored {
    is_deeply [ ($h->godwit('worker', 'ingest', '--once'))[0] ], [0], 'a drain';
    return join ' ', map { $_->{name} } @{ $h->rows('select name from godwit.tracked order by name') };
}

# ------------------------------------------------- nobody knows the key yet

my $r = send_as(track => { %track, writeKey => $key });
is $r->{body}, '{"success":true}', 'as Segment says it';
is "@{ $r->{headers} }{qw(content-type access-control-allow-origin cache-control)}",
    'application/json * no-store, private', 'for any page';
is send_as(track => { %track, event => 'Basic' }, Authorization => 'Basic '
    . encode_base64("$key:", ''))->{status}, 200, 'the key as user';
is send_as(track => { %track, event => 'Header' }, 'Write-Key' => $key)->{status}, 200, 'as header';
(my $forged = $h->value(q{select godwit.credential_text('gw_write_1', 1)})) =~ s/\s//g;
is send_as(track => { %track, event => 'Forged' }, 'Write-Key' => $forged)->{status}, 200,
    'one that is only well-formed is taken';
is stored(), 'Basic Header Paid', 'and found out by the drain';
is $h->value('select properties::text from godwit.tracked limit 1'), '{"price": 19.99}',
    'as it was sent';

# ---------------------------------------------------------- what is refused

for ([ '401 unauthorized', track => { %track } ],
    [ '401 unauthorized', track => { %track, writeKey => $key =~ s/.$/-/r } ],
    [ '401 unauthorized', track => { %track, writeKey => key($h) } ],
    [ '400 bad_request', track => '{"event":' ],
    [ '400 bad_request', track => '' ],
    [ '400 bad_request', track => "{\"event\":\"a\xff\",\"userId\":\"u\"}" ],
    [ '400 bad_request', track => '{"event":"a","event":"b","userId":"u"}' ],
    [ '413 body_too_large', track => { %track, properties => { a => 'x' x 33000 } } ],
    [ '413 body_too_large', batch => 'x' x 513_000 ],
    [ '422 invalid /event', track => { userId => 'u', writeKey => $key } ],
    [ '422 invalid /anonymousId', page => { writeKey => $key } ],
    [ '422 invalid /previousId', alias => { userId => 'u', writeKey => $key } ],
    [ '422 invalid /traits', identify => { userId => 'u', traits => [], writeKey => $key } ],
    [ '422 invalid /batch', batch => { writeKey => $key } ],
    [ '422 invalid /batch/1/event', batch => { writeKey => $key,
        batch => [ { %track, type => 'track' }, { userId => 'u', type => 'track' } ] } ],
    [ '422 invalid /batch/0/type', batch => { writeKey => $key, batch => [ {} ] } ])
{
    my ($want, $path, $body) = @$_;
    my $r = send_as($path, $body);
    my $short = substr ref $body ? JSON::PP->new->canonical->encode($body) : $body, 0, 60;
    is said($r), $want, "$path $short";
    ok $r->{json}{detail} && $r->{headers}{'access-control-allow-origin'} eq '*', 'in a sentence';
}
is said(send_as(batch => { writeKey => $key, batch => [ ({ %track, type => 'track' }) x 501 ] })),
    '413 body_too_large', '501 events';
is stored(), 'Basic Header Paid', 'none of it was kept';

$r = http($h, 'GET', '/api/v1/track');
is "$r->{status} $r->{headers}{allow}", '405 OPTIONS, POST', 'to be posted';
is http($h, 'POST', '/api/v1/track', headers => { 'Transfer-Encoding' => 'chunked' })->{status}, 400,
    'with its length';
$r = http($h, 'OPTIONS', '/api/v1/track', headers => { Origin => 'https://a.example' });
is join(' ', $r->{status}, @{ $r->{headers} }{map { "access-control-$_" } qw(allow-origin allow-methods
    allow-headers)}), '204 * POST Authorization, Content-Type, Write-Key', 'a browser asks first';

# ------------------------------------------------------------- batches, large

my @many = map { { type => 'track', event => "e$_", anonymousId => 'a', properties => { x => 'y' x 900 } } } 1 .. 400;
is send_as(batch => { writeKey => $key, batch => \@many })->{status}, 200, '400 events at once';
is send_as(batch => { writeKey => $key, batch => [] })->{status}, 200, 'none';
is send_as(track => { %track, event => 'Large', writeKey => $key, properties => { a => 'x' x 32000 } })->{status},
    200, 'one of 32 KB';
stored();
is $h->value(q{select count(distinct name) from godwit.tracked where name ~ '^e[0-9]+$'}), 400, 'all are there';

# ------------------------------------------------------------ with the cache

$h->spawn('worker', 'cache');
wait_for { said(send_as(track => { %track, event => 'Forged' }, 'Write-Key' => $forged)) eq '401 unauthorized' } 10,
    'the cache knows better';
is send_as(track => \%track, 'Write-Key' => $key)->{status}, 200, 'and the right one';
$h->call('sources_update', { id => 'src_1', origins => ['https://shop.example'] });
wait_for { said(send_as(track => \%track, 'Write-Key' => $key, Origin => 'https://evil.example'))
    eq '403 forbidden' } 5, 'pages of elsewhere are refused';
is send_as(track => \%track, 'Write-Key' => $key, Origin => 'https://shop.example')->{status}, 200, 'its own not';
is send_as(track => \%track, 'Write-Key' => $key)->{status}, 200, 'nor servers';
$h->call('sources_delete', { id => 'src_1' });
wait_for { send_as(track => \%track, 'Write-Key' => $key)->{status} == 401 } 5, 'deleted it is none';
is_deeply $h->call('sources_list', {})->{items}, [], 'and is gone';

# who sends too much; which of the two it was is told
my $other = $h->call('sources_create', { name => 'Other' })->{write_key};
for my $whose (qw(address key)) {
    $h->configure("spool_segment 1m; api_rate_$whose 5;");
    kill HUP => $h->{nginx};
    my ($r, $says) = (undef, $whose eq 'key' ? qr/this write key/ : qr/this address/);
    wait_for { (($r = send_as(track => \%track, 'Write-Key' => $other))->{json}{detail} // '') =~ $says } 10,
        "too many of one $whose";
    is said($r) . " $r->{headers}{'retry-after'}", '429 rate_limited 1', 'and when to come again';
}
like get($h, '/metrics')->{body}, qr/^godwit_tracked_total [1-9]/m, 'they are counted';

done_testing;
