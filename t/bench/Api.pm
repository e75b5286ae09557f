# The gateway against pgbench and others: one nginx worker, 64 connections,
# random contacts, one key; access log and rate limits off.
package Api;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
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
    system('make', '-s', 'build/bench/asks') == 0 or die "no asks\n";
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
    asks($h, $key, '/api/v1/contacts/ct_%d') for 1 .. 4;         # warm, as who serves is
    return ($h, $key, $pid);
}

# A run of 64 clients on one path, or on random contacts when it holds %d:
# (requests a second, requests, the latency). Dies when a status is not 2xx
# unless it may be.
sub asks {
    my ($h, $key, $path, %a) = @_;
    my $port = $a{port} // $h->port;
    my $head = "GET $path HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nAuthorization: Bearer $key\r\n\r\n";
    open my $fh, '-|', 'build/bench/asks', $port, 64, $seconds, $N, $head or die "asks: $!";
    my ($rate, $n, $other, $p50, $p99) = split ' ', <$fh> // '';
    close $fh or die "no figure for $path\n";
    die "$other of $n answers on $path\n" if $other && !$a{refused};
    return ($rate, $n, sprintf 'p50 %.2f ms, p99 %.2f ms', $p50 / 1000, $p99 / 1000);
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

# Whoever of 4, 16 and 64 clients does best in the median of three runs, for a
# run. The best of three in each round would be a peer that is lucky each time.
my %clients;
sub best {
    my ($h, $key, $call) = @_;
    my $run = sub { pgbench($h, 'gw_edge', $_[0], transaction($key, $call)) };
    $clients{$call} //= do {
        my %rate = map { my $n = $_; $n => median(map { $run->($n) } 1 .. 3) } 4, 16, 64;
        say_note('pgbench: ' . join ', ', map { sprintf '%d clients %.0f/s', $_, $rate{$_} } sort keys %rate);
        (sort { $rate{$b} <=> $rate{$a} } keys %rate)[0];
    };
    return $run->($clients{$call});
}

1;
