#!/usr/bin/perl
# Templates: versions are made by content, kept, restored.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
sub error { my (undef, $doc) = $h->try(@_); return @{ $doc->{error} }{qw(code field message)} }
sub newest { return $h->rows('select version, html, text, html_tracked, text_derived
    from godwit.template_versions where template_id = 1 order by version desc limit 1')->[0] }

my $id = $h->call('templates_create', { name => 'a', subject => 's1', text => 'own',
    html => '<a href="https://example.com/1">one</a>' })->{id};
my $t = $h->call('templates_update', { id => $id, name => 'b' });
is_deeply [ @$t{qw(name version)} ], [ 'b', 1 ], 'a name makes no version';
$t = $h->call('templates_update', { id => $id, subject => 's2' });
is_deeply [ @$t{qw(version subject html text)} ], [ 2, 's2',
    '<a href="https://example.com/1">one</a>', 'own' ], 'a subject does; the rest stays';
is_deeply $t->{links}, ['https://example.com/1'], 'links too';
$t = $h->call('templates_update', { id => $id, html => '<a href="https://example.com/2">two</a>' });
is_deeply [ $t->{links}, $t->{text} ], [ ['https://example.com/2'], 'own' ], 'new html';
like newest()->{html_tracked}, qr/gw_link|link/, 'is compiled';
$t = $h->call('templates_update', { id => $id, text => undef });
is $t->{text}, undef, 'a text is taken away';
like newest()->{text_derived}, qr/two/, 'and made from html again';
is_deeply [ (error('templates_update', { id => $id, html => '{{ x' }))[ 0, 1 ] ],
    [ 'invalid', 'html' ], 'a wrong template is refused';
for ([ '{{ x | money: "EURO" }}', '"money" takes a currency like EUR, not "EURO", line 1, column 8' ],
    [ "\n{{ x | date: '%d', zone: 'Nowhere' }}", 'there is no time zone "Nowhere", line 2, column 8' ],
    [ '{{ x | pluralize }}', '"pluralize" takes two texts, or one for "other:", line 1, column 8' ])
{
    is +(error('templates_update', { id => $id, html => $_->[0] }))[2], $_->[1], 'what is written out is judged at once';
}
is_deeply [ $h->ask('templates_update', { id => $id, html => undef }) ],
    [ 'GW001', '"html" is missing' ], 'so is none';
is $h->call('templates_get', { id => $id })->{version}, 4, 'which makes no version';

my $v = $h->call('templates_versions', { id => $id, limit => 3, total => \1 });
is_deeply [ $v->{total}, map { $_->{version} } @{ $v->{items} } ], [ 4, 4, 3, 2 ],
    'versions, newest first';
ok !exists $v->{items}[0]{html}, 'without their texts';
is $h->call('templates_version', { id => $id, version => 1 })->{subject}, 's1', 'one of them';
$t = $h->call('templates_restore', { id => $id, version => 1 });
is_deeply [ @$t{qw(version subject text links)} ], [ 5, 's1', 'own', ['https://example.com/1'] ],
    'restored as a new one';
is_deeply [ error('templates_restore', { id => $id, version => 9 }) ],
    [ 'not_found', 'version', "template $id has no version 9" ], 'one that is not there';

$h->call('contacts_create', { email => 'ann@example.com', first_name => 'Ann' });
my ($state, $is) = $h->ask('templates_preview', { id => $id, contact_id => 'ct_1', version => 4,
    data => { view_url => '#x' } });
is_deeply [ $state, $is->{subject}, $is->{text} =~ /two/ ? 1 : 0, $is->{data}{contact}{first_name},
    @{ $is->{data} }{qw(view_url unsubscribe_url)} ], [ '', 's2', 1, 'Ann', '#x', '#unsubscribe' ],
    'what a preview is made of';
is_deeply [ $h->ask('templates_preview', { id => $id, contact_id => 'ct_9' }) ],
    [ 'GW002', 'there is no contact ct_9' ], 'of nobody';
($state, $is) = $h->ask('templates_preview_draft', { subject => 's', html => 'h', text => undef });
is_deeply [ $state, @$is{qw(subject html text)}, $is->{data}{campaign} ],
    [ '', 's', 'h', undef, { name => 'Preview' } ], 'of a draft, whose text is to be made';
is_deeply [ $h->ask('templates_preview_draft', { subject => 's', html => 'h', data => [] }) ],
    [ 'GW001', '"data" is not an object' ], 'data that is none';

# the live version, which campaigns take
$h->call('lists_create', { name => 'm' });
my %c = (name => 'x', list_id => 'lst_1', from => 'a@example.com');
is_deeply [ @{ $h->call('templates_get', { id => $id }) }{qw(live_version category)} ], [ undef, undef ], 'a draft';
is_deeply [ error('campaigns_create', { %c, template_id => $id }) ], [ 'conflict', 'template_id',
    "template $id has no live version; publish one first" ], 'no campaign takes it';
is $h->call('templates_publish', { id => $id, version => 4 })->{live_version}, 4, 'a version is published';
is_deeply [ error('templates_publish', { id => $id, version => 9 }) ],
    [ 'not_found', 'version', "template $id has no version 9" ], 'one that is not there';
my $taken = $h->call('campaigns_create', { %c, template_id => $id });
is_deeply [ @$taken{qw(subject template_id template_version)}, $taken->{html} =~ /two/ ? 1 : 0 ], [ 's2', $id, 4, 1 ],
    'a campaign takes it';
is $h->value(q{select jsonb_array_length(links) from godwit.template_versions order by created_at desc, template_id desc limit 1}), 1,
    'with its links';
$h->call('templates_publish', { id => $id, version => 1 });
is $h->call('campaigns_get', { id => $taken->{id} })->{template_version}, 4, 'and keeps it';
$taken = $h->call('campaigns_update', { id => $taken->{id}, template_id => $id, subject => 'own' });
is_deeply [ @$taken{qw(subject template_version)} ], [ 'own', 1 ], 'until it takes that of now, with a subject of its own';
is $h->call('campaigns_update', { id => $taken->{id}, html => 'h' })->{template_id}, undef, 'other html is not of the template';
is_deeply [ error('campaigns_create', { %c, template_id => $id, html => 'h', subject => 's' }) ],
    [ 'invalid', 'html', 'name either "html" or "template_id"' ], 'both';
is_deeply [ (error('campaigns_create', { %c }))[ 0, 1 ] ], [ 'invalid', 'subject' ], 'neither';
my %two = (experiment => { variants => [ { name => 'A' }, { name => 'B', html => 'b' } ] });
is +(error('campaigns_create', { %c, template_id => $id, %two }))[1], 'html', 'html of an experiment beside it';
$h->call('campaigns_update', { id => $taken->{id}, html => 'h', %two });
is +(error('campaigns_update', { id => $taken->{id}, template_id => $id }))[1], 'template_id', 'or there already';
$h->call('campaigns_delete', { id => $taken->{id} });
is_deeply [ map { $_->{version} } @{ $h->call('templates_list', { live => \1 })->{items} } ], [ 5 ], 'those that are live';
is_deeply $h->call('templates_list', { live => \0 })->{items}, [], 'and those that are not';
$h->call('templates_update', { id => $id, category => 'News' });
is_deeply [ map { $_->{category} } @{ $h->call('templates_list', { category => 'News' })->{items} } ], ['News'], 'a category';
is $h->call('templates_update', { id => $id, category => undef })->{category}, undef, 'or none';

# what became other
sub diff { my $d = $h->call('templates_diff', { id => $id, @_ });
    return [ $d->{against}, map { my $c = $_; [ @$c{qw(field locale)}, map { [ @$_{qw(was_line is_line was is)} ] } @{ $c->{hunks} } ] } @{ $d->{changes} } ] }
is_deeply diff(version => 2), [ 1, [ 'subject', undef, [ 1, 1, ['s1'], ['s2'] ] ] ], 'against the version before';
is_deeply diff(version => 5, against => 1), [ 1 ], 'a restored one is the same';
is scalar @{ diff(version => 1) }, 4, 'the first has all';
sub lines { return $h->value('select godwit.lines_diff(?, ?)::text', @_) =~ s/"(\w+)": /$1=/gr }
is lines("a\nb\nc\nd\ne", "a\nB\nc\ne\nf"), '[{is=["B"], was=["b"], is_line=2, was_line=2}, '
    . '{is=[], was=["d"], is_line=4, was_line=4}, {is=["f"], was=[], is_line=5, was_line=6}]', 'line by line';
is lines('', 'a'), '[{is=["a"], was=[], is_line=1, was_line=1}]', 'of nothing';
is lines(undef, 'a'), '[{is=["a"], was=[], is_line=1, was_line=1}]', 'of none';
is lines("a\nb", "a\nb"), '[]', 'of the same';
is scalar(() = lines(join("\n", 0, map({ "a$_" } 1 .. 250), 9), join("\n", 0, map({ "b$_" } 1 .. 250), 9)) =~ /is_line=/g), 1,
    'much is one hunk';

$h->call('templates_create', { name => 'c', subject => 's', html => 'h' });
is_deeply [ error('templates_update', { id => $id, name => 'c' }) ],
    [ 'conflict', 'name', 'a template named "c" is there already' ], 'a name that is taken';
my $campaign = $h->call('campaigns_create', { name => 'x', list_id => 'lst_1',
    from => 'a@example.com', subject => 's', html => 'h' });
is_deeply [ map { $_->{name} } @{ $h->call('templates_list', { sort => 'name' })->{items} } ],
    [ 'b', 'c' ], 'a list, without those of campaigns';
is +(error('templates_get', { id => 'tpl_' . $h->value('select max(template_id) from godwit.campaigns') }))[0], 'not_found', 'which cannot be had either';
$h->dbh->do(q{update godwit.template_versions set variants = '[1]'});    # whoever reads them fails
is scalar @{ $h->call($_->[0], $_->[1])->{items} }, $_->[2], "$_->[0] reads no texts"
    for [ templates_list => {}, 2 ], [ templates_versions => { id => $id, limit => 3 }, 3 ], [ campaigns_list => {}, 1 ];
$h->dbh->do(q{update godwit.template_versions set variants = '{}'});
is $h->call('templates_delete', { id => $id }), undef, 'deleted';
is +(error('templates_get', { id => $id }))[0], 'not_found', 'it is gone';
is $h->value('select count(*) from godwit.template_versions where template_id = 1'), 0,
    'with its versions';

# ------------------------------------------------------------ what is no mail

my $sms = $h->call('templates_create', { name => 'sms', channel => 'sms', category => 'short',
    content => { text => "Hi {{ contact.first_name }}, 10 \x{20ac} off" },
    variants => { de => { content => { text => 'Hallo' } } } });
is_deeply [ @$sms{qw(channel version locale)}, @{ $sms->{sms} }{qw(encoding units segments exact)}, $sms->{variants},
    exists $sms->{html} ], [ 'sms', 1, undef, 'GSM-7', 14, 1, JSON::PP::false,
    { de => { content => { text => 'Hallo' } } }, '' ], 'an SMS, counted without what Liquid adds';
$t = $h->call('templates_update', { id => $sms->{id}, content => { text => "\x{43f}" x 71 } });
is_deeply [ $t->{version}, @{ $t->{sms} }{qw(encoding segments left exact)} ], [ 2, 'UCS-2', 2, 63, JSON::PP::true ],
    'a new version, counted exactly';
is_deeply [ map { "$_->{field} " . ($_->{locale} // '') } @{ $h->call('templates_diff', { id => $sms->{id},
    version => 2 })->{changes} } ], ['content '], 'what differs';
is_deeply [ map { "$_->{rule} $_->{field}" } @{ $h->call('templates_lint_draft', { content => { text =>
    "{{ contact.nme }} \x{43f}" . 'x' x 300 } })->{findings} } ],
    [ 'unknown_variable content', 'sms_segments content', 'sms_encoding content', 'sms_stop content' ], 'what speaks against one';
is_deeply [ map { scalar @{ $h->call('templates_lint_draft', { content => { text => $_ } })->{findings} } }
    'Sale! STOP to end', 'Sale! {{ unsubscribe_url }}', 'Sale!' ], [ 0, 0, 1 ], 'nor does one that leads out';
is_deeply [ map { my $c = $_; [ map { "$_->{rule} $_->{severity}" } @{ $h->call('templates_lint_draft', { content => $c })->{findings} } ] }
    { name => 'a', language => 'en', category => 'utility', components => [ { type => 'body', text => 'Hi {{1}}' } ],
        parameters => { body => ['{{ contact.nme }}'] } }, { url => 'https://a.example/', body => { n => '{{ nobody }}' } } ],
    [ (['unknown_variable warning']) x 2 ], 'nor what WhatsApp and webhooks are given';
is $h->call('templates_publish', { id => $sms->{id}, version => 1 })->{live_version}, 1, 'one is live';
is $h->call('templates_restore', { id => $sms->{id}, version => 1 })->{content}{text}, $sms->{content}{text}, 'restored';
($state, $is) = $h->ask('templates_preview', { id => $sms->{id}, locale => 'de-AT' });
is_deeply [ @$is{qw(content locale)} ], [ { text => 'Hallo' }, 'de' ], 'the variant that is previewed';
is_deeply [ map { $_->{id} } @{ $h->call('templates_list', { channel => 'sms' })->{items} } ], [ $sms->{id} ], 'found';
my %order = (name => 'order_1', language => 'en_US', category => 'utility');
my @body = ({ type => 'body', text => 'Hi {{1}}, {{2}} is on its way' });
my @two = (body => [ '{{ contact.first_name }}', '{{ order.id }}' ]);
my $wa = $h->call('templates_create', { name => 'wa', channel => 'whatsapp', content => { %order, components => [
    { type => 'header', format => 'image' }, @body, { type => 'footer', text => 'Shop' },
    { type => 'buttons', buttons => [ { type => 'quick_reply', text => 'No' }, { type => 'url', text => 'Track',
        url => 'https://a.example/{{1}}' } ] } ], parameters => { header => ['https://a.example/x.png'], @two,
    buttons => { 1 => '{{ order.id }}' } } } });
is_deeply [ @$wa{qw(channel sms)} ], [ 'whatsapp', undef ], 'of WhatsApp';
my $hook = $h->call('templates_create', { name => 'hook', channel => 'webhook', content => { method => 'PUT',
    url => 'https://hooks.example.com/c/{{ contact.id }}', headers => { 'X-Of' => '{{ contact.id }}' },
    body => { name => '{{ contact.first_name }}', n => 1 } } });
is $hook->{content}{body}{n}, 1, 'a call of a webhook';
my $id2 = $h->call('templates_list', { q => 'c', channel => 'email' })->{items}[0]{id};
my %wa = (name => 'x', channel => 'whatsapp');
my %hook = (name => 'x', channel => 'webhook');
for ([ { id => $id2, content => { text => 'a' } }, 'content', '"content" is of other channels, and this template is mail' ],
    [ { name => 'x', channel => 'sms' }, 'content', '"content" is missing' ],
    [ { name => 'x', content => { text => 'a' } }, 'channel', '"channel" is missing: name that of the content' ],
    [ { name => 'x', channel => 'webhook', content => { text => 'a' } }, 'content',
        '"content" is that of sms, and the template is for webhook' ],
    [ { name => 'x', channel => 'sms', subject => 'a', content => { text => 'a' } }, 'subject',
        '"subject" is of mail; a template for sms has "content"' ],
    [ { name => 'x', channel => 'sms', content => { text => '{{ x' } }, 'content', qr/^at \/text: .*line 1, column 1/ ],
    [ { %hook, content => { url => 'https://a.example/', body => { 'a' . "\x{e4}" x 20 => '{{ x' } } }, 'content',
        qr{^at /body/a\w{19}\?: .*line 1} ],
    [ { name => 'x', channel => 'sms', content => { text => '' } }, 'content', qr/has 0 characters; 1 to 5000/ ],
    [ { %wa, content => { %order, name => 'Order', components => \@body, parameters => {@two} } }, 'content', qr{at /name: } ],
    [ { %wa, content => { %order, language => 'english', components => \@body } }, 'content', qr{at /language: } ],
    [ { %wa, content => { %order, category => 'x', components => \@body } }, 'content', qr/"category" is not one of marketing, / ],
    [ { %wa, content => { %order, components => \@body, parameters => { body => ['a'] } } }, 'content',
        qr{at /parameters/body: 2 parameters are needed, as a list of texts} ],
    [ { %wa, content => { %order, components => [ { type => 'body', text => '{{2}}' } ] } }, 'content', qr/not \{\{1\}\}, / ],
    [ { %wa, content => { %order, components => [ { type => 'body', text => '{{1}} {{a}}' } ] } }, 'content',
        qr/numbers or names, not both/ ],
    [ { %wa, content => { %order, components => [ { type => 'body', text => '{{ x | y }}' } ] } }, 'content', qr/no placeholder/ ],
    [ { %wa, content => { %order, components => [ reverse({ type => 'footer', text => 'x' }, @body) ],
        parameters => { @two, header => ['x'] } } }, 'content', qr/there is no component header/ ],
    [ { %wa, content => { %order, components => [ { type => 'footer', text => 'x' } ] } }, 'content', qr/there is a body/ ],
    [ { %wa, content => { %order, components => [ { type => 'body', text => 'x' }, { type => 'buttons', buttons => [ {
        type => 'url', text => 'a', url => 'http://a.example/' } ] } ] } }, 'content', qr{at /components/1/buttons/0: its url} ],
    [ { %hook, content => { url => 'https://{{ contact.host }}/' } }, 'content', qr/behind the host/ ],
    [ { %hook, content => { url => 'https://127.0.0.1/' } }, 'content', qr{^"content" at /url: it } ],
    [ { %hook, content => { url => 'https://a.example/', method => 'GET', body => {} } }, 'content', qr/GET has no body/ ],
    [ { %hook, content => { url => 'https://a.example/', headers => { Host => 'b' } } }, 'content', qr{at /headers: } ],
    [ { %hook, content => { url => 'https://a.example/', body => [ '{{ a | x }}' ] } }, 'content', qr{^at /body/0: } ])
{
    my ($code, $field, $says) = error($_->[0]{id} ? 'templates_update' : 'templates_create', $_->[0]);
    is "$code $field", "invalid $_->[1]", $says;
    ref $_->[2] ? like $says, $_->[2], 'and says so' : is $says, $_->[2], 'and says so';
}

# ---- what html was made of goes along with it
my $md = { kind => 'markdown', source => '# one' };
my $made = $h->call('templates_create', { name => 'md', subject => 's', html => '<h1>one</h1>', design => $md });
is_deeply $made->{design}, $md, 'what html was made of is kept';
$made = $h->call('templates_update', { id => $made->{id}, subject => 's2' });
is_deeply $made->{design}, $md, 'while html stays';
$made = $h->call('templates_update', { id => $made->{id}, html => '<h1>two</h1>',
    design => { %$md, source => '# two' } });
is_deeply [ map { @$_{qw(field hunks)} } grep { $_->{field} eq 'design' }
    @{ $h->call('templates_diff', { id => $made->{id}, version => 3 })->{changes} } ],
    [ design => [ { was_line => 1, is_line => 1, was => ['# one'], is => ['# two'] } ] ], 'its lines are compared';
is_deeply $h->call('templates_restore', { id => $made->{id}, version => 1 })->{design}, $md, 'and come back';
$made = $h->call('templates_update', { id => $made->{id}, html => '<h1>by hand</h1>' });
is_deeply [ @$made{qw(design version)} ], [ undef, 5 ], 'html alone is written by hand';
for ([ { design => $md }, qr/^name "html" together/ ], [ { design => undef }, qr/^name "html" together/ ],
    [ { html => 'h', design => { kind => 'No' } }, qr/must match the pattern/ ], [ { html => 'h', design => [] }, qr/must be an object/ ],
    [ { html => 'h', design => { %$md, source => 'x' x 262144 } }, qr/more than 256 KiB/ ])
{
    my ($code, $field, $says) = error('templates_update', { id => $made->{id}, %{ $_->[0] } });
    is_deeply [ $code, $field =~ s{/.*}{}r ], [ 'invalid', 'design' ], 'what is no design is refused';
    like $says, $_->[1], 'and says why';
}
is $h->call('templates_get', { id => $made->{id} })->{version}, 5, 'which makes no version';

my @sent = (list_id => $h->call('lists_create', { name => 'sms' })->{id}, from => 'a@example.com', name => 'c');
is_deeply [ (error('campaigns_create', { @sent, template_id => $sms->{id} }))[ 0, 2 ] ], [ 'conflict',
    "template $sms->{id}: there is no provider for SMS in this release, so nothing is sent by it; templates_preview shows "
    . 'what would be' ], 'no campaign takes it';
is +(error('templates_test', { id => $wa->{id}, to => ['a@example.com'] }))[0], 'conflict', 'nor does a test';

done_testing;
