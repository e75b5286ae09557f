#!/usr/bin/perl
# godwit classify: people and programs told apart, other evidence, wrong input,
# and a table of rules of one's own.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;

sub judge {
    my ($cases, @file) = @_;
    my ($code, $out, $err) = $h->godwit({ in => join '', map { ref $_ ? encode_json($_) . "\n" : $_ }
        @$cases }, 'classify', @file);
    return $code ? $err : map { decode_json($_) } split /\n/, $out;
}

sub verdict { my ($v) = judge([ { kind => 'click', %{ $_[0] } } ]); return "$v->{class} $v->{reason}" }

# who wrote the list knows what they are
my ($people, $programs) = split /\n\n/, slurp('t/worker/classify_agents.txt');
my @people = grep { !/^#/ } split /\n/, $people;
my @v = judge([ map { { kind => 'click', user_agent => $_, method => 'GET' } } @people ]);
is_deeply [ map { $v[$_]{class} eq 'human' ? () : "$v[$_]{reason}: $people[$_]" } 0 .. $#people ], [],
    scalar(@people) . ' agents of people';
my @programs = map { [ split / /, $_, 2 ] } grep { !/^#/ } split /\n/, $programs;
@v = judge([ map { { kind => 'open', user_agent => $_->[1], method => 'GET' } } @programs ]);
is_deeply [ map { $v[$_]{class} eq $programs[$_][0] ? () : "$v[$_]{class}: $programs[$_][1]" }
    0 .. $#programs ], [], scalar(@programs) . ' of programs';

# what else says something
my %browser = (user_agent => $people[0]);
is verdict(\%browser), 'human no_rule', 'a browser';
is verdict({ %browser, method => $_ }), 'prefetch head', $_ for qw(HEAD options);
is verdict({ %browser, headers => { @$_ } }), 'prefetch purpose', "@$_" for [ 'Sec-Purpose',
    'prefetch;prerender' ], [ Purpose => 'prefetch' ], [ 'X-Moz' => 'prefetch' ],
    [ 'x-purpose' => 'preview' ];
is verdict({ %browser, headers => { Purpose => 'reading', 'X-Else' => 'prefetch' } }),
    'human no_rule', 'another purpose';
is verdict({ %browser, headers => { Referer => "https://$_/x" } }), 'scanner link_protection', $_
    for qw(eur01.safelinks.protection.outlook.com urldefense.com linkprotect.cudasvc.com
    protect-us.mimecast.com);
is verdict({ %browser, headers => { Referer => 'https://mail.example/' } }), 'human no_rule', 'a site';
is verdict({ %browser, address => $_ }), 'scanner security_network', $_ for qw(67.231.152.9
    ::ffff:64.235.150.1);
is verdict({ %browser, address => $_ }), 'human no_rule', $_ for qw(67.231.160.1 2001:db8::1 17.1.2.3);
is verdict({ %browser, kind => 'open', address => '17.1.2.3' }), 'prefetch apple_network', 'an open';
is verdict($_), 'prefetch empty_agent', 'no agent' for {}, { user_agent => '' }, { user_agent => undef };
is verdict({ headers => { 'User-Agent' => 'curl/8' } }), 'bot library', 'the agent as a header';
is verdict({ %browser, kind => 'unsubscribe' }), 'unknown no_rule', 'neither open nor click';

# wrong input is a line too
my @wrong = judge([ "{\n", { kind => 'sneeze' }, { kind => 'open', user_agent => 1 },
    { kind => 'open', method => 1 }, { kind => 'open', headers => [] },
    { kind => 'open', address => '1.2.3' }, { kind => 'open', user_agent => "\0bot\x{fffd}" } ]);
like $wrong[$_]{error}{message}, $_ ? qr/^"@{[ (qw(- kind user_agent method headers address))[$_] ]}" is/
    : qr/./, "wrong: $wrong[$_]{error}{message}" for 0 .. 5;
is $wrong[6]{class}, 'bot', 'any bytes are an agent';

# a table of one's own, and wrong ones
my $file = $h->state . '/mine.yaml';
my $timing = 'timing: { many_links: { links: 3, within: 2000 }, after_delivery: { within: 0 }, burst: '
    . "{ recipients: 10, within: 9 } }\n";
my $rule = "  - { name: a, class: bot, agent: abc }\n";
sub mine { spew($file, "version: 2\nrules:\n$_[0]" . ($_[0] =~ /^timing/m ? '' : $timing)); return judge([ $_[1] // { kind => 'click',
    user_agent => 'Frobnicator 7' } ], $file) }
is_deeply mine("  - { name: frob, class: scanner, agent: '^frobnicator', no_agent: '7\$ ' }\n"),
    { class => 'scanner', reason => 'frob' }, 'a table of one\'s own';
for ([ '  - { class: bot, agent: abc }', 3, 'a rule needs name, class' ],
    [ '  - { name: a, class: bot }', 3, 'a rule needs name, class' ],
    [ "  - name: a\n    class: but", 4, 'class: is one of human,' ],
    [ "  - name: A b", 3, 'name: is a word' ],
    [ "  - { name: a, class: bot, agent: abc }\n  - name: a", 4, 'a rule before this one' ],
    [ "  - name: a\n    agent: [abc,\n      ab]", 5, 'a word has 3 to' ],
    [ "  - name: a\n    agent: 123", 4, 'a word has 3 to' ],
    [ "  - name: a\n    agent: []", 4, 'agent: is empty' ],
    [ "  - name: a\n    address: 10.0.0.1/8", 4, 'address: is an address' ],
    [ "  - name: a\n    request: get", 4, 'request: is head' ],
    [ "  - name: a\n    empty_agent: false", 3, 'empty_agent: is true' ],
    [ "  - name: a\n    agents: abc", 3, '"agents" is unknown' ],
    [ "  - name: a\n   b: c", 4, 'this is not YAML' ],
    [ "  - { name: burst, class: bot, agent: abc }", 3, 'a rule before this one' ],
    [ $rule . $timing =~ s/3/1/r, 4, 'timing: many_links: links: is a number from 2' ],
    [ $rule . $timing =~ s/burst/bust/r, 4, 'timing: burst: recipients: is a number' ],
    [ join("\n", map { "  - { name: a$_, class: bot, agent: abc }" } 0 .. 64), 67, 'there are more than 64' ])
{
    like mine("$_->[0]\n"), qr/^godwit: \Q$file:$_->[1]: $_->[2]\E/, "refused: $_->[2]";
}
spew($file, "rules: []\n");
like judge([], $file), qr/mine\.yaml:1: version: is a number/, 'no version';
like judge([], "$file.not"), qr/mine\.yaml\.not can not be read/, 'no file';

# the worker does not start with a wrong one, and a reload does not take it
spew($file, "version: 1\nrules: 1\n");
my $conf = $h->state . '/conf/godwit.conf';
spew($conf, slurp($conf) =~ s/\}\s*$/class_rules $file; }/r);
for ([ 'worker' ], [ qw(worker ingest --once) ]) {
    my ($code, undef, $err) = $h->godwit(@$_);
    is $code, 1, "@$_ does not start";
    like $err, qr/mine\.yaml:2: rules: is a list/, 'and says why';
}
$h->expect(qr/mine\.yaml:2/);
done_testing;
