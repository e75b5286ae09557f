# An event of a site (POST /api/v1/track) against the open pixel.
use strict;
use warnings;
use Bench;
use Edge;
use Godwit;
use Godwit::Edge;

my ($h, $pid) = Edge::house('api_rate_address 0; api_rate_key 0;');
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
wait_for { ($h->godwit(qw(cache stat)))[1] =~ /"entries":1[1-9]/ } 10 or die "the source is not in the cache\n";
my $pixel = '/o/' . token($h, what => 'open', campaign => 7, contact => 3);
spew($h->state . '/track.lua', <<"LUA");
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/plain"
wrk.body = '{"event":"Order Completed","anonymousId":"2290671360-2952555068-2078015013",' ..
    '"writeKey":"$key","context":{"page":{"url":"https://www.example.com/checkout?step=3"}},' ..
    '"properties":{"order":"A-1047","price":129.95,"currency":"EUR","items":[{"sku":"T-1","n":2}]}}'
LUA
my $script = $h->state . '/track.lua';
bench(name => 'track', unit => 'us/request', at_least => 0.8,
    ours => sub { Edge::cpu_a_request($h, $pid, "/api/v1/track -s $script") },
    peer => sub { Edge::cpu_a_request($h, $pid, $pixel) });
Edge::dropped($h);
