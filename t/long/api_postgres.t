#!/usr/bin/perl
# Postgres is stopped, killed and started again while the API is asked: every
# request gets an honest status in time, what was acknowledged is there
# afterwards, and the same workers go on by themselves.
use strict;
use warnings;
use lib 't/lib', 't/long';
use Godwit;
use Godwit::Edge;
use Godwit::Wire;
use Load qw(quantile);
use POSIX ();
use Time::HiRes qw(time);

delete $ENV{GODWIT_TEST_PG};                    # one that can be stopped
my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->call('contacts_create', { email => 'a@example.com' });
$h->nginx(workers => 2);
my @pids = edge_pids($h);
my $dir = $h->state . '/load';
mkdir $dir;

# one client: reads, writes, refusals; a line each: kind, status, at, seconds,
# Retry-After, name
sub client {
    my ($n, $wire) = @_;
    open my $log, '>', "$dir/$n" or die $!;
    my @kinds = ([ get => 'GET', '/contacts/ct_1' ], [ list => 'GET', '/lists?limit=25' ],
        [ make => 'POST', '/lists' ], [ refused => 'POST', '/contacts', '{"email":"a@example.com"}' ]);
    for (my $i = 0; !-e "$dir/stop"; $i++) {
        my ($kind, $method, $path, $body) = @{ $kinds[ $i % @kinds ] };
        $body = qq({"name":"$n-$i"}) if $kind eq 'make';
        my $at = time;
        my $a = $wire->ask({ method => $method, target => "/api/v1$path", body => $body,
            headers => $body ? { 'Content-Type' => 'application/json' } : {} });
        print $log join(' ', $kind, $a ? $a->{status} : 0, $at, time - $at,
            $a && $a->{headers}{'retry-after'} ? 1 : 0, "$n-$i"), "\n";
        select undef, undef, undef, 0.005;
    }
    close $log or die $!;
}

my @wires = map { Godwit::Wire->new($h) } 1 .. 8;
my @clients;
for my $n (1 .. @wires) {
    my $pid = fork // die "fork: $!";
    if (!$pid) { client($n, $wires[ $n - 1 ]); POSIX::_exit(0) }
    push @clients, $pid;
}
sub spend { my $until = time + $_[0]; wait_for { time >= $until } $_[0] + 1 }
sub postmaster { return slurp($h->postgres->{dir} . '/data/postmaster.pid') =~ /^(\d+)/ ? $1 : 0 }

my (@away, @late);
spend(3);
for my $how (qw(fast kill immediate kill fast)) {
    delete($h->{dbh}{''})->disconnect if $h->{dbh}{''};
    my $from = time;
    if ($how eq 'kill') {
        my $pid = postmaster();
        kill KILL => $pid;
        wait_for { !kill 0, $pid } 10;
    } else {
        $h->postgres->down($how) or fail "Postgres stops ($how)";
    }
    spend(2);
    wait_for { $h->postgres->up } 30 or fail 'Postgres starts';
    my $up = time;
    my $ok = wait_for { api($h, GET => '/contacts/ct_1', key => $wires[0]{key})->{status} == 200 } 10;
    push @late, $ok ? time - $up : 99;
    push @away, [ $from, time ];
    spend(2);
}
spew("$dir/stop", '');
waitpid $_, 0 for @clients;

my @log = map { [ split ' ' ] } map { split /\n/, slurp("$dir/$_") } 1 .. @wires;
my (%status, %time);
for (@log) {
    my ($kind, $status, $at, $took, $retry) = @$_;
    my $away = grep { $at + $took >= $_->[0] && $at <= $_->[1] } @away;
    $status{"$kind $status" . ($status == 503 && !$retry ? ' without Retry-After' : '')}++;
    push @{ $time{ $away ? 'away' : 'there' } }, $took * 1000;
}
diag scalar(@log) . ' requests; ' . join ', ', map { "$_: $status{$_}" } sort keys %status;
for my $when (qw(there away)) {
    my @t = @{ $time{$when} };
    diag sprintf 'Postgres %s: %d requests, p50 %.2f ms, p99 %.2f ms, most %.0f ms', $when,
        scalar @t, quantile(0.5, @t), quantile(0.99, @t), quantile(1, @t);
}
diag 'answers again after ' . join ' ', map { sprintf '%.2f s', $_ } @late;

my %honest = map { $_ => 1 } 'get 200', 'list 200', 'make 201', 'refused 409',
    map { "$_ 503" } qw(get list make refused);
is_deeply [ grep { !$honest{$_} } sort keys %status ], [], 'every status is honest';
ok $status{"$_ 503"}, "$_ was asked while it was away" for qw(get list make refused);
is scalar(grep { $_ > 10 } @late), 0, 'recovery by itself (promised within 2 s)';
is scalar(grep { $_->[3] > 10 } @log), 0, 'and nobody hung';
my %there = map { $_->[0] => 1 } @{ $h->dbh->selectall_arrayref('select name from godwit.lists') };
my @made = grep { $_->[0] eq 'make' && $_->[1] == 201 } @log;
is_deeply [ map { $_->[5] } grep { !$there{ $_->[5] } } @made ], [], 'what was acknowledged is there';
diag keys(%there) - @made . ' more were made than acknowledged';
is_deeply [ edge_pids($h) ], \@pids, 'by the same workers';
$h->expect(qr/Postgres|connection|server closed|terminat/i);
done_testing;
