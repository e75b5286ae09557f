#!/usr/bin/perl
# What failed at an account comes into the audit of its workspaces: together and
# a while later, never of an account that is not there, never what was right.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;
use Godwit::People;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $good = 'seven grey herons fly';
my %id = map { $_ => person($h, "$_\@example.com", 'admin') } qw(ann bob cid);
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
person($h, 'ann@example.com', 'viewer', 2);
$h->nginx;

sub again { $h->dbh->do(q{delete from auth.attempts where user_id is null}) }   # of networks
sub try_it { my ($who, $password) = @_; again(); return login($h, "$who\@example.com", $password) }
sub later { $h->dbh->do(q{update auth.attempts set tried_at = tried_at - interval '31 s'});
    $h->godwit(qw(worker cron --once)) }
my $told = q{select a.tenant_id as ws, a.operation, a.object, a.actor, host(a.address) as address, a.request_id,
    v.after->>'error' as error, (v.after->>'times')::int as times, v.after->>'held_up' as held_up
    from godwit.audit a join godwit.audit_values v on v.tenant_id = a.tenant_id and v.audit_id = a.id
    where v.after->>'error' is not null and a.id > ? order by a.id};
my $last = 0;
sub told { my $rows = $h->rows($told, $last);
    $last = $h->value('select coalesce(max(id), 0) from godwit.audit');
    return $rows }

try_it(ann => 'wrong');
my $r = try_it(ann => 'wrong again');
try_it(nobody => $good);
is problem($r), '401 unauthorized', 'wrong';
$h->godwit(qw(worker cron --once));
is_deeply told(), [], 'one may still be under way';
my $right = try_it(ann => $good);
is $right->{status}, 201, 'then the right one';
later();
# request and address are those of the last attempt, which was the right one
my %row = (operation => 'sessions_create', object => "user_$id{ann}", actor => 'public', address => '127.0.0.1',
    request_id => $right->{headers}{'x-request-id'}, error => 'wrong_password', times => 2, held_up => 'false');
is_deeply told(), [ map { { %row, ws => $_ } } 1, 2 ], 'two are told of, in each of her workspaces';
later();
is_deeply told(), [], 'once';
$h->dbh->do(q{update auth.attempts set started_at = started_at - interval '16 minutes'});
$h->godwit(qw(worker cron --once));
is $h->value('select count(*) from auth.attempts'), 0, 'and nothing is left';

# as many as may fail, and the first that may not: no more, however many there are
try_it(bob => "wrong $_") for 1 .. 9;
later();
is_deeply [ map { [ @$_{qw(object times held_up)} ] } @{ told() } ], [ [ "user_$id{bob}", 6, 'true' ] ],
    'the account that is held up';
try_it(bob => 'wrong') for 1 .. 3;
later();
is_deeply told(), [], 'is told of once in a quarter of an hour';
$h->dbh->do(q{update auth.attempts set started_at = started_at - interval '16 minutes'});
try_it(bob => 'wrong');
later();
is told()->[0]{times}, 1, 'then anew';

# a password that a session shows, a second factor
my $cookie = session($h, 'cid@example.com');
again();
api($h, POST => '/me/password', by($cookie), json => { password => 'no', new_password => 'a walk in the rain' });
api($h, POST => '/sessions/verify', by($cookie), json => { recovery_code => 'aaaa-aaaa-aaaa-aaaa' });
later();
is_deeply [ sort map { "$_->{operation} $_->{actor} $_->{error} $_->{times}" } @{ told() } ],
    [ "me_password user_$id{cid} wrong_password 1", "sessions_verify user_$id{cid} wrong_code 1" ], 'as what they were';

# two at once that are right: the first must not tell of the second
$h->dbh->do('delete from auth.attempts');
my $salt = q{select auth.password_salt('ann@example.com', null, '192.0.2.1', clock_timestamp())};
$h->value($salt) for 1 .. 3;
sub right { my $dbh = $h->dbh; $dbh->begin_work;
    $dbh->do(q{select auth.enter_public('x', '192.0.2.1', clock_timestamp())});
    $dbh->do('select auth.login(?, ?, null, null)', undef, 'ann@example.com', $Godwit::People::password);
    $dbh->commit }
right() for 1 .. 2;
later();
is_deeply [ map { $_->{times} } grep { $_->{ws} == 1 } @{ told() } ], [1], 'one of three was wrong';
# nobody looked for long: what was not told of is not forgotten
$h->dbh->do(q{delete from auth.attempts});
$h->value($salt);
$h->dbh->do(q{update auth.attempts set started_at = started_at - interval '16 minutes'});
$h->value($salt);
later();
is_deeply [ map { $_->{times} } grep { $_->{ws} == 1 } @{ told() } ], [2], 'of the time before as well';
done_testing;
