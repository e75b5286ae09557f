#!/usr/bin/perl
# Previews: what a recipient would see, rendered at the edge within budgets.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->dbh->do(q{select auth.tenant_create('Other', '2026-01-01Z')});
$h->nginx;
my ($pid) = edge_pids($h);
my $ann = $h->call('contacts_create', { email => 'ann@example.com', first_name => 'A&n',
    attributes => { city => 'Ulm' } })->{id};
my $t = $h->call('templates_create', { name => 'may', subject => 'Hi {{ contact.first_name }}',
    html => '<p>{{ contact.first_name }} of {{ contact.city }} <a href="https://a.example/">go</a></p>' });
sub of { my ($body, %how) = @_; return api($h, POST => "/templates/$t->{id}/preview", json => $body, %how) }
sub draft { my ($html, %more) = @_; return api($h, POST => '/templates/preview',
    json => { subject => 's', html => $html, text => '', %more }) }
sub wrong { my ($r) = @_; my $e = ($r->{json}{errors} // [])->[0] // {};
    return join ' ', problem($r), map { $_ // '' } @$e{qw(pointer message)} }

# of what is stored
my $r = of({ contact_id => $ann });
is $r->{status}, 200, 'a preview' or diag $r->{body};
is_deeply $r->{json}, { subject => 'Hi A&n', html => '<p>A&amp;n of Ulm <a href="https://a.example/">'
    . 'go</a></p>', text => "A&n of Ulm go <https://a.example/>\n" }, 'with the data of a contact';
is of({ contact_id => $ann, data => { contact => { first_name => 'Bob' } } })->{json}{subject}, 'Hi Bob',
    'or what is given instead';
$h->call('templates_update', { id => $t->{id}, subject => 'new' });
is of({})->{json}{subject}, 'new', 'the newest version';
is of({ version => 1 })->{json}{subject}, 'Hi ', 'or another, for nobody';
my $tag = api($h, GET => "/templates/$t->{id}")->{headers}{etag};
is of({}, headers => { 'If-Match' => $tag })->{status}, 200, 'of what was read';
is problem(of({}, headers => { 'If-Match' => '"x"' })), '412 precondition_failed', 'or has changed';
my @twice = map { of({}, headers => { 'Idempotency-Key' => 'k' }) } 1 .. 2;
is $twice[1]{body}, $twice[0]{body}, 'a repeated request';
is $twice[1]{headers}{'idempotency-replayed'}, 'true', 'is rendered from what was kept';

# whose data it is
is wrong(of({ contact_id => 'ct_99' })), '404 not_found /contact_id there is no contact ct_99', 'nobody';
my $other = key($h, '*', 2);
is problem(of({}, key => $other)), '404 not_found', "another workspace's template";
$r = api($h, POST => '/templates/preview', key => $other,
    json => { subject => 's', html => 'x', contact_id => $ann });
is wrong($r), "404 not_found /contact_id there is no contact $ann", 'and contact';
is wrong(of({ contact_id => $ann }, key => key($h, 'templates:read'))), '403 forbidden /contact_id the API key '
    . 'does not have the scope contacts:read', 'a key that may not read contacts';
is problem(of({}, key => key($h, 'contacts:read'))), '403 forbidden', 'nor one for nothing else';

# of what is not stored
is_deeply draft('<h1>{{ n | upcase }}</h1>', data => { n => 'x<' }, text => undef)->{json},
    { subject => 's', html => '<h1>X&lt;</h1>', text => "X<\n" }, 'a draft';
is $h->value('select count(*) from godwit.templates'), 1, 'is not stored';
is wrong(draft("a\n  {{ x | nope }}")), '422 invalid /html there is no filter "nope", line 2, column 10',
    'what is wrong is named by its place';
is wrong(draft('{{ 1 | divided_by: zero }}', data => { zero => 0 })),
    '422 invalid /html divided by 0, line 1, column 1', 'also with this data alone';
like wrong(draft('x', subject => '{% if %}')), qr{^422 invalid /subject .*line 1, column \d+$}, 'each part';

# hostile ones
my %cost = (
    'endless loops' => [ qr/more than 65536 steps, line 1/, '{% for i in (1..9000) %}' x 3
        . '{% endfor %}' x 3 ],
    'much work' => [ qr/takes too long|more than \d+ steps/, '{% for i in (1..99999) %}'
        . '{{ 123456789.123456789 | times: 1.00000001 }}{% endfor %}' ],
    'a huge output' => [ qr/the output has more than 262144 bytes/, '{% for i in (1..9000) %}'
        . 'x' x 100 . '{% endfor %}' ],
    'a bomb of words' => [ qr/MiB|more than \d+ steps/, '{% assign x = "0123456789" %}{% for i in (1..99) %}'
        . '{% assign x = x | append: x %}{% endfor %}' ],
    'deep nesting' => [ qr/nested too deeply/, '{% if 1 %}' x 5000 . '{% endif %}' x 5000 ],
    'no end' => [ qr/"endraw" is missing/, '{% raw %}' . '{{' x 60000 ],
);
like wrong(draft($cost{$_}[1])), qr{^422 invalid /html .*$cost{$_}[0]}, $_ for sort keys %cost;
is draft('{% raw %}' . '{{' x 60000 . '{% endraw %}', text => undef)->{json}{text}, '{{' x 60000 . "\n",
    'many braces that nothing ends';
like wrong(draft('x' x 131072 . "\x{e4}" x 9)), qr{^422 invalid /html }, 'a long one';
is wrong(draft('x', data => { a => 'x' x 65536 })), '422 invalid /data "data" has more than 64 KiB', 'much data';
is problem(of({ data => { a => 'x' x 140000 } })), '413 body_too_large', 'or more';
is draft('a{{ "/w==" | base64_decode }}{{ "%fe" | url_decode }}b')->{json}{html}, "a\x{fffd}\x{fffd}b",
    'filters that make no UTF-8';
is problem(api($h, POST => '/templates/preview', body => qq({"subject":"s","html":"\xff"}))),
    '400 bad_request', 'bad UTF-8';
is draft('{{ d }}', data => { d => eval '[' x 50 . '7' . ']' x 50 })->{json}{html}, 7, 'deep data';

# what is no mail: each text of it, and how long an SMS is
my $sms = $h->call('templates_create', { name => 'sms', channel => 'sms',
    content => { text => 'Hi {{ contact.first_name }}' } });
my $said = api($h, POST => "/templates/$sms->{id}/preview", json => { data => { contact => { first_name => "A\x{43d}" } } });
is_deeply [ @{ $said->{json} }{qw(channel content)}, @{ $said->{json}{sms} }{qw(encoding units segments other)} ],
    [ 'sms', { text => "Hi A\x{43d}" }, 'UCS-2', 5, 1, "\x{43d}" ], 'an SMS, counted as it will be';
sub of_content { my ($content, %more) = @_; return api($h, POST => '/templates/preview',
    json => { content => $content, contact_id => $ann, %more }) }
is_deeply of_content({ url => 'https://a.example/{{ contact.first_name | url_encode }}', body => { 'n' =>
    [ '{{ contact.city }} "', 1 ] } })->{json}{content}, { url => 'https://a.example/A%26n', body => { n => [ 'Ulm "', 1 ] } },
    'a call of a webhook, whose body stays JSON';
is_deeply of_content({ name => 'n', language => 'en', category => 'utility', components => [ { type => 'body',
    text => '{{1}}' } ], parameters => { body => ['{{ contact.first_name }}'] } })->{json}{content}{parameters},
    { body => ['A&n'] }, 'parameters for WhatsApp, whose components stay';
is of_content({ url => 'https://a.example/', headers => { 'X-Of' => '{{ x }}' } }, data => { x => "a\r\nb: c" })->{json}{problem},
    'at /headers/X-Of: it has a line break or another character that no header has; use | strip_newlines', 'what can not go out so';
is $said->{json}{problem}, undef, 'or can';
is wrong(of_content({ text => "a\n{{ 1 | divided_by: 0 }}" })), '422 invalid /content at /text: divided by 0, line 2, column 1',
    'and why it can not be made';
is wrong(of_content({ x => 1 })), '422 invalid /content it has not the members of an SMS, of WhatsApp or of a webhook',
    'or is none';

is get($h, '/healthz')->{status}, 200, 'and it serves';
is_deeply [ edge_pids($h) ], [ $pid ], 'the same process';
for my $id ($t->{id}, $h->call('templates_create', { name => 'hi', channel => 'sms', content => { text => 'Hi' } })->{id}) {
    my $lint = $h->call('templates_lint', { id => $id });
    my $is = api($h, POST => "/templates/$id/preview", json => { lint => JSON::PP::true })->{json};
    is_deeply $is->{lint}, { map { $_ => $lint->{$_} } qw(errors warnings findings) }, 'with what speaks against it';
    ok @{ $is->{lint}{findings} }, 'which is something';
}

done_testing;
