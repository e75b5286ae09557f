#!/usr/bin/perl
# Who opened and who clicked, from the edge to the numbers: people count, what
# programs did stands beside, and each event says why it has its class.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
$h->call('contacts_create', { email => "p$_\@example.com" }) for 1 .. 9;
my $list = $h->call('lists_create', { name => 'l' })->{id};
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's',
    html => '<a href="https://a.example/">a</a> <a href="https://b.example/">b</a>' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { "ct_$_" } 1 .. 9 ] });
$h->call('campaigns_start', { id => $c });
$h->nginx;
my $browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
my $proxy = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

sub act {
    my ($what, $contact, $agent, %more) = @_;
    my $method = delete $more{method} // 'GET';
    return Godwit::Edge::http($h, $method => '/' . substr($what, 0, 1) . '/'
        . token($h, what => $what, campaign => 1, contact => $contact, link => delete $more{link} // 0),
        headers => { 'User-Agent' => $agent, %more });
}

act('open', 1, $browser) for 1 .. 2;
act('open', 2, $proxy);
act('open', 3, 'Mozilla/5.0');
act('open', 4, 'curl/8.5.0');
act('open', 5, $browser, method => 'HEAD');
act('open', 5, $browser, @$_) for [ 'X-Purpose' => 'preview' ], [ 'Sec-Purpose' => 'prefetch' ];
act('click', 1, $browser);
act('click', 2, $proxy);
act('click', 6, $browser, link => 1, Referer => 'https://eur01.safelinks.protection.outlook.com/');
act('click', 6, 'BarracudaCentral', link => 1);
($h->godwit('worker', 'ingest', '--once'))[0] == 0 or die;

my $s = $h->call('campaigns_stats', { id => $c });
is_deeply [ @$s{qw(opens unique_opens clicks unique_clicks)} ], [ 3, 2, 1, 1 ], 'people are counted';
is_deeply $s->{all}, { opens => 8, unique_opens => 5, clicks => 4, unique_clicks => 3 },
    'and beside them everybody';
is_deeply [ map { [ @$_{qw(clicks unique_clicks)}, @{ $_->{all} }{qw(clicks unique_clicks)} ] }
    @{ $h->call('campaigns_links', { id => $c })->{items} } ], [ [ 1, 1, 2, 2 ], [ 0, 0, 2, 1 ] ],
    'of links too';

sub why { return join ', ', sort map { "$_->{kind} $_->{class} " . ($_->{reason} // '-') }
    @{ $h->call('events_list', { campaign_id => $c, @_ })->{items} } }
is why(contact_id => 'ct_5'), 'open prefetch head, open prefetch purpose, open prefetch purpose',
    'events say why';
is why(human => \1), 'click human -, open human -, open human -, open proxy_open image_proxy',
    'those of people';
is why(human => \0, kind => 'click'), 'click proxy_open image_proxy, click scanner link_protection, '
    . 'click scanner security_scanner', 'and the others';
like +($h->ask('exports_events', { campaign_id => $c, human => \1 }))[1]{text},
    qr/^(?!.*curl).*,reason\r?\n.*,"image_proxy"\r?\n/s, 'an export has it';

# the numbers of reasons are for ever
my $ids = $h->rows('select * from godwit.class_reasons order by id');
act('open', 7, 'curl/8.5.0');
$h->godwit('worker', 'ingest', '--once');
is_deeply $h->rows('select * from godwit.class_reasons order by id'), $ids, 'a second start has the same';
is $h->value('select count(*) from godwit.campaign_recount(1, 1)'), 0, 'all adds up';

$h->dbh->do(q{update godwit.campaign_totals set human_clicks = 7, human_unique_opens = 0});
is_deeply [ map { $_->{what} } @{ $h->rows('select * from godwit.campaign_recount(1, 1) order by 1') } ],
    [ qw(human_clicks human_unique_opens) ], 'a recount sees what is wrong';
done_testing;
