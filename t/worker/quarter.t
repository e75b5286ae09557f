#!/usr/bin/perl
# A quarter of a shop's marketing by a virtual clock: imports, a segment, three campaigns, a test
# with a variant that is better, bounces, complaints, unsubscriptions, orders. What the house says
# in the end is what quarter.py counts of the sink's index and of the crowd's own log.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;

my $in = free_port();
my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=550 5.1.1 no such user,to=gone');
$h->configure("smart_host 127.0.0.1:$port; bounce_domain back.example.com; receive_smtp 127.0.0.1:$in; spool_keep 0ms;");
srand($ENV{GODWIT_SEED} // 7);
my $json = JSON::PP->new->canonical;
my $log = $h->state . '/crowd.jsonl';
my $clock = '';
sub noted { open my $fh, '>>', $log or die $!;
    print $fh $json->encode({ at => $clock, @_ }), "\n" }
sub worker { my ($role) = @_; is_deeply [ ($h->godwit('worker', $role, '--once'))[ 0, 2 ] ], [ 0, '' ], "$clock $role" }
sub at { $clock = $ENV{GODWIT_CLOCK} = "2031-$_[0]Z" }

# ------------------------------------------------------------------ the crowd

my @agents = ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0');
my %agent = (proxy => 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)', scanner => 'Barracuda Sentinel (EE)');
my $known = 0;

# everybody has a network of his own
sub from { my ($n) = $_[0] =~ /(\d+)/; return sprintf '127.%d.%d.7', 1 + $n / 250, 1 + $n % 250 }

sub asks { my ($m, $act, $as, $method, $url, %more) = @_;
    my $r = http($h, $method, $url =~ s{^http://[^/]+}{}r, from => from($m->{rcpt}[0]), headers =>
        { 'User-Agent' => $agent{$as} // $agents[ $m->{n} % @agents ] }, $method eq 'POST' ? (body => 'List-Unsubscribe=One-Click') : ());
    $r->{status} =~ /^[23]/ or die "$act: $r->{status}";
    noted(act => $act, mail => $m->{n}, as => $as, %more) }

# what somebody does with a mail: share => of who opens, clicks, leaves
sub reads { my ($m, %share) = @_;
    my $raw = slurp($m->{file});
    my $mail = decode_qp($raw);
    my ($pixel) = $mail =~ m{<img src="(http://[^"]+/o/[^"]+)"} or die 'no pixel';
    my %link = reverse $mail =~ m{href="(http://[^"]+/c/[^"]+)"[^>]*>(\w+)<}g;
    my ($leave) = $raw =~ /^List-Unsubscribe: <(http[^>]+)>/m;
    if (rand() < $share{opens}) {
        asks($m, 'open', rand() < .3 ? 'proxy' : 'person', GET => $pixel) for 0 .. rand() * 2;
        my ($first, $second) = rand() < .5 ? qw(shop blog) : qw(blog shop);
        asks($m, 'click', 'person', GET => $link{$first}, link => $first) if rand() < $share{clicks};
        asks($m, 'click', 'person', GET => $link{$second}, link => $second) if rand() < $share{clicks} / 3;
    }
    asks($m, 'click', 'scanner', GET => $link{shop}, link => 'shop') if rand() < .05;
    asks($m, 'unsubscribe', 'person', POST => $leave) if rand() < $share{leaves} }

sub dsn { my ($m) = @_; return <<"END" }
From: MAILER-DAEMON\@mx.example.org
Content-Type: multipart/report; boundary=b

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; $m->{rcpt}[0]
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
--b--
END
my $abuse = "From: loop\@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n"
    . "Feedback-Type: abuse\n--b--\n";
sub returns { my ($m, $act, $text) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$in") or die 'nobody listens';
    my $said = <$s>;
    for ('EHLO x', 'MAIL FROM:<>', "RCPT TO:<$m->{mail_from}>", 'DATA', "$text.") {
        print $s s/\n/\r\n/gr . "\r\n";
        do { $said = <$s> // '' } while $said =~ /^\d{3}-/;
    }
    $said =~ /^250/ or die $said;
    noted(act => $act, mail => $m->{n}) }

# the mails since it looked last, by subject
sub new_mails { my @all = $h->messages;
    my @new = @all[ $known .. $#all ];
    $known = @all;
    return @new }

sub visits { my ($time, $code) = @_;
    at($time);
    $h->nginx(clock => $clock);
    $code->();
    $h->stop(delete $h->{nginx}, 'QUIT');
    worker('ingest') }

# ------------------------------------------------------------------- the shop

at('01-02T09:00:00');
my $list = $h->call('lists_create', { name => 'all' })->{id};
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
$h->call('analytics_configure', { currency => 'EUR', rates => [ { channel => 'email', amount => '0.02' } ],
    conversions => [ { event => 'Order', value => 'total', key => 'number' } ] });
my @domains = qw(gmail.com googlemail.com hotmail.com shop.example b.example);

sub import_rows { my ($file, @rows) = @_;
    noted(act => 'row', file => $file, email => $_->[0], id => $_->[1], city => $_->[2]) for @rows;
    my $path = $h->state . "/files/$file.csv";
    spew($path, join '', map { join(',', @$_) . "\n" } [ qw(email external_id city) ], @rows);
    my ($code, $out, $err) = $h->godwit('import', $path, '--list', 'all');
    return $code ? die $err : decode_json($out) }
sub row { my ($n) = @_; return [ ($n % 40 == 5 ? 'gone' : 'p') . "$n\@$domains[ $n % 5 ]", "u$n", (qw(Rome Oslo Bonn))[ $n % 3 ] ] }
my @imports = import_rows('january', (map { row($_) } 1 .. 300), [ 'not an address', 'u0', 'Rome' ]);

sub campaign { my ($name, %more) = @_;
    my $html = '<p>' . $name . ' <a href="https://shop.example/' . $name . '" data-godwit-name="shop">shop</a> '
        . '<a href="https://shop.example/blog" data-godwit-name="blog">blog</a></p>';
    my $c = $h->call('campaigns_create', { name => $name, list_id => $list, from => 'Shop <a@shop.example>', subject => "$name: plain",
        html => $html, %more })->{id};
    $h->call('campaigns_start', { id => $c });
    worker('mail');
    return $c }

my %order;
sub orders { my ($who, $total, $times) = @_;
    my $number = 'n' . (1 + keys %order);
    $order{$number} = $who;
    for (1 .. $times // 1) {
        my $r = http($h, 'POST', '/api/v1/track', headers => { 'Write-Key' => $key }, body => $json->encode({ event => 'Order',
            userId => $who, properties => { total => $total, number => $number } }));
        $r->{status} == 200 or die "order: $r->{body}";
        noted(act => 'order', user => $who, total => $total, number => $number);
    } }
# of who has clicked a mail some buy later, some twice told; and some who saw none
sub bought { my (@mails) = @_;
    for my $m (@mails) {
        my ($n) = $m->{rcpt}[0] =~ /(\d+)/;
        orders("u$n", 5 + int rand 90, 1 + ($n % 9 == 0)) if rand() < .3;
    } }

at('01-06T08:00:00');
my %id = (january => campaign('january'));
my @mails = new_mails();
visits('01-06T10:00:00', sub { reads($_, opens => .6, clicks => .4, leaves => .03) for @mails });
visits('01-08T10:00:00', sub { bought(@mails) });
my $role = $h->spawn('worker', 'receive');
wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$in") } 5, 'it listens for what comes back';
returns($_, bounce => dsn($_)) for @mails[ 3, 30, 77, 141 ];
returns($_, complaint => $abuse) for @mails[ 4, 99 ];
wait_for { !grep { m{/[0-9a-f]{64}$} } glob $h->state . '/receive/*' } 10, 'all of it is taken';
$h->stop($role);
worker('ingest');

at('02-01T09:00:00');
push @imports, import_rows('february', map { row($_) } 271 .. 360);

at('02-03T08:00:00');
$id{february} = campaign('february', experiment => { test => 60, least => 50, hours => 4, metric => 'clicks', rule => 'bayesian',
    variants => [ { name => 'plain' }, { name => 'better', subject => 'february: better' } ] });
my @test = new_mails();
visits('02-03T10:00:00', sub { reads($_, opens => .7, clicks => $_->{subject} =~ /better/ ? .7 : .15, leaves => .02) for @test });
for my $time ('02-03T13:00:00', '02-03T13:01:00') { at($time); worker('cron') }
noted(act => 'decided', mail => $known);
worker('mail');
my @rest = new_mails();
visits('02-03T16:00:00', sub { reads($_, opens => .7, clicks => .6, leaves => .02) for @rest });
visits('02-05T10:00:00', sub { bought(@test, @rest) });

at('03-03T07:00:00');
$id{segment} = $h->call('segments_create', { name => 'Buyers', predicate => { event => 'Order', within => '90d' } })->{id};
worker('segments');
at('03-03T08:00:00');
$id{march} = campaign('march', segment_id => $id{segment});
my @march = new_mails();
visits('03-03T10:00:00', sub { reads($_, opens => .8, clicks => .6, leaves => .02) for @march });
visits('03-06T10:00:00', sub { bought(@march) });

# ------------------------------------------------- the quarter, as the house has it

at('04-01T00:00:00');
my %quarter = (since => '2031-01-01T00:00:00Z', until => '2031-04-01T00:00:00Z');
my %op = (refresh => $h->call('analytics_refresh', {}), credit => $h->call('analytics_attribute', { %quarter, lookback => 45 }),
    funnel => $h->call('analytics_funnel', { %quarter, steps => [ qw(sent click Order) ], campaign_id => $id{january}, window => 7 * 86400 }));
at('04-01T00:01:00');
worker('jobs');
my %result = map { $_ => operation($h, $op{$_}{operation})->{result} } keys %op;

my @numbers = qw(sent failed suppressed opens unique_opens clicks unique_clicks unsubscribes);
my %godwit;
for my $name (qw(january february march)) {
    my $s = $h->call('campaigns_stats', { id => $id{$name} });
    is "$s->{state} " . ($s->{audience} - $s->{sent} - $s->{failed} - $s->{suppressed}), 'finished 0', "$name has come to its end";
    my %rolled = map { my $by = $_; $by => $h->call('analytics_rollup', { %quarter, by => $by, campaign_id => $id{$name} }) } qw(domain link campaign);
    my ($credit) = grep { $_->{key} eq $id{$name} } @{ $result{credit}{items} };
    $godwit{campaigns}{$name} = { (map { $_ => $s->{$_} } @numbers), all => $s->{all},
        shares => { map { my $w = $_; ($w => [ map { sprintf '%.7f', $_ } @{ $s->{shares}{$w} }{qw(n share)}, @{ $s->{shares}{$w}{interval} } ]) }
            qw(opened clicked unsubscribed) },
        (map { $_ => $rolled{campaign}{total}{$_} } qw(bounced complaints)),
        domains => { map { $_->{key} => [ @{$_}{qw(sent bounced complaints unique_opens unique_clicks)} ] } @{ $rolled{domain}{rows} } },
        links => { map { $_->{key} => [ @{$_}{qw(clicks unique_clicks)}, $_->{all}{clicks} ] } @{ $rolled{link}{rows} } },
        cost => sprintf('%.2f', $rolled{campaign}{total}{cost}),
        credit => { map { my $m = $credit->{models}{$_};
            $_ => [ map { defined ? sprintf '%.6f', $_ : undef } @{$m}{qw(conversions revenue roi)} ] } qw(first last linear) } };
    is_deeply $h->rows('select * from godwit.campaign_recount(1, ?)', $id{$name} =~ s/cmp_//r), [], "$name adds up";
}
my $x = $h->call('campaigns_experiment', { id => $id{february} });
$godwit{experiment} = { winner => $x->{winner}, map { $_->{name} => [ @{$_}{qw(sent clicks)} ] } @{ $x->{variants} } };
$godwit{imports} = [ map { [ @{$_}{qw(rows created updated rejected)} ] } @imports ];
$godwit{buyers} = $h->call('segments_get', { id => $id{segment} })->{members};
$godwit{stopped} = { map { $_->{email} => $_->{reason} } @{ $h->call('suppressions_list', { limit => 200 })->{items} } };
$godwit{orders} = [ $result{credit}{n}, sprintf('%.2f', $result{credit}{revenue}), $result{credit}{untouched}{conversions} ];
$godwit{funnel} = [ map { $_->{people} } @{ $result{funnel}{steps} } ];
$godwit{cohorts} = [ map { [ $_->{people}, @{ $_->{did} } ] } @{ $h->call('events_retention', { %quarter, kind => 'click', period => 'month' })->{cohorts} } ];

my $counted = decode_json(qx(python3 t/worker/quarter.py "${\$h->state}/sink/index.jsonl" $log));
for my $what (sort keys %$counted) {
    is_deeply $godwit{$what}, $counted->{$what}, "$what, as it was counted outside" or diag $json->pretty->encode([ $godwit{$what}, $counted->{$what} ]);
}
is_deeply [ sort keys %godwit ], [ sort keys %$counted ], 'all of it';
is $godwit{experiment}{winner}, 'better', 'the better variant is found';
done_testing;
