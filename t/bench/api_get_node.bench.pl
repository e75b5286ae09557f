# One contact by id over HTTP against a Node server with pg doing the same.
use strict;
use warnings;
use Bench;
use Api;
use Godwit;
use Godwit::Edge;

my ($h, $key) = Api::house();
my $node = Api::node();
my $port = free_port();
my ($host, $name) = $h->info =~ /host=(\S+) dbname=(\S+)/;
my $pid = fork // die "fork: $!";
if (!$pid) {
    @ENV{qw(PGHOST PGDATABASE KEY_ID PORT)} = ($host, $name, Api::key_id($key), $port);
    exec $node, 't/bench/node/server.js';
}
END { kill 'TERM', $pid if $pid }
wait_for { Api::answers($port, '/contacts/ct_1', $key) } 10 or die "node does not answer\n";

bench(name => 'api_get_node', unit => 'requests/s', at_least => 4, higher => 1,
    ours => sub { (Api::asks($h, $key, '/api/v1/contacts/ct_%d'))[0] },
    peer => sub { (Api::asks($h, $key, '/contacts/ct_%d', port => $port))[0] });
