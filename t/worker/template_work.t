#!/usr/bin/perl
# Templates that the worker renders: for the contacts that are hardest on one, and
# as a test to a few addresses.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;
use MIME::QuotedPrint qw(decode_qp);

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; helo_name mail.example.com; webhook_allow 127.0.0.0/8;");
sub wrong { my (undef, $doc) = $h->try(@_); return join ' ', map { $_ // '' } @{ $doc->{error} // {} }{qw(code field message)} }
sub work { my ($name, %body) = @_;
    my $id = $h->call($name, \%body)->{operation};
    $h->godwit(qw(worker jobs --once));
    return $h->call('operations_get', { id => $id }) }

# who is hard on a template
my @who = ([ 'Ann', 'Lee' ], [ 'A', undef ], [ undef, undef ], [ 'Wolfeschlegelsteinhausenbergerdorff', 'Zeus' ],
    [ "\x{5d3}\x{5d5}\x{5d3}", 'Levi' ], [ "Max \x{1f600}", 'Roe' ], [ '<b>Tom', 'X&Y' ], [ 'Liq', '{{ x }}' ],
    [ "\x{5f20}", "\x{4f1f}" ], [ 'Bob', 'Fox' ]);
$h->call('contacts_create', { email => "c$_\@example.com", defined $who[$_][0] ? (first_name => $who[$_][0]) : (),
    defined $who[$_][1] ? (last_name => $who[$_][1]) : (), zone => 'Europe/Berlin', locale => 'de', $_ == 9 ? (attributes => { kind => 'XXL', n => 0 }) : () }) for 0 .. $#who;
my $t = $h->call('templates_create', { name => 't', subject => 'Hi {{ contact.first_name }}',
    html => '<p>{{ contact.first_name }} {% if contact.kind %}{{ 7 | divided_by: contact.n }}{% endif %}' })->{id};
my $o = work('templates_extremes', id => $t);
is $o->{state}, 'done', 'it is rendered for some' or diag explain $o;
my %is = map { $_->{contact_id} => $_ } @{ $o->{result}{previews} };
is_deeply { map { $_ => join ', ', @{ $is{$_}{why} } } keys %is }, { ct_1 => 'longest address, no attributes',
    ct_2 => 'shortest name, least is known, longest address, no attributes', ct_3 => 'no name, least is known',
    ct_4 => 'longest name', ct_5 => 'right to left', ct_6 => 'emoji', ct_7 => 'HTML in a value',
    ct_8 => 'longest name, Liquid in a value', ct_9 => 'shortest name, wide characters', ct_10 => 'most attributes' },
    'those that are hardest on it';
is_deeply $is{ct_10}{error}, { field => 'html', message => 'divided by 0, line 1, column 50' }, 'one fails, and it says how';
is_deeply [ @{ $is{ct_4} }{qw(subject_characters error)}, @{ $o->{result} }{qw(failed version)} ], [ 38, undef, 1, 1 ],
    'the others do not';
is_deeply work('templates_extremes', id => $t)->{result}, $o->{result}, 'the same again';
unlike JSON::PP::encode_json($o), qr/Wolfe/, 'who reads operations learns no name';

# the same of what is no mail, and what its channel would refuse
sub extremes { my $t = $h->call('templates_create', { name => $_[0], @_[1 .. $#_] })->{id};
    my $o = work('templates_extremes', id => $t);
    return ({ map { $_->{contact_id} => $_ } @{ $o->{result}{previews} } }, $o) }
my ($sms, $all) = extremes('sms', channel => 'sms', content => { text => 'Hi {{ contact.first_name }}! STOP to end' });
is_deeply [ @{ $sms->{ct_5}{sms} }{qw(encoding units segments)}, $sms->{ct_5}{error}, $all->{result}{failed} ],
    [ 'UCS-2', 19, 1, undef, 0 ], 'an SMS is counted for each';
is_deeply [ $sms->{ct_1}{sms}{encoding}, $sms->{ct_1}{content_bytes}, grep { exists $_->{sms}{other} || exists $_->{html_bytes} }
    values %$sms ], [ 'GSM-7', 30 ], 'and none of its signs is told';
is_deeply [ map { $_->{error} } @{ (extremes('empty', channel => 'sms', content => { text => '{{ contact.first_name }}' }))[0] }{qw(ct_3 ct_1)} ],
    [ { field => 'content', message => 'at /text: it is empty, and no SMS is' }, undef ], 'none is empty';
my ($wa) = extremes('wa', channel => 'whatsapp', content => { name => 'a', language => 'en', category => 'utility',
    components => [ { type => 'body', text => 'Hi {{1}}' } ], parameters => { body => ['{{ contact.first_name }}'] } });
like $wa->{ct_3}{error}{message}, qr{^at /parameters/body/0: it is empty, which WhatsApp refuses}, 'no parameter is';
my ($hook) = extremes('hook', channel => 'webhook', content => { url => 'https://a.example/{{ contact.first_name }}',
    headers => { 'X-Of' => '{{ contact.last_name }}' }, body => { n => '{{ contact.first_name }}' } });
is_deeply [ $hook->{ct_1}{error}, $hook->{ct_6}{error}{message} ], [ undef, 'at /url: it has a character that no URL has; '
    . 'use | url_encode' ], 'no URL has what a name may';

# a test
$t = $h->call('templates_create', { name => 'u', subject => 'Hi {{ contact.first_name }}{{ y }}',
    html => '<p>{{ contact.first_name }} & {{ x }} <a href="{{ unsubscribe_url }}">out</a>',
    variants => { fr => { subject => 'Salut', html => '<p>fr' } } })->{id};
$o = work('templates_test', id => $t, to => [ 'me@example.org', 'you@example.org', 'me@example.org' ], contact_id => 'ct_1',
    data => { x => 'É', y => "\r\nBcc: z\@example.org" }, from => 'Shop <shop@example.com>');
is $o->{state}, 'done', 'a test' or diag explain $o;
is scalar @{ $o->{result}{message_ids} }, 2, 'once to each address';
is $h->value(q{select jsonb_exists_any(input, '{data,to}') from godwit.operations order by id desc limit 1}), 0,
    'its data and its addresses are forgotten';
$h->godwit(qw(worker mail --once));
my @mail = sort { $a->{rcpt}[0] cmp $b->{rcpt}[0] } $h->messages;
is_deeply [ map { $_->{rcpt}[0] } @mail ], [ 'me@example.org', 'you@example.org' ], 'is sent';
like $mail[0]{subject}, qr/^\[Test\] Hi Ann Bcc: z\@example\.org$/, 'and marked, in one line';
my $raw = decode_qp(slurp($mail[0]{file}));
like $raw, qr/^From: Shop <shop\@example\.com>\r?$/m, 'from whom it says';
like $raw, qr/<p>Ann & \xc3\x89 <a href="#unsubscribe">/, 'rendered with the data of both';
unlike $raw, qr{/[cou]/[\w-]{54}}, 'nothing in it is tracked';
is_deeply [ map { $_->{state} } @{ $h->call('messages_list', { kind => 'template_test' })->{items} } ], [ 'sent', 'sent' ],
    'messages like others';
is work('templates_test', id => $t, to => ['x@example.org'], locale => 'fr-CA')->{state}, 'done', 'of a variant';
is $h->value(q{select subject from godwit.messages order by id desc limit 1}), '[Test] Salut', 'which is asked for';

# what does not go
is wrong('templates_test', { id => $t, to => ['nobody'] }), 'invalid to "to" has "nobody", which is no e-mail address', 'no address';
like wrong('templates_test', { id => $t, to => [ map { "a$_\@example.org" } 1 .. 6 ] }), qr/^invalid to /, 'too many';
$o = work('templates_test', id => $t, to => ['x@example.org'], data => { contact => { first_name => 'x' x 30000 } });
is $o->{state}, 'done', 'a long one';
is length $h->value(q{select subject from godwit.messages order by id desc limit 1}), 5007, 'its subject is cut';
$t = $h->call('templates_create', { name => 'v', subject => 's', html => '{{ 1 | divided_by: zero }}' })->{id};
$o = work('templates_test', id => $t, to => ['x@example.org'], data => { zero => 0 });
is_deeply [ @$o{qw(state error)} ], [ 'failed', { code => 'invalid', message => 'html: divided by 0, line 1, column 1' } ],
    'one that fails says where';
$h->dbh->do(q{insert into godwit.messages (tenant_id, kind, to_address, subject, message_id, test, state, created_at, at)
    select 1, 'template_test', 'a@b.example', 's', 'm' || n, false, 2, clock_timestamp(), clock_timestamp() from generate_series(1, 195) n});
is wrong('templates_test', { id => $t, to => ['x@example.org'] }), '  ', 'one is left';
is wrong('templates_test', { id => $t, to => ['x@example.org'] }), 'conflict to a workspace sends 200 tests of templates in '
    . 'a day; wait, or look at templates_preview', 'then none';

# a template for webhooks is a request to where it leads, as campaigns make it
$h->dbh->do(q{delete from godwit.messages where message_id ~ '^m\\d'});
my $r = receiver($h, of => 'gw');
my $w = webhook($h, url => "$r->{url}/");
my $tell = $h->call('templates_create', { name => 'w', channel => 'webhook', content => { url => "$r->{url}/t", method => 'PUT',
    headers => { 'X-Who' => '{{ contact.first_name }}' }, body => { who => '{{ contact.first_name }} "{{ x }}"' } } })->{id};
is wrong('templates_test', { id => $tell }), 'conflict id its content names no webhook; add "webhook" to it, as in '
    . '{"webhook": "wh_1"}, whose secret signs what is sent', 'it needs one that signs';
sub content { my (%more) = @_;
    my $was = $h->call('templates_get', { id => $tell })->{content};
    return $h->call('templates_update', { id => $tell, content => { %$was, webhook => $w->{id}, %more } }) }
content();
is wrong('templates_test', { id => $tell, to => ['a@b.example'] }), 'invalid to "to" is of mail, and this goes to the URL of '
    . 'its content', 'and no address';
$o = work('templates_test', id => $tell, contact_id => 'ct_1', data => { x => 'y' });
is_deeply [ $o->{state}, @{ $o->{result} }{qw(status response)} ], [ 'done', 200, 'answer 200??' ], 'it tells what came back';
my ($got) = $r->got;
is_deeply [ @$got{qw(method path id wrong)}, $got->{body}, $got->{headers}{'x-who'}, signed_by($got, $w->{secret}) ],
    [ 'PUT', '/t', "test_$o->{id}", undef, { who => 'Ann "y"' }, 'Ann', 1 ], 'as it is rendered, and signed';
$r->answers('/t', '404');
is work('templates_test', id => $tell)->{result}{status}, 404, 'whatever that is';
$r->answers('/t', 'reset reset');
is work('templates_test', id => $tell)->{error}{code}, 'unreachable', 'or why nothing did';
content(url => "$r->{url}/{{ x }}");
like work('templates_test', id => $tell, data => { x => 'a b' })->{error}{message}, qr{^content at /url: }, 'and what no URL has';
is scalar($r->got), 3, 'which goes nowhere';
is wrong('templates_test', { id => $h->call('templates_create', { name => 's', channel => 'sms', content => { text => 'Hi' } })->{id} })
    =~ /^conflict id .*no provider for SMS/, 1, 'an SMS has no provider';

# a sandbox sends none
$h->value(q{select auth.tenant_create('box', '2026-01-01Z')});
$h->dbh->do(q{update auth.tenants set kind = 'sandbox' where id = 2});
my $box = $h->call('templates_create', { name => 't', subject => 's', html => 'h' }, '--workspace', 2)->{id};
$h->call('templates_test', { id => $box, to => ['x@example.org'] }, '--workspace', 2);
$h->godwit(qw(worker jobs --once));
is $h->value('select test from godwit.messages where tenant_id = 2'), 1, 'what a sandbox sends is a test that stays here';
$h->dbh->do(q{update auth.tenants set kind = 'sandbox' where id = 1});
content(url => "$r->{url}/box");
is_deeply [ work('templates_test', id => $tell)->{result}{status}, scalar $r->got('/box') ], [ undef, 0 ],
    'nor does its request leave';
done_testing;
