# Ten feature flags decided for a unit (POST /api/v1/flags/decide) against the open pixel.
use strict;
use warnings;
use Bench;
use Edge;
use Godwit;
use Godwit::Edge;

my ($h, $pid) = Edge::house('api_rate_address 0; api_rate_key 0; api_rate_tenant 0;');
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
$h->call('flags_create', { key => "flag-$_", enabled => JSON::PP::true, public => JSON::PP::true, rules => [
    { when => { all => [ { attribute => 'plan', op => 'is', value => 'gold' },
        { attribute => 'orders', op => 'at_least', value => 3 } ] } }, { share => 10 * $_ } ] }) for 1 .. 10;
my $body = qq({"unit":"2290671360","attributes":{"plan":"free","orders":7,"country":"DE"}});
wait_for { http($h, 'POST', '/api/v1/flags/decide', headers => { 'Write-Key' => $key }, body => $body)->{body}
    =~ /flag-9/ } 10 or die "the flags are not in the cache\n";
my $script = $h->state . '/flags.lua';
spew($script, <<"LUA");
wrk.method = "POST"
wrk.headers["Write-Key"] = "$key"
wrk.body = '$body'
LUA
bench(name => 'flags', unit => 'us/request', at_least => 0.4,
    ours => sub { Edge::cpu_a_request($h, $pid, "/api/v1/flags/decide -s $script") },
    peer => sub { Edge::cpu_a_request($h, $pid, '/o/' . token($h, what => 'open', campaign => 7, contact => 3)) });
