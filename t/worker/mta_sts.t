#!/usr/bin/perl
# MTA-STS: whose policy enforces TLS, his mail leaves over TLS to the exchangers
# that it names, or not at all; a policy holds as long as it says.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Zone;

my $h = Godwit->new;
my $state = $h->state;
my ($port, $https) = (free_port(), free_port());
my @with = qw(right clear forged other two tried gone moved html);     # have a record
my %policy = map { ($_ => "version: STSv1\r\nmode: enforce\r\nmx: mx.$_.test\r\nmax_age: 86400\r\n") } @with;
$policy{other} =~ s/mx: \S+/mx: mx.elsewhere.test/;
$policy{two} =~ s/mx: \S+/mx: *.two.test/;
$policy{tried} =~ s/enforce/testing/;
$policy{html} = '<html>';

# ---- an authority, a server of policies, and exchangers with TLS and without
sub openssl { system("cd $state/keys && openssl $_[0] 2> log") == 0 or die slurp("$state/keys/log") }
my $new = 'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';
openssl("$new -x509 -keyout ca.key -out ca.crt -subj /CN=ca");
for ([ policies => map { "mta-sts.$_.test" } @with ], [ mx => map { "mx.$_.test" } @with, 'none' ]) {
    my ($name, @names) = @$_;
    openssl("$new -keyout $name.key -out $name.csr -subj /CN=x -addext subjectAltName=" . join ',', map { "DNS:$_" } @names);
    openssl("x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -copy_extensions copy -days 2 -out $name.crt");
}
openssl("$new -x509 -keyout self.key -out self.crt -subj /CN=self");
sub publish { my ($name, $text) = @_;
    system('mkdir', '-p', "$state/policies/mta-sts.$name.test/.well-known");
    spew("$state/policies/mta-sts.$name.test/.well-known/mta-sts.txt", $text) }
publish($_, $policy{$_}) for grep { $_ ne 'gone' } @with;
my %at = (right => 2, none => 2, two => 2, tried => 3, gone => 3, moved => 3, html => 3, clear => 3, other => 2, forged => 4);
mkdir "$state/sink/$_" for 2 .. 4;
Godwit::Postgres::own(glob("$state/keys/*"), glob("$state/sink/*"));
$h->nginx(more => "listen 127.0.0.5:$https ssl; ssl_certificate $state/keys/policies.crt; ssl_certificate_key "
    . "$state/keys/policies.key; location /.well-known/ { default_type text/plain; root $state/policies/\$host; "
    . 'if ($host = mta-sts.moved.test) { return 301 https://mta-sts.right.test$uri; } }');
sub sink_at { my ($n, @flags) = @_;
    my $pid = $h->spawn({ log => 'sink' }, 'sink', '--listen', "127.0.0.$n:$port", '--dir', "$state/sink/$n", @flags);
    wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.$n:$port") } 5 or die 'no sink';
    return $pid }
sink_at(2, '--tls-cert', "$state/keys/mx.crt", '--tls-key', "$state/keys/mx.key");
sink_at(3);
sink_at(4, '--tls-cert', "$state/keys/self.crt", '--tls-key', "$state/keys/self.key");
my $zone = Godwit::Zone->new($h, { (map { ("$_.test MX" => ["20 mx.$_.test"], "mx.$_.test A" => ["127.0.0.$at{$_}"]) } keys %at),
    'two.test MX' => [ '10 evil.test', '20 mx.two.test' ], 'evil.test A' => ['127.0.0.3'],
    (map { ("_mta-sts.$_.test TXT" => ['"v=STSv1; id=1"'], "mta-sts.$_.test A" => ['127.0.0.5']) } @with) });
$h->configure('resolver ' . $zone->server . "; smtp_port $port; mta_sts_port $https; mail_allow 127.0.0.0/8;"
    . " smtp_ca_file $state/keys/ca.crt; helo_name mail.example.com; retry_schedule 1h; mail_window_age 300ms;");

my $n = 0;
sub campaign { my (@to) = @_;
    my $list = $h->call('lists_create', { name => 'list ' . $n++ })->{id};
    $h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => "$n\@$_.test" })->{id} } @to ] });
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com', subject => 'Hi',
        html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
sub outcome { my ($c, $to) = @_;
    my $why = $h->call('campaigns_why', { id => $c, email => "$n\@$to.test" });
    return "$why->{state}: " . ($why->{reason} // '') }
sub kept { my ($at) = @_;
    return scalar(() = slurp("$state/sink/$at/index.jsonl") =~ /"rcpt":\["$n\@/g) }

$h->expect(qr{mta-sts.gone.test/.well-known/mta-sts.txt" failed});
my $role = $h->spawn('worker', 'mail');
my $c = campaign(keys %at);
for ([ right => qr/^sent/ ], [ none => qr/^sent/ ], [ two => qr/^sent/ ], [ tried => qr/^sent/ ], [ gone => qr/^sent/ ],
    [ moved => qr/^sent/ ], [ html => qr/^sent/ ], [ clear => qr/^queued: .*TLS is required/ ],
    [ forged => qr/^queued: .*self-signed/ ], [ other => qr/^queued: .*policy names none of its mail exchangers/ ]) {
    my ($to, $want) = @$_;
    wait_for { outcome($c, $to) =~ $want } 15, "$to: $want" or diag outcome($c, $to);
}
is join(' ', map { kept($_) } 2 .. 4), '3 4 0', 'each where it should be, two not at the exchanger that its policy does not name';
my $log = slurp($h->log_file);
like $log, qr/policy of gone\.test cannot be had: its server answers 404; its mail leaves as if it had none/, 'no file';
like $log, qr/policy of moved\.test cannot be had: its server answers 301/, 'no redirect is followed';
like $log, qr/policy of html\.test cannot be had: what its server answers is no policy/, 'no policy';
is $h->value(q{select string_agg(domain || ' ' || mode, ',' order by domain) from godwit.mta_sts}),
    join(',', map { "$_.test " . ($_ eq 'tried' ? 'testing' : 'enforce') } sort qw(right clear forged other two tried)),
    'they are kept';

# ---- a new life: what was known holds although its server is gone and another is announced
$h->stop($role);
$zone->set('_mta-sts.clear.test TXT' => ['"v=STSv1; id=2"'], '_mta-sts.forged.test TXT' => [], 'mta-sts.clear.test A' => []);
$role = $h->spawn('worker', 'mail');
$c = campaign(qw(clear forged));
wait_for { outcome($c, 'clear') =~ /TLS is required/ } 15, 'its server is gone: the one before holds' or diag outcome($c, 'clear');
wait_for { outcome($c, 'forged') =~ /self-signed/ } 15, 'so it does when no record is there';
like slurp($h->log_file), qr/policy of clear\.test cannot be had: its server has no address; the one before holds/, 'and it is said';

# ---- until the domain says otherwise, or its time is over
$h->stop($role);
publish('clear', $policy{clear} =~ s/enforce/none/r);
$zone->set('mta-sts.clear.test A' => ['127.0.0.5']);
$h->dbh->do(q{update godwit.mta_sts set until = '2000-01-01Z' where domain = 'forged.test'});
$role = $h->spawn('worker', 'mail');
$c = campaign(qw(clear forged));
wait_for { outcome($c, 'clear') =~ /^sent/ } 15, 'a new policy takes the old one back' or diag outcome($c, 'clear');
wait_for { outcome($c, 'forged') =~ /^sent/ } 15, 'one that is over holds no more' or diag outcome($c, 'forged');
is $h->value(q{select count(*) from godwit.mta_sts where domain = 'forged.test'}), 0, 'and goes';
done_testing;
