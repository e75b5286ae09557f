#!/usr/bin/perl
# A connection that worked has broken: who asks then waits for the next one.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;
use IO::Select;

delete $ENV{GODWIT_TEST_PG};                    # one that can be held up
my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 1;
    database_timeout 60s; database_slow_timeout 60s;');
any($h);
$h->nginx;
my @pids = edge_pids($h);
my @paths = (quick($h, 'select true'), slow($h, q{select 'good'}));
is join(' ', map { get($h, $_)->{status} } @paths), '200 200', 'all is well';

my ($postmaster) = slurp($h->postgres->{dir} . '/data/postmaster.pid') =~ /^(\d+)/ or die;
# a cancel that was meant for the one before hits another: that is sent again, once
sub hit {
    my ($was, $pid, $at) = @_;
    wait_for { ($pid, $at) = $h->dbh->selectrow_array(q{select pid, query_start from pg_stat_activity
        where state = 'active' and datname = current_database() and application_name = 'godwit-edge'
        and query_start is distinct from ?::timestamptz}, undef, $was) } 5, 'it runs';
    $h->value('select pg_cancel_backend(?)', $pid);
    return $at;
}
my $asked = ask($h, my $doze = quick($h, 'select true from pg_sleep(1)'));
hit();
is status($asked), 200, 'it was not its own';
$asked = ask($h, $doze);
hit(hit());
is status($asked), 503, 'enough';
$h->expect(qr/57014 canceling statement due to user request/);

# both connections break, and nobody takes new ones
my $breaks = 0;
sub cut {
    my @backends = split ' ', backends($h);
    kill STOP => $postmaster;
    kill TERM => @backends;
    $breaks += 2;
    wait_for { $breaks == (() = slurp($h->state . '/log/nginx.log') =~ /\[warn\].*Postgres: (?:read|closed)/g) }
        10, 'both connections break';
}
cut();
my @asked = map { ask($h, $_) } @paths;
is_deeply [ IO::Select->new(@asked)->can_read(0.5) ], [], 'who asks waits';
kill CONT => $postmaster;
is join(' ', map { status($_) } @asked), '200 200', 'and is answered';
cut();
@asked = map { ask($h, $_) } @paths;
delete($h->{dbh}{''})->disconnect;
kill KILL => $postmaster;
for (@asked) {
    ok +IO::Select->new($_)->can_read(10), 'there will be none: that is said at once';
    is status($_), 503, 'as it is';
}
wait_for { $h->postgres->up } 20, 'Postgres is started';
wait_for { get($h, $paths[0])->{status} == 200 } 10, 'and found';
is_deeply [ edge_pids($h) ], \@pids, 'by the same process';
done_testing;
