#!/usr/bin/perl
# A campaign in several languages, with snippets as they were at its start.
use strict;
use warnings;
use utf8;
use Encode qw(decode);
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
my %locale = (ann => 'de-AT', bob => 'de', eve => 'fr', joe => undef, kim => 'de-CH');
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('workspaces_update', { id => 'ws_1', name => 'Shop & Co', brand => { color => '#1f6feb', address => '1 High Street' } });
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create',
    { email => "$_\@example.com", $locale{$_} ? (locale => $locale{$_}) : () })->{id} } sort keys %locale ] });
$h->call('snippets_create', { name => 'foot', html => '<p>[{{ "1234.5" | money: "EUR" }}]</p>' });
sub content { my ($word) = @_;
    return (subject => "$word {% include 'foot' %}",
        html => "<p>$word <a href='https://a.example/$word'>go</a></p>{% include 'foot' %}<p>{{ brand.name }}, {{ brand.address }}</p>") }
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', content('Hello'),
    locale => 'en', variants => { de => { content('Hallo') }, 'de-AT' => { content('Servus') } } })->{id};
$h->call('campaigns_start', { id => $c });
$h->call('snippets_update', { id => 'snp_1', html => '<p>[changed]</p>' });
is(($h->godwit('worker', 'mail', '--once'))[0], 0, 'it is sent');

my %mail = map { $_->{rcpt}[0] =~ s/\@.*//r => decode('UTF-8', decode_qp(slurp($_->{file}))) } $h->messages;
my %want = (ann => [ Servus => "\x{20ac}\x{a0}1.234,50" ], bob => [ Hallo => "1.234,50\x{a0}\x{20ac}" ],
    kim => [ Hallo => "1.234,50\x{a0}\x{20ac}" ], eve => [ Hello => "\x{20ac}1,234.50" ], joe => [ Hello => "\x{20ac}1,234.50" ]);
for my $who (sort keys %want) {
    my ($word, $sum) = @{ $want{$who} };
    like $mail{$who} // '', qr/<p>$word <a href=/, "$who gets " . ($locale{$who} // 'that of none');
    like $mail{$who} // '', qr/\[\Q$sum\E\]/, 'in its way of writing, with the snippet as it was';
    like $mail{$who} // '', qr/^$word go </m, 'in the text as well';
    like $mail{$who} // '', qr{<p>Shop &amp; Co, 1 High Street</p>}, 'with whom it is from';
}

# each variant has links of its own
$h->nginx;
for my $who (qw(ann bob eve)) {
    my ($path) = $mail{$who} =~ m{href='http://[^/]+(/c/[\w-]+)'};
    is get($h, $path)->{headers}{location}, "https://a.example/$want{$who}[0]", "the link of $who";
}
my ($view) = map { '/v/' . token($h, what => 'view', campaign => 1, contact => $_) }
    $h->value(q{select id from godwit.contacts where email = 'ann@example.com'});
like decode('UTF-8', get($h, $view)->{body}), qr/<p>Servus .*\[\x{20ac}\x{a0}1\.234,50\].*Shop &amp; Co, 1 High/s, 'and the page of the mail is the same';
is_deeply [ sort map { $_->{url} } @{ $h->call('campaigns_links', { id => $c })->{items} } ],
    [ map { "https://a.example/$_" } qw(Hallo Hello Servus) ], 'its links';
is_deeply { map { ($_->{locale} // '') => $_->{url} =~ s{.*/}{}r } @{ $h->call('campaigns_links', { id => $c })->{items} } },
    { '' => 'Hello', de => 'Hallo', 'de-AT' => 'Servus' }, 'each with its variant';
done_testing;
