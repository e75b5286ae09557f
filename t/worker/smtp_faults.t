#!/usr/bin/perl
# What mail exchangers do wrong, each a route of its own, all at once: the
# verdict on every recipient, and mail for those that do right.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Between;
use Godwit::Zone;

my $h = Godwit->new;
my $state = $h->state;
my $port = free_port();

# an authority, and certificates for the right name and for another
sub openssl { system("cd $state/keys && openssl $_[0] 2> log") == 0 or die slurp("$state/keys/log") }
my $new = 'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';
openssl("$new -x509 -keyout ca.key -out ca.crt -subj /CN=ca");
for my $name (qw(mx.good.tls.test mx.other.test)) {
    openssl("$new -keyout $name.key -out $name.csr -subj /CN=x -addext subjectAltName=DNS:$name");
    openssl("x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -copy_extensions copy"
        . " -days 2 -out $name.crt");
}
openssl("$new -x509 -keyout self.key -out self.crt -subj /CN=self");
Godwit::Postgres::own(glob "$state/keys/*");
sub tls { my ($name, @more) = @_;
    return ('--tls-cert', "$state/keys/$name.crt", '--tls-key', "$state/keys/$name.key", @more) }
sub fault { return map { ('--fault', $_) } @_ }

# what it does, how, what becomes of both its recipients, what is said of it. A
# name with .tls is one that TLS is required of.
my $noise = qr/no SMTP reply|before the final dot/;
my $way = qr/^its mail exchanger: /;
my @rows = (
    [ 'well behaved' => [], 'sent' ],
    [ 'nobody listens' => undef, 'queued', qr/its mail exchanger: Connection refused/ ],
    [ 'a black hole' => 'hole', 'queued', qr/does not (?:answer|move)/ ],
    [ 'a slow greeting' => [ fault('connect=delay:300') ], 'sent' ],
    [ 'no greeting' => [ fault('connect=delay:60000') ], 'queued', qr/no reply within the time-out|does not move/ ],
    (map { [ "a drop at $_" => [ fault("$_=drop") ], 'queued', $way ] } qw(connect ehlo)),
    [ 'a drop at HELO' => [ fault('ehlo=502 no', 'helo=drop') ], 'queued', $way ],
    [ 'a drop at STARTTLS' => [ tls('self'), fault('starttls=drop') ], 'queued', $way ],
    (map { [ "a drop at $_" => [ fault("$_=drop") ], 'queued', qr/before the final dot|^its mail exchanger/ ] } qw(mail rcpt data)),
    (map { [ "a drop at $_, once" => [ fault("$_=drop,first=1") ], 'sent' ] } qw(ehlo mail data)),
    [ 'a drop after the dot' => [ fault('dot=drop') ], 'uncertain', qr/broke after the final dot/ ],
    [ 'a drop at QUIT' => [ fault('quit=drop') ], 'sent' ],
    (map { [ "421 at $_" => [ fault("$_=421 4.3.2 busy") ], 'queued', qr/^its mail exchanger: 4.3.2 busy|^the server closed/ ] }
        qw(connect ehlo mail rcpt data dot)),
    [ '421 at HELO' => [ fault('ehlo=502 no', 'helo=421 4.3.2 busy') ], 'queued', $way ],
    [ '421 at STARTTLS' => [ tls('self'), fault('starttls=421 4.3.2 busy') ], 'queued', $way ],
    [ '421 at QUIT' => [ fault('quit=421 4.3.2 busy') ], 'sent' ],
    (map { [ "421 at $_, once" => [ fault("$_=421 4.3.2 busy,first=1") ], 'sent' ] } qw(ehlo mail rcpt data dot)),
    (map { [ "451 at $_" => [ fault("$_=451 4.3.0 later") ], 'queued', qr/^the server asked to try later/ ] } qw(mail rcpt data dot)),
    (map { my $code = $_; [ "$code at the greeting" => [ fault("connect=$code no") ], 'queued', $way ],
        [ "$code at EHLO" => [ fault("ehlo=$code no") ], 'sent' ],
        [ "$code at HELO" => [ fault('ehlo=502 no', "helo=$code no") ], 'queued', $way ],
        [ "$code at STARTTLS" => [ tls('self'), fault("starttls=$code no") ], 'sent' ] } 451, 554),
    (map { [ "554 at $_" => [ fault("$_=554 5.6.0 no") ], 'failed', qr/^the server refused it: / ] } qw(mail rcpt data dot)),
    [ 'garbage' => [ fault('rcpt=garbage') ], 'queued', qr/^its mail exchanger: it says what is no SMTP|before the final dot/ ],
    [ 'a reply of two minds' => [ instead => 'MAIL', "250-2.1.0 ok\r\n551 what\r\n\0\xff\r\n" ], 'queued', $noise ],
    [ 'a line of 70 KB' => [ instead => 'EHLO', '250 ' . 'x' x 70000 ], 'queued', $noise ],
    [ 'lines without an end' => [ instead => 'EHLO', "250-x\r\n" x 10000 ], 'queued', $noise ],
    [ 'byte by byte' => ['bytes'], 'sent' ],
    [ 'TLS as it should be' => [ tls('mx.good.tls.test') ], 'sent', undef, 'good.tls' ],
    [ 'a certificate of nobody' => [ tls('self') ], 'queued', qr/self-signed certificate/, 'self.tls' ],
    [ 'a certificate of another' => [ tls('mx.other.test') ], 'queued', qr/[Hh]ostname mismatch/, 'other.tls' ],
    [ 'no STARTTLS' => [], 'queued', qr/offers no STARTTLS/, 'none.tls' ],
    [ 'STARTTLS refused' => [ tls('mx.good.tls.test', fault('starttls=454 no')) ], 'queued', $way, 'refused.tls' ],
    [ 'words before the handshake' => [ behind => 'STARTTLS', "250-x\r\n250 SIZE 1\r\n", tls('self') ], 'sent' ],
);

# ---- a name, an address and a server for each
my %zone;
my @hole;
mkdir "$state/sink/$_" for 0 .. $#rows;
Godwit::Postgres::own(glob "$state/sink/*");
for my $n (0 .. $#rows) {
    my ($name, $does, undef, undef, $host) = @{ $rows[$n] };
    $host = 'r' . ($n + 1) if !defined $host;
    my ($address, $real) = ('127.0.1.' . ($n + 1), '127.0.2.' . ($n + 1));
    push @{ $rows[$n] }, undef while @{ $rows[$n] } < 5;
    push @{ $rows[$n] }, "$host.test", "$state/sink/$n";
    $zone{"$host.test MX"} = ["10 mx.$host.test"];
    $zone{"mx.$host.test A"} = [$address];
    next if !defined $does;
    if (!ref $does) {                   # nothing is accepted, and no more is queued
        push @hole, IO::Socket::INET->new(Listen => 1, LocalAddr => "$address:$port");
        push @hole, map { IO::Socket::INET->new(PeerAddr => "$address:$port", Blocking => 0) } 1 .. 3;
        next;
    }
    my @between = ($does->[0] // '') eq 'bytes' ? splice(@$does, 0, 1)
        : ($does->[0] // '') =~ /^(?:instead|behind)$/ ? splice(@$does, 0, 3) : ();
    Godwit::Between->start($h, "$address:$port", "$real:$port", @between) if @between;
    $h->spawn({ log => 'sink' }, 'sink', '--listen', (@between ? $real : $address) . ":$port", '--dir',
        "$state/sink/$n", @$does);
}
my $zone = Godwit::Zone->new($h, \%zone);
spew("$state/conf/shaping.yaml", "version: 1\ndefault: {}\nproviders:\n  strict: { mx: [.tls.test], tls: required }\n");
$h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;"
    . " mail_shaping $state/conf/shaping.yaml; smtp_ca_file $state/keys/ca.crt; helo_name mail.example.com;"
    . ' retry_schedule 1h; smtp_timeout_connect 500ms; smtp_timeout_greeting 1s; smtp_timeout_mail 2s;'
    . ' mail_window_age 300ms;');

my %ready = map { ($_ => 1) } grep { defined $rows[$_][1] && ref $rows[$_][1] } 0 .. $#rows;
wait_for { delete @ready{ grep { IO::Socket::INET->new(PeerAddr => '127.0.1.' . ($_ + 1) . ":$port") } keys %ready };
    !%ready } 20, 'all stand ready' or diag join ',', map { $rows[$_][0] } keys %ready;

# ---- one campaign to them all
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => $_ })->{id} }
    map { my $domain = $_->[5]; ("a\@$domain", "b\@$domain") } @rows ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com', subject => 'Hi',
    html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $c });
my $role = $h->spawn('worker', 'mail');

my @words = qw(queued in_flight sent failed suppressed invalid not_rendered uncertain);
my $sends = q{select s.state, s.reason, s.attempts from godwit.sends s join godwit.contacts c on
    c.tenant_id = s.tenant_id and c.id = s.contact_id where c.email = any (?) order by c.email};
sub found { my ($row) = @_;
    return map { "$words[$_->{state}]: " . ($_->{reason} // '') } @{ $h->rows($sends, [ "a\@$row->[5]", "b\@$row->[5]" ]) } }
sub is_so { my ($row) = @_;
    my ($state, $why) = @$row[2, 3];
    my @is = found($row);
    return @is == 2 && 2 == grep { my ($s, $r) = /^(\w+): (.*)/s; $s eq $state && (!$why || $r =~ $why) } @is }
my %open = map { ($_ => 1) } 0 .. $#rows;
wait_for { delete @open{ grep { is_so($rows[$_]) } keys %open }; !%open } 40;
for my $n (0 .. $#rows) {
    ok !$open{$n}, "$rows[$n][0]: both are $rows[$n][2]" or diag explain [ found($rows[$n]) ];
    next if !ref $rows[$n][1];
    my $kept = slurp("$rows[$n][6]/index.jsonl") =~ tr/\n//;
    is $kept, $rows[$n][2] =~ /^(?:sent|uncertain)$/ ? 2 : 0, "$rows[$n][0]: nothing is lost, nothing comes twice";
}
is $h->value(q{select count(*) from godwit.mail_queue q join godwit.sends s using (tenant_id, campaign_id, contact_id)
    where s.state = 0}), 2 * grep({ $_->[2] eq 'queued' } @rows), 'who waits is queued once';
done_testing;
