#!/usr/bin/perl
# godwit liquid: results, errors with their place, wrong input.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my @cases = (
    [ 'Hi {{ name | upcase }}', { name => 'ann' }, { result => 'Hi ANN' } ],
    [ '{% for i in (1..3) %}{{ i }}{% unless forloop.last %},{% endunless %}'
        . '{% endfor %}', {}, { result => '1,2,3' } ],
    [ '{% if a > 1 and b contains "x" %}y{% else %}n{% endif %}',
        { a => 2, b => 'axb' }, { result => 'y' } ],
    [ "a\n  {{ x | nope }}", {}, { error => { message =>
        'there is no filter "nope"', line => 2, column => 10 } } ],
    [ '{% if x %}', {}, { error => { message => '"endif" is missing',
        line => 1, column => 1 } } ],
    [ '{{ 1 | divided_by: 0 }}', {}, { error => { message => 'divided by 0',
        line => 1, column => 1 } } ],
);
my $in = join '', map { encode_json({ template => $_->[0], data => $_->[1] })
    . "\n" } @cases;
my ($code, $out) = $h->godwit({ in => "$in\{\n" }, 'liquid');
my @lines = split /\n/, $out;
is_deeply decode_json($lines[$_]), $cases[$_][2], $cases[$_][0]
    for 0 .. $#cases;
ok decode_json($lines[-1])->{error}{message}, 'wrong JSON is a line too';
is $code, 0, 'and no exit';

my $list = $h->call('lists_create', { name => 'l' })->{id};
my %campaign = (name => 'c', list_id => $list, from => 'a@example.com',
    subject => 'Hi {{ contact.first_name }}');
my ($exit, $doc) = $h->try('campaigns_create',
    { %campaign, html => "<p>\n{{ a | nope }}</p>" });
is $exit, 1, 'a campaign with a wrong template';
like $doc->{error}{message}, qr/there is no filter "nope".*line 2, column 8/,
    'says where';
is $doc->{error}{field}, 'html', 'and in which field';
my $c = $h->call('campaigns_create', { %campaign,
    html => '<a href="https://a.example/">x</a>' });
is $h->value('select links->0->>\'url\' from godwit.template_versions'),
    'https://a.example/', 'a right one has its links';


# a template is refused with its field, line and column when it is saved
my @wrong = (
    [ html => "<p>\n{% nope %}</p>", 'there is no tag "nope", line 2, column 1' ],
    [ html => '<a href="{{ a | nope }}">x</a>', 'there is no filter "nope", line 1, column 17' ],
    [ html => "\n\x{e9} {% if a %}{% if b %}{% endif %}\n", '"endif" is missing, line 2, column 3' ],
    [ html => '<p>{% render "x" %}', 'there is no snippet "x", line 1, column 4' ],
    [ html => '{% include contact.x %}', 'the name of a snippet is written out in quotes, line 1, column 1' ],
    [ html => '{% link 0 %}x{% endlink %}', 'there is no tag "link", line 1, column 1' ],
    [ html => "{% liquid\n echo 1\n nope\n%}", 'there is no tag "nope", line 3, column 2' ],
    [ html => "<p>\n<b style='color:{{ x }}'>", 'an output can not stand in a style; choose '
        . 'between styles with {% if %}, line 2, column 17' ],
    [ html => "a\n{% if x %}<a href='{% endif %}", 'the branches of this tag leave the HTML in two '
        . 'states, one ends in the value of an attribute, one in the text; let each hold whole tags '
        . 'or whole values, line 2, column 1' ],
    [ html => 'a' x 4_300_000, '"html" must be at most 1000000 characters, has 4300000' ],
    [ subject => "a\n{{ x | nope }}", 'there is no filter "nope", line 2, column 8' ],
    [ text => '{{ x', '"}}" is missing, line 1, column 1' ],
    [ text => '{{ x | truncate: 1, 2, 3 }}',
        'filter "truncate" takes 0 to 2 arguments, not 3, line 1, column 8' ],
);
my %template = (name => 't', subject => 's', html => '<p>');
for my $w (@wrong) {
    my ($field, $template, $message) = @$w;
    my (undef, $answer) = $h->try('templates_create', { %template, $field => $template });
    is_deeply [ @{ $answer->{error} }{qw(field message)} ], [ $field, $message ], $message;
}
ok $h->call('templates_create', { %template, html => "{% liquid\n echo contact.x\n%}" })->{id},
    'a right one is not';

done_testing;
