#!/usr/bin/perl
# What stands against a campaign: the DNS as it was seen. Only what is surely
# wrong stops it, and never a name server that does not answer.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;

my $h = Godwit->new;
my $zone = Godwit::Zone->new($h, { '7.2.0.192.in-addr.arpa PTR' => ['out.host.test'], 'out.host.test A' => ['192.0.2.7'] });
$h->configure('resolver ' . $zone->server . '; sending_addresses 192.0.2.7;');
$h->godwit(qw(worker secrets --once));
my $list = $h->call('lists_create', { name => 'a' })->{id};

sub campaign { return $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'Shop <a@Shop.Test>',
    subject => 's', html => '<a href="{{ unsubscribe_url }}">x</a>' })->{id} }
our $c = campaign();
sub found { my (@words) = @_;
    my $p = $h->call('campaigns_preflight', { id => $c }, @words);
    return join ' ', ($p->{ready} ? 'ready' : 'not'), map { ($_->{level} eq 'blocker' ? '!' : '') . $_->{code} } @{ $p->{findings} } }
sub message { my ($code) = @_;
    return (map { $_->{message} } grep { $_->{code} eq $code } @{ $h->call('campaigns_preflight', { id => $c })->{findings} })[0] }

is found(), 'not !no_members unsigned', 'nobody to send to';
my $ct = $h->call('contacts_create', { email => 'a@example.com' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [$ct] });
is found(), 'ready unsigned', 'a domain that is not set up is a warning';
like message('unsigned'), qr/^shop\.test: .*add it$/, 'with its cure';

my $id = $h->call('domains_create', { domain => 'shop.test' })->{id};
is found(), 'ready stale unsigned', 'nobody has looked yet';
my $n = 0;
sub look { my (%zone) = @_;
    $zone->set(%zone);
    $h->call('domains_verify', { id => $id }) if $n++;
    $h->godwit(qw(worker jobs --once)) }
sub refused { my ($exit, $doc) = $h->try('campaigns_start', { id => $c });
    return $doc->{error}{code} ? "$doc->{error}{code}: $doc->{error}{message}" : 'started' }

look();
is found(), 'not !no_domain dmarc_missing spf_missing unsigned', 'a domain that is not in the DNS';
like refused(), qr/^conflict: shop\.test: the domain is not in the DNS.*register it/, 'starts nothing';
look('shop.test' => 'SERVFAIL', '_dmarc.shop.test' => 'SERVFAIL');
is found(), 'ready unknown unknown unknown unsigned', 'no answer is no blocker';

look('shop.test' => undef, '_dmarc.shop.test' => undef, 'shop.test MX' => ['1 mx.shop.test'],
    '_dmarc.shop.test TXT' => ['"v=DMARC1; p=reject"']);
is found(), 'not !dmarc_unaligned spf_missing unsigned', 'a policy that nothing meets';
like refused(), qr/^conflict: .*neither a signature nor SPF.*dom_1, then verify/, 'starts nothing';
{
    local $c = campaign();
    $h->dbh->do(q{update godwit.campaigns set test = true where godwit.id_text('cmp', id) = ?}, undef, $c);
    is refused(), 'started', 'but a test, of which nothing leaves this house';
}
$h->dbh->do(q{update godwit.domains set checked_at = checked_at - interval '25 hours'});
is found(), 'ready dmarc_unaligned spf_missing stale unsigned', 'what is older than a day blocks nothing';

look('shop.test TXT' => ['"v=spf1 ip4:192.0.2.7 -all"']);
is found(), 'ready unsigned', 'SPF meets it';
my @keys = grep { $_->{key} } @{ $h->call('domains_get', { id => $id })->{records} };
look('shop.test TXT' => undef, map { ("$_->{name} TXT" => [ join ' ', map { qq("$_") } @{ $_->{strings} } ]) } @keys);
is found(), 'ready spf_missing', 'so does a signature';
look("$keys[0]{name} TXT" => undef);
is found(), 'ready dkim_missing spf_missing', 'a key that has left the DNS is told';
look('out.host.test A' => ['192.0.2.8']);
is found(), 'ready dkim_missing ptr_wrong spf_missing', 'an address whose name leads elsewhere';
is refused(), 'started', 'and it starts';

# ---- what is known without the DNS
my $asks = $h->call('lists_create', { name => 'asks', double_opt_in => \1 })->{id};
$h->call('lists_add', { id => $asks, contact_ids => ['ct_1'] });
my $img = $h->call('campaigns_create', { name => 'i', list_id => $asks, from => 'a@none.test', subject => 's',
    html => q{<img src="cid:logo"><td background='cid:back'>} })->{id};
is join(' ', map { $_->{code} } @{ $h->call('campaigns_preflight', { id => $img })->{findings} }),
    'image_alt image_missing image_missing not_confirmed unsigned unsubscribe_missing', 'images that are not there, a list that nobody has confirmed, content that lacks something';
$c = $h->call('campaigns_create', { name => 'z', list_id => $list, from => 'a@none.test', subject => 's', html => '<a href="{{ unsubscribe_url }}">x</a>',
    schedule => { at => '2021-01-31T09:00', each_zone => \1 } })->{id};
is found(), 'ready no_zone not_due unsigned', 'a time that has passed, contacts without a zone';
done_testing;
