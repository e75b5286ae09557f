#!/usr/bin/perl
# Postfix and OpenSMTPD take a campaign over TLS, defer some of it, refuse some and
# bounce some later: what Godwit says of everybody is what their logs say.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Mta;
use Godwit::Zone;
use JSON::PP;

if (my $why = Godwit::Mta::unable()) {
    plan skip_all => $why;
}

my $h = Godwit->new;
my $state = $h->state;
my ($port, $in) = (free_port(), free_port());
my $zone = Godwit::Zone->new($h, { map {
    ("$_->[0].example MX" => ["10 mx.$_->[0].example"], "mx.$_->[0].example A" => [ $_->[1] ])
} [ a => '127.0.0.2' ], [ b => '127.0.0.3' ] });

my @ca = ("$state/keys/ca.crt", "$state/keys/ca.key");
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -out $ca[0] -keyout $ca[1]"
    . ' -subj /CN=ca 2> /dev/null') == 0 or die 'no CA';
Godwit::Postgres::own(@ca);

my @known = map { my ($name, $n) = @$_; map { "$name$_" } 1 .. $n }
    [ ok => 24 ], [ slow => 8 ], [ late => 4 ];
my @names = (@known, map { "gone$_" } 1 .. 4);
my %mta = map { my ($name, $domain, $address) = @$_;
    ($domain => Godwit::Mta->new($h, $name, domain => $domain, listen => $address,
        port => $port, back => "127.0.0.1:$in", ca => \@ca, people => \@known))
} [ 'postfix', 'a.example', '127.0.0.2' ], [ 'opensmtpd', 'b.example', '127.0.0.3' ];

$h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;
    helo_name mail.example.com; bounce_domain back.example.com; receive_smtp 127.0.0.1:$in;
    smtp_tls required; smtp_ca_file $ca[0]; retry_schedule 1s; log_level info;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my @people = map { my $d = $_; map { "$_\@$d" } @names } sort keys %mta;
my %contact = map { $_ => $h->call('contacts_create', { email => $_ })->{id} } @people;
$h->call('lists_add', { id => $list, contact_ids => [ values %contact ] });
my $campaign = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $campaign });
$h->spawn({ log => 'receive' }, 'worker', 'receive');
$h->spawn({ log => 'mail' }, 'worker', 'mail');


sub stats {
    my $s = $h->call('campaigns_stats', { id => $campaign });
    return join ' ', map { "$_=$s->{$_}" } grep { $s->{$_} } qw(audience queued in_flight sent
        failed uncertain suppressed);
}

# what Godwit says of everybody, in the words of Godwit::Mta's said: the journal of
# the dialogue, the API of the end
my (%journal, %message);
sub of_godwit {
    my ($domain) = @_;
    my %said;
    for my $to (grep { /\@$domain$/ } @people) {
        my $why = $h->call('campaigns_why', { id => $campaign, email => $to });
        my @replies = @{ $journal{ $contact{$to} } };
        my ($id) = map { /^250 .*?(\w{8,})(?: Message accepted|$)/ } @replies;
        my $later = grep { /^4/ } @replies;
        $message{$to} = $why->{message_id};
        $said{$to} = { $later ? (later => $later) : (), $id ? (id => $id) : (),
            end => $why->{state} eq 'sent' ? 'sent' : $id ? 'bounced' : 'refused' };
    }
    return \%said;
}

wait_for { stats() eq 'audience=80 sent=64 failed=16' } 60;
is stats(), 'audience=80 sent=64 failed=16', 'everybody has an end';
my (undef, $dump) = $h->godwit('journal', 'dump');
push @{ $journal{ $_->{contact} } }, "$_->{code} $_->{reply}"
    for grep { $_->{kind} eq 'A' } map { decode_json($_) } split /\n/, $dump;

for my $domain (sort keys %mta) {
    my $m = $mta{$domain};
    wait_for { @{ $m->returned } == 4 && 36 == grep { $_->{id} } values %{ $m->said } } 20;
    my $said = $m->said;
    my %from = map { $_ => delete $said->{$_}{from} } keys %$said;
    my @ends = map { my $end = $_; [ grep { $said->{$_}{end} eq $end } sort keys %$said ] } qw(sent bounced);
    is_deeply $m->returned, [ sort @from{ @{ $ends[1] } } ], "$domain: a bounce came to each one's return path";
    is_deeply of_godwit($domain), $said, "$domain: Godwit says of each what the log says";
    is_deeply $m->boxes, { map { $_ => [ $message{$_} ] } @{ $ends[0] } }, "$domain: each mailbox has its message";
    ok $m->tls > 0, "$domain: over TLS, which both sides require";
}
is_deeply [ map { $_->{email} } @{ $h->rows(q{select email from godwit.bounces b join godwit.contacts c
    on c.tenant_id = b.tenant_id and c.id = b.contact_id order by 1}) } ],
    [ sort grep { /^late/ } @people ], 'the bounces are those of who was accepted and bounced';
is_deeply [ sort grep { /\@a/ } map { $_->{email} } @{ $h->call('suppressions_list', {})->{items} } ],
    [ sort grep { /^(gone|late)\d+\@a/ } @people ], 'whom Postfix does not know gets no more mail';
done_testing;
