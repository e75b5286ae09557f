# The gateway against pgbench and others: one nginx worker, 64 connections,
# random contacts, one key; access log and rate limits off.
package Api;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use List::Util qw(max);
BEGIN { $ENV{GODWIT_TEST_PG_OPTIONS} = "-c max_connections=120 -c shared_buffers=512MB" }
use Godwit;
use Godwit::Edge;
use Bench;

my $seconds = $ENV{BENCH_SECONDS} || 3;
my $pgbench = (glob '/usr/lib/postgresql/*/bin/pgbench')[-1];
my $tmp = tempdir(CLEANUP => 1);
our $N = 100_000;

# ($house, $key, pid of the worker) with N contacts in workspace 1.
sub house {
    my $h = Godwit->new;
    $h->dbh->do(qq{insert into godwit.contacts (tenant_id, email, first_name, last_name, attributes,
        created_at, updated_at) select 1, 'p' || i || '\@example.com', 'Ann', 'Other',
        jsonb_build_object('plan', 'gold', 'city', 'Porto'), '2026-01-01Z', '2026-01-01Z'
        from generate_series(1, $N) i});
    $h->dbh->do($_) for 'vacuum analyze godwit.contacts', 'checkpoint';
    my $key = key($h);
    $h->spawn('worker', 'cache');
    wait_for { -l $h->state . '/cache/current' } 10 or die "no cache\n";
    $h->nginx(workers => 1, more => 'access_log off; location = /none { return 404; } ');
    my ($pid) = edge_pids($h);
    wrk($h, $key, '/api/v1/contacts/ct_%d') for 1 .. 4;         # warm, as who serves is
    return ($h, $key, $pid);
}

# A run of wrk on one path, or of random contacts when it holds %d: (requests
# a second, requests, the latency lines). Dies when a status is not 2xx/3xx
# unless it may be.
sub wrk {
    my ($h, $key, $path, %a) = @_;
    # each request is written once before, so that the client does not write
    # while it is measured
    my $all = $path =~ /%d/ ? $N : 1;
    spew("$tmp/wrk.lua", "math.randomseed(os.time())\n"
        . "local h, all = { ['Authorization'] = 'Bearer $key' }, {}\n"
        . "init = function() for i = 1, $all do all[i] = wrk.format('GET', "
        . "string.format('$path', i), h) end end\n"
        . "request = function() return all[math.random(1, $all)] end\n");
    my $out = `wrk -t1 -c64 -d${seconds}s --latency -s $tmp/wrk.lua http://127.0.0.1:@{[ $a{port} // $h->port ]}/`;
    die "wrk on $path: $out" if $out =~ /Non-2xx|Socket errors/ && !$a{refused};
    my ($rate) = $out =~ m{Requests/sec:\s+([\d.]+)} or die "wrk: $out";
    my ($n) = $out =~ /(\d+) requests in/;
    return ($rate, $n, join ' ', map { /^\s+(50%|99%)\s+(\S+)/ ? "$1 $2" : () } split /\n/, $out);
}

# Transactions a second of pgbench -M prepared as a role.
sub pgbench {
    my ($h, $role, $clients, $text) = @_;
    spew("$tmp/script.sql", $text);
    my ($host, $name) = $h->info =~ /host=(\S+) dbname=(\S+)/;
    my $out = `$pgbench -n -M prepared -j1 -c$clients -T$seconds -U $role -h $host -f $tmp/script.sql $name 2>&1`;
    my ($tps) = $out =~ /tps = ([\d.]+)/ or die "pgbench: $out";
    die "pgbench: $out" if $out =~ /number of failed transactions: [1-9]/;
    return $tps;
}

# The number in the text of a key.
sub key_id { return $_[0] =~ /^gw_live_(\d+)_/ ? $1 : die "key $_[0]\n" }

# The path of a Node that has what t/bench/node/package-lock.json says.
sub node {
    chomp(my $node = `sh dev/node t/bench/node`);
    die "no node\n" if $?;
    return $node;
}

# Does a server on this port answer 200?
sub answers {
    my ($port, $path, $key) = @_;
    my $out = `curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer $key' http://127.0.0.1:$port$path`;
    return $out eq '200';
}

# The two statements of a request in one implicit transaction.
sub transaction {
    my ($key, $call) = @_;
    my $number = key_id($key);
    return "\\set id random(1, $N)\n\\startpipeline\n"
        . "select auth.enter_key($number\::bigint, '\\x" . sha256_hex($key) . "'::bytea, E'contacts\\x3aread'::text, "
        . "'bench'::text, '127.0.0.1'::inet, '2026-01-02Z'::timestamptz);\n"
        . "select $call;\n\\endpipeline\n";
}

# The best of 4, 16 and 64 clients, each for a run.
sub best {
    my ($h, $key, $call) = @_;
    return max(map { pgbench($h, 'gw_edge', $_, transaction($key, $call)) } 4, 16, 64);
}

1;
