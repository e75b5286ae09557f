#!/usr/bin/perl
# Lint of templates: what the content tells, with what the workspace knows.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $out = '<a href="{{ unsubscribe_url }}">out</a>';
sub said { return join ' | ', map { my $f = $_; join ' ', map { $f->{$_} // '-' } qw(rule severity field line column) } @{ $_[0]{findings} } }
sub draft { my ($html, %more) = @_; return $h->call('templates_lint_draft', { subject => 's', html => $html, %more }) }
sub of { return $h->call('templates_lint', { id => @_ }) }

my $r = draft("<p>{{ contact.first_name }} {{ campaign.name }} {{ view_url }}$out");
is_deeply $r, { errors => 0, warnings => 0, findings => [] }, 'nothing speaks against it';
is said(draft('<p>')), 'unsubscribe_missing error html 1 1', 'no way out';
is said(draft('<a href="{{ preferences_url }}">x</a>')), '', 'preferences are one';
is $h->value('select count(*) from godwit.templates'), 0, 'a draft is not stored';

# variables
is said(draft("$out\n{{ contact.plan }} {{ contact.attributes.plan }} {{ contact.attributes }}")),
    'unknown_variable warning html 2 4 | unknown_variable warning html 2 23', 'a field that nobody has';
is draft("$out\n{{ contact.plan }}")->{findings}[0]{message},
    'no contact has a "plan"; mend the name, or make the field by fields_create', 'in words';
$h->call('contacts_create', { email => 'a@example.com', attributes => { plan => 'gold' } });
is said(draft("$out\n{{ contact.plan }}{{ contact.attributes.plan }}")), '', 'until somebody has it';
$h->call('fields_create', { key => 'size', type => 'number' });
is said(draft("$out\n{{ contact.size }}")), '', 'or it is a field';
is said(draft("$out\n{{ name }}{{ nick | default: 'you' }}{{ campaign.date }}")),
    'unknown_variable warning html 2 4 | unknown_variable warning html 2 41 | unknown_variable info html 2 14',
    'what is not there at all; with a default it is no harm';
is said(draft($out, subject => 'Hi {{ nam }}', text => "a\n{{ nam }}")),
    'unknown_variable warning subject 1 7 | unknown_variable warning text 2 4', 'in each part';

# weight
is said(draft($out . 'x' x 104300)), '', 'below 102 KB';
$r = draft($out . 'x' x 104448);
is said($r), 'clipped warning html 1 1', 'beyond';
like $r->{findings}[0]{message}, qr/^it has about 102 KB, /, 'it says how much';

# snippets: they are part of it
$h->call('snippets_create', { name => 'foot', html => '<p><img src="cid:x">' . $out });
$h->call('snippets_create', { name => 'long', html => 'x' x 60000 });
$r = draft('{% include "foot" %}');
is said($r), 'image_alt warning html 1 4', 'one that has the way out, and a fault';
is $r->{findings}[0]{snippet}, 'foot', 'that is its own';
is said(draft('{% include "long" %}' . $out . 'x' x 50000)), 'clipped warning html 1 1', 'they weigh';

# versions
my $t = $h->call('templates_create', { name => 'a', subject => 's', html => '<a href="/x">x</a>',
    variants => { de => { subject => 's', html => "$out<img src='cid:x'>" } } })->{id};
is said(of($t)), 'link_broken error html 1 1 | unsubscribe_missing error html 1 1 | image_alt warning html 1 40', 'of what is stored';
is_deeply [ map { $_->{locale} } @{ of($t)->{findings} } ], [ undef, undef, 'de' ], 'by its variant';
$h->call('templates_update', { id => $t, subject => '{{ nope }}' });
is said(of($t)), 'link_broken error html 1 1 | unsubscribe_missing error html 1 1 | unknown_variable warning subject 1 4'
    . ' | image_alt warning html 1 40', 'what is not changed keeps what was found';
$h->call('templates_update', { id => $t, subject => 's', html => $out, variants => undef });
is said(of($t)), '', 'and loses it';
is_deeply [ @{ of($t, version => 1) }{qw(version errors warnings)} ], [ 1, 2, 1 ], 'an earlier version';
$h->dbh->do('update godwit.template_versions set lint = null, names = null where version = 3');
is said(of($t)), 'not_looked_at info html - -', 'content from before';
$h->call('templates_update', { id => $t, subject => 'u' });
is said(of($t)), 'not_looked_at info html - -', 'until its html';
$h->call('templates_update', { id => $t, html => $out });
is said(of($t)), '', 'is new';

# campaigns are told before they start
my $c = $h->call('campaigns_create', { name => 'c', list_id => $h->call('lists_create', { name => 'l' })->{id},
    from => 'a@example.com', subject => 's', html => "<a\nhref='http://localhost/'>x</a>{{ n | default: 1 }}" })->{id};
my %is = map { $_->{code} => $_ } @{ $h->call('campaigns_preflight', { id => $c })->{findings} };
is $is{link_local}{level}, 'warning', 'preflight warns';
like $is{link_local}{message}, qr/^html, line 1, column 1: it leads to a host of your own network/, 'by the place';
is $is{unsubscribe_missing}{level}, 'warning', 'of all but';
ok !$is{unknown_variable}, 'what does no harm';
done_testing;
