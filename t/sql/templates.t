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

$h->call('templates_create', { name => 'c', subject => 's', html => 'h' });
is_deeply [ error('templates_update', { id => $id, name => 'c' }) ],
    [ 'conflict', 'name', 'a template named "c" is there already' ], 'a name that is taken';
$h->call('lists_create', { name => 'l' });
my $campaign = $h->call('campaigns_create', { name => 'x', list_id => 'lst_1',
    from => 'a@example.com', subject => 's', html => 'h' });
is_deeply [ map { $_->{name} } @{ $h->call('templates_list', { sort => 'name' })->{items} } ],
    [ 'b', 'c' ], 'a list, without those of campaigns';
is +(error('templates_get', { id => 'tpl_3' }))[0], 'not_found', 'which cannot be had either';
$h->dbh->do(q{update godwit.template_versions set variants = '[1]'});    # whoever reads them fails
is scalar @{ $h->call($_->[0], $_->[1])->{items} }, $_->[2], "$_->[0] reads no texts"
    for [ templates_list => {}, 2 ], [ templates_versions => { id => $id, limit => 3 }, 3 ], [ campaigns_list => {}, 1 ];
$h->dbh->do(q{update godwit.template_versions set variants = '{}'});
is $h->call('templates_delete', { id => $id }), undef, 'deleted';
is +(error('templates_get', { id => $id }))[0], 'not_found', 'it is gone';
is $h->value('select count(*) from godwit.template_versions where template_id = 1'), 0,
    'with its versions';

done_testing;
