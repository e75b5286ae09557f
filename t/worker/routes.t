#!/usr/bin/perl
# Without a smart host: mail exchangers by preference, what is no exchanger, a
# guard against inner networks, and exchangers that do not move.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;
use IO::Socket::INET;

my $h = Godwit->new;
my $state = $h->state;
my $port = free_port();
my $hung = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.9', LocalPort => $port);
my $zone = Godwit::Zone->new($h, {
    'two.test MX' => [ '10 dead.two.test', '20 mx.two.test' ],
    'dead.two.test A' => ['127.0.0.8'], 'mx.two.test A' => ['127.0.0.2'],
    'own.test A' => ['127.0.0.3'], 'null.test MX' => ['0 .'], 'bad.test' => 'SERVFAIL',
    'empty.test MX' => ['10 none.empty.test'], 'inner.test A' => ['10.0.0.1'],
    'hung.test MX' => ['10 mx.hung.test'], 'mx.hung.test A' => ['127.0.0.9'] });

sub sink_at {
    my ($address, @flags) = @_;
    $h->spawn({ log => "sink$address" }, 'sink', '--listen', "$address:$port", '--dir',
        "$state/sink/$address", @flags);
    wait_for { IO::Socket::INET->new(PeerAddr => "$address:$port") } 5 or die 'no sink';
}

sub configure {
    $h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;"
        . ' helo_name mail.example.com; mail_window 30; retry_schedule 1h; log_level info;');
}

sub people { return [ map { $h->call('contacts_create', { email => $_ })->{id} } @_ ] }

sub campaign {
    my ($name, @people) = @_;
    my %more = ref $people[0] ? %{ shift @people } : ();
    my $list = $h->call('lists_create', { name => $name })->{id};
    $h->call('lists_add', { id => $list, contact_ids => people(@people) });
    my $c = $h->call('campaigns_create', { name => $name, list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>', %more })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c;
}

sub stats {
    my $s = $h->call('campaigns_stats', { id => $_[0] });
    return join ' ', map { "$_=$s->{$_}" } grep { $s->{$_} } qw(queued sent failed);
}

sub why {
    my ($c, $email) = @_;
    return $h->call('campaigns_why', { id => $c, email => $email })->{reason};
}

sub index_of { return slurp("$state/sink/$_[0]/index.jsonl") =~ tr/\n// }

mkdir "$state/sink/127.0.0.$_" for 2, 3, 9;
Godwit::Postgres::own(glob "$state/sink/*");
sink_at("127.0.0.$_") for 2, 3;

# ---- who takes the mail of a domain
configure();
my $c = campaign('each', map { "a\@$_" } qw(two.test own.test null.test none.test bad.test
    empty.test inner.test));
my (undef, undef, $log) = $h->godwit('worker', 'mail', '--once');
is stats($c), 'queued=1 sent=2 failed=4', 'all have what they should';
is index_of('127.0.0.2'), 1, 'the second exchanger has it where the first is dead';
is index_of('127.0.0.3'), 1, 'a domain without MX is its own';
like why($c, 'a@null.test'), qr/null\.test: it takes no mail/, 'null MX';
like why($c, 'a@none.test'), qr/there is no such domain/, 'no such domain';
like why($c, 'a@empty.test'), qr/none of its mail exchangers has an address/, 'no address';
like why($c, 'a@inner.test'), qr/where no mail may go, see mail_allow/, 'an inner network';
like why($c, 'a@bad.test'), qr/its name servers fail/, 'name servers that fail are tried again';
like $log, qr/dead\.two\.test|two\.test cannot take mail|mx\.two/, 'the dead one is logged';

# ---- who waits for the rate of a campaign does not wait for an exchanger
$c = campaign('slow', { rate => 20 }, map { ("o$_\@own.test", "t$_\@two.test") } 1 .. 30);
$h->godwit('worker', 'mail', '--once');
is stats($c), 'sent=60', 'one that has nothing to do is none that does not move';

# ---- exchangers that do not move hold nobody up
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
$c = campaign('mixed', map { ("h$_\@hung.test", "p$_\@own.test") } 1 .. 40);
wait_for { stats($c) eq 'queued=40 sent=40' } 10, 'who can be reached has it, the rest waits';
wait_for { $h->value(q{select count(*) from godwit.sends where campaign_id = ?
    and reason = 'its mail exchanger does not move'}, $c =~ s/cmp_//r) > 0 } 10,
    'and it says for what';                # who was settled before the site was known to hang does not
is $h->value(q{select count(*) from godwit.mail_queue where attempt > 0 and campaign_id = ?},
    $c =~ s/cmp_//r), 0, 'which is no attempt';

# ---- until they do
close $hung;
$h->stop($role);
sink_at('127.0.0.9');
$h->value(q{update godwit.mail_queue set due = '2000-01-01Z' where campaign_id = ? returning 1},
    $c =~ s/cmp_//r);
$role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { stats($c) eq 'sent=80' } 15, 'when it moves they have it too';
done_testing;
