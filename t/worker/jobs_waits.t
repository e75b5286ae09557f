#!/usr/bin/perl
# Operations that can not go on now: given back for a while, which is no attempt;
# and one that is another's by now, whose process is ended.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;
use Godwit::People;

my $h = Godwit->new;
$h->godwit(qw(worker jobs --once));
my $user = person($h, 'ann@example.com', 'owner');
my $dbh = $h->dbh;

# an operation of a code, run once: state, attempts, what it waits for, seconds till then
sub outcome {
    my $id = $h->value(q{insert into godwit.operations (tenant_id, kind, object, input, lease_until, created_at)
        values (0, 'me_totp_confirm', 'user_1', jsonb_build_object('user', ?::bigint), now(), now()) returning id},
        $user);
    my (undef, undef, $err) = $h->godwit(qw(worker jobs --once));
    my ($o) = @{ $h->rows(q{select state, attempts, error->>'code' as code, error->>'message' as message,
        round(extract(epoch from lease_until - clock_timestamp())) as s from godwit.operations where id = ?}, $id) };
    $dbh->do('delete from godwit.operations where id = ?', undef, $id);
    return ("$o->{state} $o->{attempts} " . ($o->{code} // 'none'), $o->{s} // 0, $o->{message} // $err);
}

my $key = $h->state . '/keys/secret';
rename $key, "$key.away" or die "$key: $!";
my ($state, $s, $why) = outcome();
is $state, 'queued 0 waiting', 'without what it needs it waits, and that is no attempt';
like $why, qr{keys/secret}, 'it says for what';
ok $s > 2 && $s <= 5, 'for five seconds' or diag $s;
rename "$key.away", $key;
is +(outcome())[0], 'failed 1 gone', 'what will never go is over';

# a refusal that says nothing against the work: a lock that is not given in time
$dbh->do("alter role gw_worker in database $h->{name} set lock_timeout = '300ms'");
$dbh->begin_work;
$dbh->do('lock table auth.totp in access exclusive mode');
my $other = $h->postgres->connect($h->{name});
my $id = $other->selectrow_array(q{insert into godwit.operations (tenant_id, kind, object, input, lease_until,
    created_at) values (0, 'me_totp_confirm', 'user_1', '{"user": 1}', now(), now()) returning id});
my $now = q{select state || ' ' || attempts || ' ' || (error->>'code') from godwit.operations where id = ?};
$h->godwit(qw(worker jobs --once));
is $other->selectrow_array($now, undef, $id), 'queued 0 waiting', 'a refusal that passes is waited for';

# what takes too long is waited for as well, but it was one of its tries
$other->do("alter role gw_worker in database $h->{name} reset lock_timeout");
$other->do('update godwit.operations set error = null, lease_until = now()');
my $slow = $h->spawn(qw(worker jobs));
wait_for { $other->do(q{select pg_cancel_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = 'gw_worker' and wait_event_type = 'Lock'}) > 0 } 10, 'it is broken off';
wait_for { ($other->selectrow_array($now, undef, $id) // '') =~ /^queued/ } 10, 'and given back';
is $other->selectrow_array($now, undef, $id), 'queued 1 waiting', 'which counts';
$h->stop($slow, 'TERM');
$dbh->rollback;
$other->disconnect;
$dbh->do('delete from godwit.operations');

# its process finds no connection
wait_for { $h->value('select pg_stat_clear_snapshot()');
    $h->value('select count(*) from pg_stat_activity where datname = current_database()') == 1 } 5, 'nobody is there';
$dbh->do("alter database $h->{name} connection limit 2");    # that of the role, and no more
($state, $s) = outcome();
is $state, 'queued 0 none', 'a process without a connection gives it back';
ok $s > 2 && $s <= 5, 'for five seconds' or diag $s;
$dbh->do("alter database $h->{name} connection limit -1");

# cancelled while its process was about to die: no other begins it
$dbh->do(q{insert into godwit.operations (tenant_id, kind, object, input, lease_until, created_at, state, cancelling)
    values (0, 'me_totp_confirm', 'user_1', '{"user": 1}', now(), now(), 'running', true)});
$h->godwit(qw(worker jobs --once));
is $h->value('select state from godwit.operations'), 'cancelled', 'what was to be cancelled is';
$dbh->do('delete from godwit.operations');

# five ends by a crash are borne, not one more
$dbh->do(q{insert into godwit.operations (tenant_id, kind, object, input, lease_until, created_at, attempts)
    values (0, 'me_totp_confirm', 'user_1', '{"user": 1}', now(), now(), ?)}, undef, $_) for 4, 5;
$h->expect(qr/broken off 5 times/);
$h->godwit(qw(worker jobs --once));
is join(' ', @{ $dbh->selectcol_arrayref(q{select error->>'code' from godwit.operations order by id}) }), 'gone internal',
    'the fifth is run, the sixth is not';
$dbh->do('delete from godwit.operations');

# it is another's: whose process hangs is ended at the next renewal
my $role = $h->spawn('worker', 'jobs');
sub children { return split ' ', slurp("/proc/$role/task/$role/children") }
$dbh->begin_work;
$dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    values (1, 'c7@example.com', now(), now())});
my $other2 = $h->postgres->connect($h->{name});
my $i = import_upload($h, join '', "email\n", map { "c$_\@example.com\n" } 1 .. 20);
sub hangs { my ($what) = @_;
    return wait_for { children() == 1 && $other2->selectrow_array(q{select count(*) from pg_locks l
        join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()}) } 10, $what }
hangs('a process hangs');
$other2->do(q{select pg_cancel_backend(a.pid) from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database()});
my $tries = q{select state || ' ' || attempts || ' ' || (error->>'code') from godwit.operations order by id desc limit 1};
wait_for { ($other2->selectrow_array($tries) // '') =~ /^queued/ } 10, 'what takes too long is given back';
is $other2->selectrow_array($tries), 'queued 1 waiting', 'which is a try of an import as well';
$other2->do('update godwit.operations set lease_until = now(), attempts = 0');
hangs('it begins again');
like join(' ', ($h->godwit(qw(worker jobs --once)))[0, 2]), qr/^1 .*another process runs the operations of this house/s,
    'a house has one role of it';
my ($child) = children();
$h->stop($role, 'KILL');
wait_for { slurp("/proc/$child/stat") !~ /\) [^Z]/ } 5, 'a role that is killed takes it with it';
$role = $h->spawn('worker', 'jobs');
hangs('the next one begins it again');
$other2->do(q{update godwit.operations set epoch = epoch + 1, lease_until = clock_timestamp() + interval '1 h'
    where state = 'running'});
wait_for { !children() } 20, 'its process is ended';
$dbh->rollback;
is $other2->selectrow_array('select state from godwit.operations order by id desc limit 1'), 'running',
    'nothing is said of what another has';
done_testing;
