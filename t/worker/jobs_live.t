#!/usr/bin/perl
# The role jobs while it runs: woken, cancelled, killed, stopped, overtaken.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
$h->godwit(qw(worker jobs --once));
my $role = $h->spawn('worker', 'jobs');

my $i = import_upload($h, "email\na\@example.com\n");
wait_for { operation($h, $i->{operation})->{state} eq 'done' } 5, 'an operation is run';
is $h->value(q{select started_at - created_at < interval '1.25 s' from godwit.operations}), 1,
    'and was begun soon';

# the process of an operation hangs at this address until the transaction ends
sub hold {
    my ($email) = @_;
    $h->dbh->begin_work;
    $h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
        values (1, ?, now(), now())}, undef, $email);
}
sub hangs {
    my ($query) = @_;
    wait_for { $h->value('select pg_stat_clear_snapshot()');
        $h->value(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock'
            and datname = current_database() and query like ?}, "%$query%") == 1 } 10, "waits for $query";
}
sub people { my ($p) = @_; return join '', "email,n\n", map { "$p$_\@example.com,$_\n" } 1 .. 25000 }
sub ended { my ($i) = @_; return wait_for { operation($h, $i->{operation})->{state}
    !~ /queued|running/ } 10 }

hold('c7@example.com');
$i = import_upload($h, people('c'));
hangs('copy godwit.contacts');
my $o = $h->call('operations_cancel', { id => $i->{operation} });
is "$o->{state} $o->{cancelling}", 'running 1', 'one that runs will be cancelled';
$h->dbh->commit;
ended($i);
is_deeply [ @{ operation($h, $i->{operation}) }{qw(state cancelling)} ],
    [ 'cancelled', JSON::PP::false ], 'and is, at its next step';
my $doc = $h->call('imports_get', { id => $i->{id} });
is_deeply [ @$doc{qw(state rows created updated)} ], [ 'cancelled', 10000, 9999, 1 ],
    'what it has done stays';

hold('k7@example.com');
$i = import_upload($h, people('k'));
hangs('copy godwit.contacts');
$h->stop($role, 'KILL');
$role = $h->spawn('worker', 'jobs');
wait_for { operation($h, $i->{operation})->{attempts} == 2 } 5,
    'after kill -9 the next one goes on at once';
$h->dbh->commit;
ended($i);
is_deeply [ @{ operation($h, $i->{operation})->{result} }{qw(rows created updated)} ],
    [ 25000, 24999, 1 ], 'and it is done once';

hold('t7@example.com');
$i = import_upload($h, people('t'));
hangs('copy godwit.contacts');
kill TERM => $role;
$h->dbh->commit;
is $h->stop($role), 0, 'TERM ends it after a step';
$o = operation($h, $i->{operation});
is "$o->{state} $o->{attempts} $o->{progress}{done}", 'queued 0 ' . length(join '',
    "email,n\n", map { "t$_\@example.com,$_\n" } 1 .. 10000), 'which counts as no attempt';
$role = $h->spawn('worker', 'jobs');
ended($i);
is_deeply [ @{ operation($h, $i->{operation})->{result} }{qw(rows created updated)} ],
    [ 25000, 24999, 1 ], 'the next one does the rest';

# another host takes over from one that was stopped: the old one is fenced off
my $other = Godwit->new;
my $conf = slurp($other->state . '/conf/godwit.conf');
my ($database) = slurp($h->state . '/conf/godwit.conf') =~ /(database .*)/;
spew($other->state . '/conf/godwit.conf', $conf =~ s/database .*/$database/r);
rmdir $other->state . '/files';
symlink $h->state . '/files', $other->state . '/files';
hold('f7@example.com');
$i = import_upload($h, people('f'));
hangs('copy godwit.contacts');
my $lock = $h->dbh('gw_worker');
$lock->begin_work;
$lock->do(q{select from godwit.imports where state = 'running' for update});
$h->dbh->commit;
hangs('update godwit.imports');
kill STOP => $role, children($role);        # its batch is done but for the commit
$lock->commit;
$h->dbh->do(q{update godwit.operations set host_id = null, lease_until = created_at
    where state = 'running'});
$other->spawn('worker', 'jobs');
hangs('update godwit.imports');
is operation($h, $i->{operation})->{attempts}, 2, 'another host takes it';
kill CONT => $role, children($role);
ended($i);
is_deeply [ @{ operation($h, $i->{operation})->{result} }{qw(rows created updated)} ],
    [ 25000, 24999, 1 ], 'the stopped one committed nothing, the other did it once';

sub children { my ($pid) = @_; return split ' ', slurp("/proc/$pid/task/$pid/children") }

done_testing;
