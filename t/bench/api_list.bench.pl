# 25 contacts over HTTP against pgbench running the same two statements.
use strict;
use warnings;
use Bench;
use Api;

my ($h, $key) = Api::house();
my $latency;
bench(name => 'api_list', unit => 'requests/s', at_least => 0.85, higher => 1,
    ours => sub { (my $rate, undef, $latency) = Api::asks($h, $key, '/api/v1/contacts?limit=25');
        $rate },
    peer => sub { Api::best($h, $key, q{api.contacts_list('{"limit": 25}'::jsonb)}) });
say_note("latency $latency");
