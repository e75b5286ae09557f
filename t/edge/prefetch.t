#!/usr/bin/perl
# A scanner asks for every link of a mail, of its headers and of the pages behind
# them, by GET and by HEAD: nothing that a person wants is changed by it.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; spool_segment 1m;");
my $list = $h->call('lists_create', { name => 'l', public => \1 })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ $h->call('contacts_create',
    { email => 'ann@example.com', phone => '+49301234', consent => { email => 'granted' } })->{id} ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's',
    html => '<p><a href="https://a.example/">a</a> <a href="{{ unsubscribe_url }}">u</a>'
        . ' <a href="{{ preferences_url }}">p</a> <a href="{{ view_url }}">v</a></p>' })->{id};
$h->call('campaigns_start', { id => $c });
is +($h->godwit(qw(worker mail --once)))[0], 0, 'a mail';
my ($mail) = map { slurp($_->{file}) } $h->messages;
$h->nginx;

sub wishes { return join "\n", map { my $r = $_; join ' ', map { "$_=" . ($r->{$_} // '-') } sort keys %$r } map { @{ $h->rows($_) } }
    'select consent_email, consent_sms, consent_whatsapp, consent_voice, email_wished_at, updated_at from godwit.contacts',
    'select contact_id, id from godwit.consents', 'select count(*) as s from godwit.suppressions',
    'select count(*) as p from godwit.preferences', 'select count(*) as l from godwit.subscriptions',
    'select count(*) as n from godwit.preference_notes', 'select count(*) as m from godwit.list_members' }
my $before = wishes();

my %seen;
my ($head, $body) = split /\r\n\r\n/, $mail, 2;
my @links = ($head =~ s/\r\n[ \t]+//gr . decode_qp($body)) =~ m{https?://[^/\s"<>]+(/[ocuvp]/[\w-]+)}g;
while (defined(my $path = shift @links)) {
    next if $seen{$path}++;
    for my $method (qw(GET HEAD GET)) {
        my $r = http($h, $method => $path, headers => { 'User-Agent' => 'Mozilla/5.0 (scanner)', Referer => 'https://x.example/' });
        like $r->{status}, qr/^(?:200|302)$/, "$method " . substr $path, 0, 3;
        push @links, $r->{body} =~ m{https?://[^/\s"<>]+(/[ocuvp]/[\w-]+)}g;
        push @links, map { $path =~ s/\?.*//r . $_ } $r->{body} =~ /action="(\?[^"]*)"/g;    # where its forms go
    }
}
is join('', sort map { substr $_, 1, 1 } map { keys %$_ } { map { substr($_, 0, 3) => 1 } keys %seen }), 'copuv',
    'every kind of link was met';
is +($h->godwit(qw(worker ingest --once)))[0], 0, 'all is drained';
cmp_ok $h->value('select count(*) from godwit.events'), '>', 3, 'what was looked at is known';
is $h->value('select count(*) from godwit.events where kind in (3, 4)'), 0, 'none of it is a wish';
is wishes(), $before, 'and nothing is changed';
done_testing;
