#!/usr/bin/perl
# Links of a sent mail: fixed and templated ones lead where they say, what is
# no page stays as it is, what is worse is not sent; tracking can be off.
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
my %url = (good => 'HTTPS://b.example/?a=1&b=2', mail => 'mailto:x@example.com', bad => 'javascript:x()');
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create',
    { email => "$_\@example.com", attributes => { url => $url{$_} } })->{id} } sort keys %url ] });
my %campaign = (name => 'c', list_id => $list, from => 'a@example.com', subject => 's',
    html => qq{<html><body><a href="https://a.example/?x=1&amp;y=2" data-godwit-name="top">1</a>\n}
    . qq{<a href="{{ contact.url }}">2</a>\n<a href="https://c.example/{{ contact.email }}"}
    . qq{ data-godwit-track="off">3</a>\n<a href="{{ unsubscribe_url }}">4</a></body></html>\n});
sub mails {
    my $id = $h->call('campaigns_create', { %campaign, @_ })->{id};
    $h->call('campaigns_start', { id => $id });
    my $n = () = $h->messages;
    is(($h->godwit({}, 'worker', 'mail', '--once'))[0], 0, 'the role runs once');
    my @new = ($h->messages)[ $n .. 99 ];
    return $id, map { $_->{rcpt}[0] =~ /^(\w+)/ => decode_qp(slurp($_->{file})) } grep { $_ } @new;
}
sub hrefs { return $_[0] =~ /<a\s+href="([^"]*)"/g }

my ($id, %mail) = mails();
$h->nginx;
is_deeply [ sort keys %mail ], [qw(good mail)], 'one is not sent';
my $why = $h->call('campaigns_why', { id => $id, email => 'bad@example.com' });
is $why->{state}, 'not_rendered', 'its URL is no page';
my @href = map { s{^http://[^/]+(?=/[cu]/)}{}r } hrefs($mail{good});
is get($h, $href[0])->{headers}{location}, 'https://a.example/?x=1&y=2', 'a fixed link';
is get($h, $href[1])->{headers}{location}, $url{good}, 'a templated one';
is get($h, $href[1] =~ s/.\z/$& eq 'A' ? 'B' : 'A'/er)->{status}, 404, 'which nobody can change';
is $href[2], 'https://c.example/good@example.com', 'one that opted out';
like $href[3], qr{^/u/}, 'and the way out are not tracked';
is +(hrefs($mail{mail}))[1], $url{mail}, 'nor is what is no page';
unlike $mail{good}, qr/data-godwit/, 'what is for us has gone';
like $mail{good}, qr{<img src="\S+/o/\S+" width="1" height="1" alt="">\n</body></html>},
    'the pixel comes last in the body';

($id, %mail) = mails(tracking => \0);
is_deeply [ (hrefs($mail{good}))[ 0 .. 2 ] ], [ 'https://a.example/?x=1&amp;y=2',
    'HTTPS://b.example/?a=1&amp;b=2', 'https://c.example/good@example.com' ], 'without tracking';
unlike $mail{good}, qr{/o/}, 'no pixel';
my ($page) = get($h, '/v/' . token($h, what => 'view', campaign => 2, contact => 2))->{body};
unlike $page, qr{/c/}, 'nor are links tracked in the browser';
is_deeply [ map { $_->{name} } @{ $h->call('campaigns_links', { id => $id })->{items} } ],
    [ 'top', undef ], 'a link has the name that its tag gave it';
is $h->call('campaigns_get', { id => $id })->{tracking}, JSON::PP::false, 'it is known';
done_testing;
