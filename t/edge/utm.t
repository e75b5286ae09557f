#!/usr/bin/perl
# Links get the utm parameters of their campaign or workspace, fixed, templated,
# in the browser and untracked alike; nobody is tracked who does not want it.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
my $list = $h->call('lists_create', { name => 'l' })->{id};
my $utm = 'utm_source=news%20%26%20%C3%A4&utm_medium=email';
my @url = (['https://a.example', "https://a.example?$utm"], ['https://a.example/?x=1', "https://a.example/?x=1&$utm"],
    ['https://a.example/#f?', "https://a.example/?$utm#f?"], ['https://a.example/?#', "https://a.example/?$utm#"],
    ['https://a.example/?utm_medium=own&b#f', "https://a.example/?utm_medium=own&b&utm_source=news%20%26%20%C3%A4#f"],
    ['https://a.example/?a&', "https://a.example/?a&$utm"], ['https://a.example/?xutm_source=1', "https://a.example/?xutm_source=1&$utm"]);
my @ct = map { $h->call('contacts_create', { email => "$_\@example.com", tracking => $_ eq 'ann' ? \1 : \0,
    attributes => { map { ("u$_" => $url[$_][0]) } 0 .. $#url } })->{id} } qw(ann bob);
$h->call('lists_add', { id => $list, contact_ids => \@ct });
my %campaign = (name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => join "\n",
    (map { (qq{<a href="$url[$_][0]">f</a>}, qq{<a href="{{ contact.u$_ }}">t</a>}) } 0 .. $#url),
    '<a data-godwit-utm="off" href="https://bare.example/">b</a>',
    '<a href="https://bare.example/{{ contact.x }}" data-godwit-utm="off">b</a><a href="mailto:a@b.example">m</a>');
my @want = ((map { ($_->[1]) x 2 } @url), ('https://bare.example/') x 2, 'mailto:a@b.example');

sub hrefs { return map { s/&amp;/&/gr } $_[0] =~ /<a\s+href="([^"]*)"/g }
sub mails {
    my $id = $h->call('campaigns_create', { %campaign, @_ })->{id};
    $h->call('campaigns_start', { id => $id });
    my $n = () = $h->messages;
    is(($h->godwit({}, 'worker', 'mail', '--once'))[0], 0, 'the role runs once');
    return $id, map { $_->{rcpt}[0] =~ /^(\w+)/ => decode_qp(slurp($_->{file})) } ($h->messages)[ $n .. $n + 1 ];
}

my $ws = $h->call('workspaces_update', { id => 'ws_1', utm => { source => "news & \x{e4}", medium => 'email' } });
is_deeply [ @$ws{qw(tracking utm)} ], [ JSON::PP::true, { source => "news & \x{e4}", medium => 'email' } ], 'of the workspace';
my ($id, %mail) = mails();
$h->nginx;
sub leads { return map { my $u = $_; $u =~ s{^http://[^/]+(?=/c/)}{} ? get($h, $u)->{headers}{location} : $u } @_ }
is_deeply [ leads(hrefs($mail{ann})) ], \@want, 'fixed and templated links, tracked';
is_deeply [ hrefs($mail{bob}) ], \@want, 'and of one who is not tracked';
unlike $mail{bob}, qr{/o/}, 'nor counted';
like $mail{ann}, qr{/o/}, 'the other is';
is_deeply [ leads(hrefs(get($h, '/v/' . token($h, what => 'view', campaign => 1, contact => 1))->{body})) ], \@want, 'in the browser';
unlike get($h, '/v/' . token($h, what => 'view', campaign => 1, contact => 2))->{body}, qr{/c/}, 'and there untracked';
my @links = @{ $h->call('campaigns_links', { id => $id })->{items} };
is_deeply [ map { @$_{qw(url target)} } @links[ 0, 1 ] ], [ @{ $url[0] }, '{{ contact.u0 }}', undef ], 'where they lead is shown';
is_deeply $h->call('campaigns_get', { id => $id })->{utm}, $ws->{utm}, 'the campaign keeps what was said at its start';

($id, %mail) = mails(utm => { term => 'x' });
is +(leads(hrefs($mail{ann})))[1], 'https://a.example?utm_term=x', 'a campaign says it otherwise';
$h->call('workspaces_update', { id => 'ws_1', tracking => \0, utm => undef });
($id, %mail) = mails(tracking => \1);
is_deeply [ (hrefs($mail{ann}))[ 0, 1 ] ], [ ('https://a.example') x 2 ], 'a workspace without tracking';
is $h->call('campaigns_get', { id => $id })->{tracking}, JSON::PP::false, 'is one for its campaigns';

my (undef, $doc) = $h->try('campaigns_create', { %campaign, utm => { source => '{{ contact.id }}' } });
is_deeply [ @{ $doc->{error} }{qw(code field message)} ], [ 'invalid', 'utm',
    '"utm.source" holds Liquid; it is the same text for everybody' ], 'no Liquid in it';
$id = $h->call('campaigns_create', { %campaign, utm => { source => "\x{4e2d}" x 100 },
    html => '<a href="https://a.example/' . 'x' x 1500 . '">l</a>' })->{id};
(undef, $doc) = $h->try('campaigns_start', { id => $id });
is $doc->{error}{message}, 'a link has more than 2048 bytes with the parameters of "utm"; shorten either', 'nor too much';
done_testing;
