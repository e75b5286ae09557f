# One contact by id over HTTP against pgbench running the same two statements.
use strict;
use warnings;
use Bench;
use Api;

my ($h, $key) = Api::house();
my $call = q{api.contacts_get(('{"id":"ct_' || :id || '"}')::jsonb)};
my ($latency, $bare);
bench(name => 'api_get', unit => 'requests/s', at_least => 0.9, higher => 1,
    ours => sub { (my $rate, undef, $latency) = Api::asks($h, $key, '/api/v1/contacts/ct_%d'); $rate },
    peer => sub { Api::best($h, $key, $call) });
$bare = Api::pgbench($h, 'gw_worker', 16, "\\set id random(1, $Api::N)\n"
    . 'select row_to_json(c) from godwit.contacts c where tenant_id = 1 and id = :id;');
my ($rate) = Api::asks($h, $key, '/api/v1/contacts/ct_%d');
say_note(sprintf 'latency %s; %.3f of the bare select (%.0f/s)', $latency, $rate / $bare, $bare);
