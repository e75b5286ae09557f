# The house of `make up` and `make down`, from nothing to a finished campaign.
use strict;
use warnings;
use lib 't/lib';
use DBI;
use Godwit;
use Godwit::Edge;
use Godwit::House;
use Time::HiRes qw(time);

my $house = Godwit::House->new;
my $state = $house->{state};

# -- a fresh start
my ($code, $out, $err) = $house->make('up');
is $code, 0, 'make up on nothing returns 0' or die $err;
is((split /\n/, $out)[-1], $house->ready_line, 'its last line');
is $err, '', 'and no other word';
my $s = IO::Socket::INET->new("127.0.0.1:$house->{smtp}");
like scalar <$s>, qr/^220 /, 'the sink greets';
is get($house, '/readyz')->{status}, 200, 'ready';
like $house->call('campaigns_get', { id => 'cmp_1' })->{state}, qr/^(?:running|finished)$/,
    'the demo campaign is started';
is_deeply [ grep { !-e "$state/$_" } map({ "run/$_.pid" } qw(nginx worker sink postgres)), 'run/env',
    map({ "log/$_.log" } qw(nginx worker sink postgres)),
    qw(pg spool spool/quarantine cache journal files sink conf) ], [], 'all that state holds is there';
is_deeply [ grep { (stat)[4] == 0 } glob "$state/* $state/*/*" ], [], 'nothing of it is root\'s';

# -- the first owner comes in, once
my ($token) = slurp("$state/run/owner-link") =~ m{\Ahttp://127\.0\.0\.1:$house->{http}/app/invitation#(\w+)\n\z};
is sprintf('%o', (stat "$state/run/owner-link")[2] & 0777), 600, 'the link of the first owner is his alone';
is $house->call('invitations_accept', { token => $token, email => 'ann@example.com',
    new_password => 'forty two white geese' })->{role}, 'owner', 'who comes in by it';

# -- what run/env says
my %env = slurp("$state/run/env") =~ /^(GODWIT_\w+)='?([^'\n]*)'?$/mg;
is $env{GODWIT_URL}, "http://127.0.0.1:$house->{http}", 'GODWIT_URL';
is $env{GODWIT_SMTP}, "127.0.0.1:$house->{smtp}", 'GODWIT_SMTP';
my $dbh = DBI->connect('dbi:Pg:' . $env{GODWIT_DSN} =~ tr/ /;/r, undef, undef, { RaiseError => 1, PrintError => 0 });
is_deeply $dbh->selectrow_arrayref('select current_user, count(*) from godwit.contacts'),
    [ 'gw_ro', 1000 ], 'GODWIT_DSN reads as gw_ro';
ok !eval { $dbh->do('delete from godwit.contacts') }, 'and only reads';
$dbh->disconnect;

# -- again, and by two at once
my @pids = $house->processes;
cmp_ok @pids, '>', 8, 'processes';
my @both = map { $house->begin(qw(make up)) } 1 .. 2;
is_deeply [ map { my @r = $house->end($_); $r[0] } @both ], [ 0, 0 ], 'make up on a running house';
is_deeply [ grep { !kill 0, $_ } map { slurp("$state/run/$_.pid") =~ /(\d+)/ }
    qw(nginx worker sink postgres) ], [], 'all live';
my %now = map { $_ => 1 } $house->processes;
is_deeply [ grep { !$now{ slurp("$state/run/$_.pid") + 0 } } qw(nginx worker sink postgres) ], [],
    'by the pids in their files';
is_deeply [ map { (split ' ', slurp("/proc/$_/stat"))[21] } grep { slurp("/proc/$_/comm") !~ /^postgres/ } @pids ],
    [ map { (split ' ', slurp("/proc/$_/stat"))[21] } grep { slurp("/proc/$_/comm") !~ /^postgres/ } $house->processes ],
    'and are the same';

# -- a second house beside it, without the demo
my $other = Godwit::House->new(GODWIT_DEMO => 0);
is(($other->make('up'))[0], 0, 'another house beside it');
is_deeply $other->call('campaigns_list', {})->{items}, [], 'GODWIT_DEMO=0: no campaign';
is_deeply $other->call('contacts_list', {})->{items}, [], 'and nobody';
is(($other->make('down'))[0], 0, 'it goes');
is_deeply [ $other->processes ], [], 'all of it';

# -- the demo ends with numbers that are always the same
wait_for { $house->call('campaigns_stats', { id => 'cmp_1' })->{state} eq 'finished' } 60,
    'the campaign is finished in a minute';
my %want = (audience => 1000, sent => 980, suppressed => 20, queued => 0, in_flight => 0, failed => 0,
    invalid => 0, not_rendered => 0, uncertain => 0, opens => 558, unique_opens => 465,
    clicks => 123, unique_clicks => 123, unsubscribes => 17);
my $stats;
wait_for { $stats = $house->call('campaigns_stats', { id => 'cmp_1' });
    $stats->{opens} >= $want{opens} && $stats->{unsubscribes} >= $want{unsubscribes}
        && $stats->{clicks} >= $want{clicks} } 120, 'the crowd has done its part in two';
is_deeply { map { $_ => $stats->{$_} } keys %want }, \%want, 'the numbers of every fresh house';

# -- killed all at once, it starts again with its data
kill 'KILL', $house->processes;
wait_for { !$house->processes } 5, 'all is killed';
my $t = time;
is(($house->make('up'))[0], 0, 'make up after kill -9 of everything');
cmp_ok time - $t, '<', 25, 'a second start takes no more than 5 s, times five';
ok !-e "$state/run/owner-link", 'there is no link to a first owner where one is';
is_deeply { map { $_ => $house->call('campaigns_stats', { id => 'cmp_1' })->{$_} } keys %want },
    \%want, 'the data is kept';

# -- down, also beside up, also when nothing runs
my ($up, $down) = map { $house->begin('make', $_) } qw(up down);
is_deeply [ map { my @r = $house->end($_); $r[0] } $up, $down ], [ 0, 0 ], 'up and down at once';
is(($house->make('down'))[0], 0, 'make down');
is_deeply [ $house->processes ], [], 'no process is left';
is_deeply [ glob "$state/run/*.pid" ], [], 'no pid file either' ;
is(($house->make('down'))[0], 0, 'make down when nothing runs');
is(($other->make('down'))[0], 0, 'nor in a house that was');
is_deeply [ $house->make('down', 'GODWIT_STATE=/tmp/gw-no-such-house') ], [ 0, '', '' ],
    'nor in one that never was';
ok !-e '/tmp/gw-no-such-house', 'which is not made by it';
done_testing;
