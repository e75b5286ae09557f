#!/usr/bin/perl
# Snippets and variants as they are saved: what is missing, what is wrong, what
# would go round in circles.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
sub wrong { my (undef, $doc) = $h->try(@_); return join ' | ', map { $_ // '' } @{ $doc->{error} }{qw(code field message)} }
my %t = (name => 't', subject => 's', html => 'h');

# a template calls what is there
my $a = $h->call('snippets_create', { name => 'a', html => '<p>A {{ x }}</p>' });
is_deeply [ @$a{qw(id name html text)} ], [ 'snp_1', 'a', '<p>A {{ x }}</p>', undef ], 'a snippet';
is wrong('templates_create', { %t, html => "<p>\n {% render 'b' %}" }),
    'invalid | html | there is no snippet "b", line 2, column 2', 'one that is missing is refused where it stands';
is wrong('templates_create', { %t, subject => '{% include "b" %}' }),
    'invalid | subject | there is no snippet "b", line 1, column 1', 'in a subject too';
is wrong('templates_create', { %t, html => "<a href='{% render 'a' %}'>" }) =~ /it can only stand between tags/, 1,
    'a snippet stands between tags';
my $t = $h->call('templates_create', { %t, html => '<p>{% render "a", x: 1 %}' })->{id};
is wrong('templates_update', { id => $t, text => '{% render "b" %}' }),
    'invalid | text | there is no snippet "b", line 1, column 1', 'a change that calls what is not there';
is $h->call('templates_update', { id => $t, subject => 'new' })->{version}, 2, 'another one';
my ($state, $is) = $h->ask('templates_preview', { id => $t });
is_deeply $is->{snippets}, { a => { html => '<p>A {{ x }}</p>', text => "A {{ x }}\n" } }, 'a preview has it';
(undef, $is) = $h->ask('templates_preview_draft', { subject => 's', html => q({% liquid render 'a' %}) });
is_deeply [ keys %{ $is->{snippets} } ], ['a'], 'that of a draft too';

# of snippets
is wrong('snippets_create', { name => 'a', html => 'x' }), 'conflict | name | a snippet named "a" is there already', 'twice';
is wrong('snippets_create', { name => 'a b', html => 'x' }) =~ /^invalid \| name/, 1, 'a name that is none';
is wrong('snippets_create', { name => 'c', html => '{{ x | nope }}' }),
    'invalid | html | there is no filter "nope", line 1, column 8', 'one that is wrong';
is wrong('snippets_create', { name => 'c', html => '<b' }) =~ /^invalid \| html/, 1, 'one that ends in a tag';
my $b = $h->call('snippets_create', { name => 'b', html => "{% include 'a' %}" })->{id};
my $c = $h->call('snippets_create', { name => 'c', html => "{% include 'b' %}", text => '{% render "a" %}' })->{id};
is wrong('snippets_update', { id => 'snp_1', html => "x\n{% include 'c' %}" }),
    'invalid | html | the snippet "a" would call itself, line 2, column 1', 'a circle';
is wrong('snippets_update', { id => 'snp_1', html => "{% render 'a' %}" }) =~ /would call itself/, 1, 'a short one';
is wrong('snippets_update', { id => $c, text => "{% render 'c' %}" }) =~ /would call itself/, 1, 'one of its text';
is $h->call('snippets_update', { id => $c, html => 'free', text => undef })->{text}, undef, 'none any more';
is $h->call('snippets_update', { id => 'snp_1', html => "{% render 'c' %}" })->{html}, "{% render 'c' %}", 'so that it may';
is wrong('snippets_get', { id => 'snp_99' }), 'not_found | id | there is no snippet snp_99', 'of nothing';
is join(',', map { $_->{name} } @{ $h->call('snippets_list', { sort => '-name' })->{items} }), 'c,b,a', 'a list';

# they go when nothing calls them
is wrong('snippets_delete', { id => $c }), "conflict | id | snippet $c" . ' is called by snippet "a"', 'a snippet calls it';
is wrong('snippets_delete', { id => 'snp_1' }), 'conflict | id | snippet snp_1 is called by snippet "b"', 'this one too';
$h->call('snippets_update', { id => $b, html => 'free' });
is wrong('snippets_delete', { id => 'snp_1' }), "conflict | id | snippet snp_1 is called by template $t", 'a template calls it';
$h->call('templates_update', { id => $t, html => 'h' });
my $d = $h->call('campaigns_create', { name => 'd', list_id => $h->call('lists_create', { name => 'l' })->{id},
    from => 'a@example.com', subject => 's', html => '{% render "a" %}' })->{id};
is wrong('snippets_delete', { id => 'snp_1' }), "conflict | id | snippet snp_1 is called by campaign $d", 'a draft calls it';
$h->call('campaigns_delete', { id => $d });
is $h->call('snippets_delete', { id => 'snp_1' }), undef, 'nothing does';
is wrong('snippets_get', { id => 'snp_1' }), 'not_found | id | there is no snippet snp_1', 'it is gone';
is wrong('templates_restore', { id => $t, version => 2 }), 'conflict | version | version 2 calls the snippet "a", '
    . 'which is not there any more; make it again first', 'an old version does not come back without it';
$h->call('snippets_create', { name => 'a', html => 'again' });
is $h->call('templates_restore', { id => $t, version => 2 })->{version}, 4, 'with it it does';
$h->dbh->do(q{insert into godwit.snippets (tenant_id, name, html, text_derived, calls, created_at, updated_at)
    select 1, 'n' || n, '', '', '[]', clock_timestamp(), clock_timestamp() from generate_series(4, 1000) n});
is wrong('snippets_create', { name => 'z', html => 'h' }),
    'conflict | name | a workspace has 1000 snippets at most; delete one that nothing calls', 'no more than that';

# variants
my %v = (de => { subject => 'Hallo', html => '<a href="https://a.example/de">x</a>' },
    'de-AT' => { subject => 'Servus', html => '<a href="https://a.example/at">x</a>', text => 'T' });
my $m = $h->call('templates_create', { %t, name => 'm', html => '<a href="https://a.example/en">x</a>',
    locale => 'en', variants => \%v });
is_deeply [ $m->{locale}, $m->{variants}, [ sort @{ $m->{links} } ] ], [ 'en', { de => { %{ $v{de} }, text => undef },
    'de-AT' => $v{'de-AT'} }, [ map { "https://a.example/$_" } qw(at de en) ] ], 'variants, and the links of all';
for ([ undef, 's' ], [ 'fr', 's' ], [ 'de', 'Hallo' ], [ 'de-CH', 'Hallo' ], [ 'DE_at', 'Servus' ], [ 'de-AT-1996', 'Servus' ],
    [ 'den', 's' ]) {
    my ($locale, $want) = @$_;
    (undef, $is) = $h->ask('templates_preview', { id => $m->{id}, locale => $locale });
    is $is->{subject}, $want, 'for ' . ($locale // 'nobody');
}
$h->call('contacts_create', { email => 'a@example.com', locale => 'de-AT' });
(undef, $is) = $h->ask('templates_preview', { id => $m->{id}, contact_id => 'ct_1' });
is_deeply [ @$is{qw(subject text locale)} ], [ 'Servus', 'T', 'de-AT' ], 'for a contact';
is wrong('templates_create', { %t, name => 'n', variants => { de => { subject => 's', html => "<p>\n{% render 'z' %}" } } }),
    'invalid | variants | html of "de": there is no snippet "z", line 2, column 1', 'a variant that calls nothing';
is wrong('templates_create', { %t, name => 'n', variants => { de => { subject => 's', html => '{{ x | nope }}' } } }),
    'invalid | variants | html of "de": there is no filter "nope", line 1, column 8', 'one that is wrong';
is wrong('templates_create', { %t, name => 'n', variants => { german => { subject => 's', html => 'h' } } })
    =~ /^invalid \| variants \| "variants\/german" has a name that must match/, 1, 'a locale that is none';
is wrong('templates_create', { %t, name => 'n', variants => { de => { html => 'h' } } }),
    'invalid | variants | "de": "subject" is missing', 'no subject';
is wrong('templates_create', { %t, name => 'n', variants => { 'de-AT' => $v{de}, 'de_at' => $v{de} } }) =~ /twice/, 1, 'one twice';
is wrong('templates_update', { id => $m->{id}, html => 'h' }) =~ /^invalid \| variants \| name "html" and "variants" together/, 1,
    'html alone would number its links anew';
is $h->call('templates_update', { id => $m->{id}, subject => 'x' })->{variants}{de}{subject}, 'Hallo', 'a subject may change alone';
is_deeply $h->call('templates_update', { id => $m->{id}, html => 'h', variants => undef })->{variants}, {}, 'and they go';
is $h->call('templates_restore', { id => $m->{id}, version => 1 })->{variants}{de}{subject}, 'Hallo', 'and come back';
done_testing;
