#!/usr/bin/perl
# Many log in at once: two are hashed on a machine and 32 wait, the others hear
# at once when to come again; no place is lost with a process that is killed, and
# a reload gives up nobody.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;
use List::Util qw(max);

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $good = 'lamp river uncle fog';
user($h, "u$_\@example.com", password => $good) for 1 .. 4;
$h->nginx(workers => 2);
$h->expect(qr/exited on signal 9/);
my $from = 0;
sub open_some { my ($n) = @_; return map { opened($h, ++$from, "nobody$from\@example.com", $good) } 1 .. $n }
sub statuses { my %n; $n{ $_->{status} }++ for @_; return \%n }
sub metric { return get($h, '/metrics')->{body} =~ /^godwit_api_passwords_$_[0] (\d+)/m ? $1 : undef }

# the processes are killed, whatever they hash, and there are others
sub killed {
    my @pids = edge_pids($h);
    kill 'KILL', @pids;
    wait_for { my @new = edge_pids($h); @new == 2 && !grep { my $p = $_; grep { $_ == $p } @pids } @new } 10,
        'processes are killed, and others there';
    wait_for { get($h, '/healthz')->{status} == 200 } 5, 'which serve';
    return;
}

# a wave of sixty
my @all = open_some(60);
wait_for { metric('refused_total') >= 20 } 5, 'most of sixty find no place';
my @refused = grep { $_->{status} == 503 } collect(2, @all);
cmp_ok max(map { $_->{seconds} } @refused), '<', 0.25, 'who is refused hears it at once';
like $_->{text}, qr/^Retry-After: [1-9]\d*\r$/m, 'and when to come again' for $refused[0];
like $refused[0]{text}, qr/Many passwords are waiting/, 'and why';
is metric('refused_total'), scalar @refused, 'each is counted';
cmp_ok $h->value('select sum(failures) from auth.attempts'), '<=', 2 * (60 - @refused),
    'Postgres was not asked for them';

# killed in the middle of it
killed();
my $refused = metric('refused_total');
collect(1, open_some(34));
is metric('refused_total'), $refused, 'every place is free again';
killed();
my $before = metric('total');
is login($h, 'u1@example.com', $good)->{status}, 201, 'once more';
is metric('total'), $before + 1, 'who is hashed is counted';

# a reload in the middle of it
my @pids = edge_pids($h);
@all = open_some(6);
wait_for { metric('total') > $before + 1 } 10, 'some are hashed';
kill 'HUP', $h->{nginx};
wait_for { my @new = edge_pids($h); grep { my $p = $_; !grep { $_ == $p } @pids } @new } 10, 'a reload';
my $late = opened($h, ++$from, 'u1@example.com', $good);
is_deeply statuses(collect(60, @all)), { 401 => 6 }, 'gives up nobody';
is_deeply statuses(collect(60, $late)), { 201 => 1 }, 'and others log in meanwhile';
wait_for { !grep { my $p = $_; grep { $_ == $p } @pids } edge_pids($h) } 10, 'then the old ones end';

# clients that do not wait
@pids = edge_pids($h);
close $_->{socket} for open_some(4);
my $r = login($h, 'u2@example.com', $good);
is $r->{status}, 201, 'clients that have gone are in nobody\'s way' or diag $r->{body};
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';

# the end of nginx in the middle of it
sub attempts { return $h->value('select count(*) from auth.attempts') }
$before = attempts();
@all = open_some(4);
wait_for { attempts() == $before + 8 } 5, 'Postgres was asked for each';
kill 'QUIT', $h->{nginx};
is_deeply statuses(collect(60, @all)), { 401 => 4 }, 'a stop in order gives up nobody';
done_testing;
