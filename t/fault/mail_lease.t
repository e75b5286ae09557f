#!/usr/bin/perl
# Without a lease no envelope begins: Postgres away, the role stopped, the
# epoch another's. Afterwards it goes on by itself, nobody is lost or doubled.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 2; mail_window 1000;
    mail_window_age 60s; mail_lease 2s; log_level info;");
my $other = DBI->connect('dbi:Pg:' . $h->info =~ s/dbname=\S+/dbname=postgres/r,
    'postgres', '', { RaiseError => 1 });
my ($name) = $h->info =~ /dbname=(\S+)/;

my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 150 ] });

# one that goes out in a single long window
sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, rate => 30,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c;
}

sub got {
    my $id = $_[0] =~ s/cmp_//r;
    return map { $_->{rcpt}[0] } grep { $_->{message_id} =~ /^<gw\.1\.$id\./ } $h->messages;
}

sub stats { my $s = $h->call('campaigns_stats', { id => $_[0] });
    return "$s->{state} $s->{sent} $s->{uncertain}" }

sub once { my %n; $n{$_}++ for got($_[0]);
    is_deeply [ scalar keys %n, grep { $_ > 1 } values %n ], [ 150 ], 'everybody once' }

# as many as before, for a second
sub rests {
    my ($c) = @_;
    my ($n, $since) = (-1, 0);
    return wait_for { my ($now, $time) = (scalar got($c), Time::HiRes::time());
        ($n, $since) = ($now, $time) if $now != $n; $time - $since > 1 } 10;
}

sub away {
    $other->do("alter database $name allow_connections false");
    $_->disconnect for grep { defined } delete $h->{dbh}{''};
    $other->do('select pg_terminate_backend(pid) from pg_stat_activity where datname = ?', undef,
        $name);
}

sub back { $other->do("alter database $name allow_connections true") }

my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');

# ---- Postgres away while a long window is open
my $c = campaign();
wait_for { got($c) > 5 } 10, 'a window is open';
wait_for { $h->value(q{select lease_until > updated_at + interval '3 s'
    from godwit.campaign_cursors}) } 10, 'its lease is renewed';
away();
my $n = got($c);
ok rests($c), 'after the lease nothing is sent';
cmp_ok got($c), '<=', $n + 60, 'what the lease allowed';
cmp_ok got($c), '<', 150, 'in the middle';
back();
wait_for { stats($c) eq 'finished 150 0' } 20, 'then it goes on';
once($c);

# ---- the role stopped for longer than its lease, Postgres away meanwhile
$c = campaign();
wait_for { got($c) > 5 } 10, 'another window';
kill 'STOP', $role;
away();
$n = got($c);
my $until = Time::HiRes::time() + 2.5;
wait_for { Time::HiRes::time() > $until } 5;
kill 'CONT', $role;
ok rests($c), 'awake, it waits for Postgres';
cmp_ok got($c), '<=', $n + 4, 'but for what had begun';
back();
wait_for { stats($c) eq 'finished 150 0' } 20, 'then it goes on';
once($c);

# ---- the epoch is another's
$c = campaign();
wait_for { got($c) > 5 } 10, 'another window';
$h->dbh->do('update godwit.campaign_cursors set epoch = epoch + 1');
$n = got($c);
wait_for { waitpid($role, POSIX::WNOHANG()) == $role } 10, 'the role ends';
is $? >> 8, 1, 'and says that it must begin anew';
cmp_ok got($c), '<=', $n + 60, 'within the lease';
$h->expect(qr/another process has taken it over; beginning again/);
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { stats($c) eq 'finished 150 0' } 20, 'it goes on';
once($c);
is $h->stop($role), 0, 'it ends when asked';
$other->disconnect;

done_testing;
