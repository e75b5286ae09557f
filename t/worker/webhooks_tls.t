#!/usr/bin/perl
# Webhooks by https: the certificate of a receiver is held against those that
# the operator trusts, and against the name that was asked for.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $dir = $h->state;
sub openssl {
    my $out = qx{cd $dir && openssl @_ 2>&1};
    die "openssl @_: $out" if $? }
openssl(qw(req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test));
for ([ good => 'IP:127.0.0.1' ], [ other => 'DNS:elsewhere.example.com' ]) {
    my ($name, $san) = @$_;
    openssl("req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name");
    spew("$dir/$name.ext", "subjectAltName=$san\n");
    openssl("x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem");
}
Godwit::Postgres::own(glob "$dir/*.key $dir/*.pem");

# a receiver for each, which answers 200
my %port = map { $_ => free_port() } qw(good other);
sub listens { my ($name) = @_;
    return "listen 127.0.0.1:$port{$name} ssl; ssl_certificate $dir/$name.pem; "
        . "ssl_certificate_key $dir/$name.key; location = /hook { return 200; } " }
$h->nginx(more => listens('good') . '} server { ' . listens('other'));

sub outcome {
    my ($name, $conf) = @_;
    $h->configure("webhook_allow 127.0.0.0/8; $conf");
    my $w = webhook($h, url => "https://127.0.0.1:$port{$name}/hook");
    my $id = $h->call('webhooks_test', { id => $w->{id} })->{id};
    my $worker = $h->spawn('worker', 'http');
    wait_for { delivery($h, $id)->{attempts} } 5, "$name is tried";
    $h->stop($worker);
    my $d = delivery($h, $id);
    return "$d->{state} " . ($d->{error} // $d->{status});
}
my $ours = "webhook_ca_file $dir/ca.pem;";
is outcome(good => $ours), 'delivered 200', 'a certificate of ours';
like outcome(good => ''), qr/^pending SSL certificate problem: /, 'not with those of the system';
like outcome(other => $ours), qr/^pending SSL: .*127\.0\.0\.1/, 'nor one that is for another name';
done_testing;
