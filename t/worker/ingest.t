#!/usr/bin/perl
# From the edge to Postgres: exact numbers, exactly once at every crash point,
# an unsubscribe that takes effect, damage that stops nothing.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
$h->call('contacts_create', { email => "p$_\@example.com" }) for 1 .. 3;
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
    fixed) values (1, 7, 0, 'https://shop.example/', true)});
$h->nginx;
my %agent = ('User-Agent' => 'Mozilla/5.0 (X11) Thunderbird');

sub act {
    my ($what, $contact, %more) = @_;
    my $path = '/' . substr($what, 0, 1) . '/'
        . token($h, what => $what, campaign => 7, contact => $contact);
    return $what eq 'unsubscribe' ? post($h, $path)
        : get($h, $path, %agent, %more);
}

sub drain { return ($h->godwit({ env => $_[0] // {} },
    'worker', '-c', $h->state . '/conf/godwit.conf', 'ingest', '--once'))[0] }

sub totals { return join ' ', map { $_ // '-' } $h->dbh->selectrow_array(q{
    select opens, unique_opens, clicks, unique_clicks, unsubscribes
      from godwit.campaign_totals where tenant_id = 1 and campaign_id = 7}) }

act('open', 1) for 1 .. 3;
act('open', 2);
act('click', 2);
is drain(), 0, 'a drain';
is totals(), '4 2 1 1 0', 'opens, clicks and their uniques';
act('open', 1);
act('click', 1);
drain();
is totals(), '5 2 2 2 0', 'uniques stay exact over batches';
is $h->value('select count(*) from godwit.events'), 7, 'every event is there';
is $h->value('select sum(n) from godwit.campaign_hours'), 7, 'rolled up';

my ($opens, $all) = (5, 7);
for my $point (qw(after_cas after_copy after_rollup before_commit
    after_commit)) {
    act('open', 1);
    $opens++;
    $all++;
    is drain({ GODWIT_CRASH => $point }), 137, "killed $point";
    is drain(), 0, 'the next drain';
    is totals() . ' ' . $h->value('select count(*) from godwit.events'),
        "$opens 2 2 2 0 $all", 'has everything once';
}

is act('unsubscribe', 3)->{status}, 200, 'an unsubscribe';
drain();
is totals(), "$opens 2 2 2 1", 'is counted';
is $h->value(q{select address || ' ' || reason from godwit.suppressions}),
    'p3@example.com unsubscribe', 'suppresses the address';
is $h->call('contacts_get', { id => 'ct_3' })->{consent}{email}, 'revoked',
    'revokes consent';
is $h->value(q{select count(*) from godwit.change_log
    where kind = 'suppression'}), 1, 'and is told to the cache';
act('unsubscribe', 3);
drain();
is totals(), "$opens 2 2 2 1", 'twice is once';

my $p = token($h, what => 'preferences', campaign => 7, contact => 3);
like get($h, "/p/$p")->{body}, qr/You get no mail/, 'preferences tell it';
is post($h, "/p/$p", 'subscribe=1')->{status}, 200, 'subscribed again';
drain();
is $h->value('select count(*) from godwit.suppressions'), 0, 'is undone';
is post($h, "/p/$p", 'subscribe=2')->{status}, 400, 'nonsense is refused';

$h->expect(qr/quarantine/);
Godwit::spew($h->state . '/spool/bad.seg', 'no segment' x 1000);
act('open', 1);
is drain(), 0, 'a foreign file';
ok -e $h->state . '/spool/quarantine/bad.seg', 'goes to quarantine';
is totals(), ($opens + 1) . ' 2 2 2 1', 'and stops nothing';

$h->stop($h->{nginx}, 'QUIT');
$h->{nginx} = undef;
drain() for 1 .. 2;
is_deeply [ glob $h->state . '/spool/*.seg' ], [], 'drained segments go';

# more rows than are looked up at once: each is made of its own record
$h->nginx;
my $tokens = join ', ', map { q{'/o/} . token($h, what => 'open', campaign => 8, contact => $_) . q{'} } 1 .. 5;
Godwit::spew($h->state . '/many.lua', "local paths, n = { $tokens }, 0\nfunction request() n = n % 5 + 1\n"
    . "return wrk.format('GET', paths[n], { ['User-Agent'] = 'agent ' .. n }) end\n");
sub opens { return (get($h, '/metrics')->{body} =~ /^godwit_opens_total (\d+)/m)[0] }
system("wrk -t1 -c8 -d1s -s @{[ $h->state ]}/many.lua http://127.0.0.1:@{[ $h->port ]} > /dev/null")
    until opens() > 10_000;
$h->stop($h->{nginx}, 'QUIT');
is drain(), 0, 'many of five people';
my ($many, $wrong) = $h->dbh->selectrow_array(q{select count(*),
    count(*) filter (where user_agent <> 'agent ' || contact_id) from godwit.events where campaign_id = 8});
ok $many > 8192, 'more than a slice' or diag $many;
is $wrong, 0, 'none has what another has said';

done_testing;
