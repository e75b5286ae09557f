# The route to one exchanger: how many messages a second it gets while 50 others
# of the same campaign hang, against a campaign to it alone.
use strict;
use warnings;
use Bench;
use Campaign;
use Godwit;
use Godwit::Zone;
use IO::Socket::INET;
use Smtp;

my $n = $ENV{BENCH_MESSAGES} || 30_000;
my $each = 40;
my $h = Godwit->new;
my $port = smtp_sink($h);
my @hung = map { IO::Socket::INET->new(Listen => 1024, LocalAddr => "127.0.1.$_",
    LocalPort => $port) or die "127.0.1.$_: $!\n" } 1 .. 50;
my $zone = Godwit::Zone->new($h, { 'good.test A' => ['127.0.0.1'],
    map { ("h$_.test A" => ["127.0.1.$_"]) } 1 .. 50 });
spew($h->state . '/conf/shaping.yaml', "version: 1\ndefault: { connections: 20, deliveries:"
    . " 1000000, opened: 0, rate: 0 }\n");
$h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;"
    . ' mail_shaping ' . $h->state . '/conf/shaping.yaml; mail_window 5000; log_level error;');

# in any order, as an audience is: every 15th or so is at one that hangs
Campaign::contacts($h, $n + 50 * $each);
$h->dbh->do(q{update godwit.contacts set email = case when id % ? = 0 and id / ? <= ?
    then 'u' || id || '@h' || 1 + (id / ?) % 50 || '.test' else 'u' || id || '@good.test' end},
    undef, 16, 16, 50 * $each, 16);
sub list {
    my ($name, $where) = @_;
    my $list = $h->call('lists_create', { name => $name })->{id};
    $h->dbh->do("insert into godwit.list_members select 1, ?, id, '2026-01-01Z'
        from godwit.contacts where $where", undef, $list =~ s/lst_//r);
    $h->dbh->do('analyze godwit.list_members');
    return $list;
}
my $good = list('good', q{email like '%@good.test'});
my $mixed = list('mixed', 'true');
my $count = $h->value(q{select count(*) from godwit.contacts where email like '%@good.test'});

# until all who can be reached are in the ledger
sub rate {
    my ($list) = @_;
    my $c = Campaign::create($h, $list);
    my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
    my $s = timed(sub {
        $h->call('campaigns_start', { id => $c });
        Time::HiRes::sleep 0.01 until $h->value('select coalesce(sum(sent), 0) = ? from
            godwit.campaign_cursors where campaign_id = ?', $count, $c =~ s/cmp_//r);
    });
    $h->try('campaigns_cancel', { id => $c });       # who hangs is left
    $h->stop($role);
    return $count / $s;
}

bench(name => 'mail_isolation', unit => 'messages/s', at_least => 0.9, higher => 1,
    ours => sub { return rate($mixed) },
    peer => sub { return rate($good) });
