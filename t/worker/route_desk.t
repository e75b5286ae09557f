#!/usr/bin/perl
# Routes in the API: how mail moves on each, and reins that hold within seconds.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;
use JSON::PP;

my $h = Godwit->new;
my $state = $h->state;
my $port = free_port();
my $zone = Godwit::Zone->new($h, { map { ("$_.test MX" => ["10 mx.$_.test"], "mx.$_.test A" => ["127.0.0.2"]) }
    qw(big small) });
mkdir "$state/sink/x";
Godwit::Postgres::own("$state/sink/x");
$h->spawn({ log => 'sink' }, 'sink', '--listen', "127.0.0.2:$port", '--dir', "$state/sink/x",
    '--fault', 'rcpt=451 4.3.0 later,to=late@', '--fault', 'rcpt=550 5.7.9 no,to=never@');
wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.2:$port") } 5 or die 'no sink';
spew("$state/conf/shaping.yaml", "version: 1\ndefault: {}\nproviders:\n  big: { mx: [.big.test], connections: 3 }\n");
my $common = "retry_schedule 1h; mail_window_age 300ms; log_level info;";
$h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;"
    . " mail_shaping $state/conf/shaping.yaml; $common");

my $n = 0;
sub campaign { my (@to) = @_;
    my $list = $h->call('lists_create', { name => 'list ' . $n++ })->{id};
    $h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => $_ })->{id} } @to ] });
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com', subject => 'Hi',
        html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
sub sent { return $h->call('campaigns_stats', { id => $_[0] })->{sent} }
sub route { return $h->call('routes_list', { name => $_[0] })->{items}[0] }
sub set { my ($name, %what) = @_; return $h->call('routes_update', { id => route($name)->{id}, %what }) }

is_deeply $h->call('routes_list', {})->{items}, [], 'none before mail has gone anywhere';
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $c = campaign('late@big.test', 'never@big.test', map { "a$_\@big.test" } 1 .. 5);
wait_for { (route('big') // { hosts => [{ sent => 0 }] })->{hosts}[0]{sent} == 5 } 10, 'a route that was taken is told';
my $at = route('big')->{hosts}[0];
is_deeply { map { $_ => $at->{$_} } qw(sites deferred failed dead_since closed_until why) },
    { sites => 1, deferred => 1, failed => 1, dead_since => undef, closed_until => undef, why => undef }, 'with what it did';
like $at->{reply}, qr/^(?:250|451|550) /, 'and the last words of the server';
ok $at->{window} >= 1 && $at->{window} <= 3, 'within its limits';

# ---- a pause holds the one and not the other, also through a restart
is set(big => paused => JSON::PP::true)->{paused}, JSON::PP::true, 'paused';
wait_for { (route('big')->{hosts}[0]{why} // '') =~ /paused/ } 10, 'the role heeds it';
$c = campaign('b@big.test', 'b@small.test');
wait_for { sent($c) == 1 } 10, 'other routes are open';
$h->stop($role);
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $d = campaign('c@big.test', 'c@small.test');
wait_for { sent($d) == 1 } 10, 'a new life knows it';
wait_for { $h->value(q{select count(*) from godwit.sends where state = 0 and reason = 'its route is paused'}) == 2 } 10,
    'who waits is told why';
is $h->value(q{select max(attempts) from godwit.sends where reason = 'its route is paused'}), 0, 'which is no attempt';
set(big => paused => JSON::PP::false);
wait_for { ($h->call('routes_get', { id => route('big')->{id} })->{hosts}[0]{why} // '') !~ /paused/ } 10, 'it is open again';
$h->dbh->do(q{update godwit.mail_queue set due = first_at where attempt = 0});
wait_for { sent($c) + sent($d) == 4 } 10, 'and goes when it is open';

# ---- a rate without a reload, and back
set('mx.small.test' => rate => 6);
wait_for { route('mx.small.test')->{hosts}[0]{rate} == 6 } 10, 'a rate holds';
$c = campaign(map { "r$_\@small.test" } 1 .. 3);
wait_for { sent($c) == 1 } 10, 'six a minute: one goes at once';
set('mx.small.test' => rate => undef);
$h->dbh->do(q{update godwit.mail_queue set due = first_at where attempt = 0});
wait_for { sent($c) == 3 } 20, 'and the others when it is gone' or diag sent($c);
is $h->value(q{select count(*) from godwit.audit where operation = 'routes_update'}), 4, 'all of it is in the audit';
wait_for { my $m = slurp("$state/run/mail.metrics");
    2 == grep { $m =~ /^godwit_mail_route_connections\{route="$_"\} \d/m } qw(big other) } 5,
    'metrics name what the table of providers names, and the others together';
$h->stop($role);

# ---- the smart host is a route like any other
my $smart = $h->sink('--dir', "$state/sink/x");
$h->configure("smart_host 127.0.0.1:$smart; $common");
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { route('smart_host') } 10, 'it is there';
set(smart_host => paused => JSON::PP::true);
wait_for { (route('smart_host')->{hosts}[0]{why} // '') =~ /paused/ } 10, 'it is paused';
$c = campaign('s@big.test', 't@big.test');
wait_for { route('smart_host')->{queued} == 2 } 10, 'what goes there waits';
is sent($c), 0, 'and does not leave';
like $h->call('campaigns_why', { id => $c, email => 's@big.test' })->{reason}, qr/^its route is paused/, 'which is told';
ok +(grep { $_->{code} eq 'route_paused' } @{ $h->call('campaigns_preflight', { id => $c })->{findings} }), 'of any campaign';
set(smart_host => paused => JSON::PP::false, connections => 1);
wait_for { sent($c) == 2 } 10, 'until it is open';
is route('smart_host')->{hosts}[0]{window}, 1, 'with so many connections as were set';
done_testing;
