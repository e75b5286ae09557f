# CPU of the nginx worker a request, ours and nginx's own, spool drained
# meanwhile, access log off for both.
package Edge;
use strict;
use warnings;
use Godwit;
use Godwit::Edge;
use Bench;

# Start a house with one pinned nginx worker; links 0..9 are in the cache.
sub house {
    my ($conf) = @_;
    my $h = Godwit->new(conf => $conf // '');
    $h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
        select 1, 7, i, 'https://shop.example/a?b=' || i, true from generate_series(0, 9) i});
    $h->spawn('worker', $_) for qw(cache ingest);
    wait_for { -l $h->state . '/cache/current' } 10 or die "no cache\n";
    $h->nginx(workers => 1, more => 'access_log off; location = /gif { empty_gif; } '
        . 'location = /302 { return 302 https://shop.example/a?b=1; } ');
    my ($pid) = edge_pids($h);
    system "taskset -cp 1 $pid > /dev/null";
    return ($h, $pid);
}

# CPU microseconds of pid for each request of a run of wrk on a path.
sub cpu_a_request {
    my ($h, $pid, $path) = @_;
    my $before = cpu_us($pid);
    my $out = `taskset -c 0 wrk -t1 -c64 -d\${BENCH_SECONDS:-2}s http://127.0.0.1:@{[ $h->port ]}$path`;
    my ($n) = $out =~ /(\d+) requests in/ or die "wrk: $out\n";
    return (cpu_us($pid) - $before) / $n;
}

# A figure is worth nothing when events were dropped on the way: say so.
sub dropped {
    my ($h) = @_;
    my ($n) = get($h, '/metrics')->{body} =~ /^godwit_events_dropped_total (\d+)$/m;
    my ($all) = get($h, '/metrics')->{body} =~ /^godwit_(?:opens|clicks)_total ([1-9]\d*)$/m;
    say_note("$n of $all events dropped");
}

1;
