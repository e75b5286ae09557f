#!/usr/bin/perl
# Bodies: strict JSON, the contract, limits; however they come over the wire.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Socket qw(MSG_PEEK);

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my @pids = edge_pids($h);
my $key = key($h);

sub lists { return $h->value('select count(*) from godwit.lists') }
sub send_it { my ($body) = @_; return api($h, POST => '/lists', body => $body) }
sub rule { my ($r) = @_; my $e = $r->{json}{errors}[0] // {}; return "$e->{rule} $e->{pointer}" }

my %bad = (
    nul => qq({"name":"a\0"}), utf8 => qq({"name":"\xff"}), duplicate_key => '{"name":1,"name":2}',
    depth => '{"a":' x 65 . 1 . '}' x 65, number => '{"name":NaN}', syntax => '{"name":"a"',
    object => '[]',
);
for my $rule (sort keys %bad) {
    my $r = send_it($bad{$rule});
    is problem($r), '400 bad_request', $rule;
    is rule($r), "$rule ", 'by its name';
}
for ([ '{}', 'required /name' ], [ '{"name":""}', 'minLength /name' ], [ '{"name":7}', 'type /name' ],
    [ '{"name":"a","x":1}', 'additionalProperties /x' ],
    [ '{"name":"a","_if_match":"*"}', 'additionalProperties /_if_match' ], [ '', 'required ' ])
{
    my $r = send_it($_->[0]);
    is problem($r), '422 invalid', $_->[0];
    is rule($r), $_->[1], 'the rule and the place';
}
my $r = send_it('{' . join(',', map { qq("x$_":1) } 1 .. 40) . '}');
is scalar @{ $r->{json}{errors} }, 20, 'twenty errors at most';
is lists(), 0, 'nothing came of all that';

# the sentence is the one of `godwit call`; an unknown name is told before the missing one
for my $in ({}, { nmae => 'a' }, { name => undef }, { name => '', text => 1 }, { name => 'x' x 201 }) {
    my ($code, $doc) = $h->try('lists_create', $in);
    my $r = api($h, POST => '/lists', json => $in);
    is $r->{json}{detail}, $doc->{error}{message}, $doc->{error}{message};
    is "$r->{json}{errors}[0]{pointer}: $r->{json}{errors}[0]{message}",
        "/$doc->{error}{field}: $doc->{error}{message}", 'of that place';
}
$r = api($h, POST => '/lists/lst_1/members', json => { contact_ids => ['ct_1'], id => 'lst_1' });
is $r->{json}{detail}, 'there is no field "id" in the body; it belongs into the path', 'a wrong part';

$r = send_it(qq({"name":"\xc3\xa4\\u00e4"}));
is $r->{status} / 100 | 0, 2, 'a good one' or diag $r->{body};
is $h->value('select name from godwit.lists'), "\x{e4}\x{e4}", 'as it was sent';

# ---- over the wire
sub wire {
    my (@pieces) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    $s->autoflush;
    for (@pieces) {
        print $s $_;
        select undef, undef, undef, 0.01;
    }
    # who ends his half while Postgres is asked is gone for nginx
    vec(my $answer = '', fileno $s, 1) = 1;
    my $first = '';
    recv $s, $first, 12, MSG_PEEK if select $answer, undef, undef, 2;
    shutdown $s, 1 if $first !~ / 100$/;
    local $/;
    return <$s> // '';
}
sub head { my ($more, $method) = @_; $method //= 'POST';
    return "$method /api/v1/lists HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Authorization: Bearer $key\r\nContent-Type: application/json\r\n$more\r\n" }
sub chunks { return map({ sprintf "%x\r\n%s\r\n", length, $_ } @_), "0\r\n\r\n" }
my $chunked = "Transfer-Encoding: chunked\r\n";

like wire(head($chunked), chunks('{"name"', ':"chunked"}')), qr/ 20[01] .*chunked/s, 'chunked';
my $text = '{"name":"slow"}';
like wire(head('Content-Length: ' . length($text) . "\r\n"), split //, $text), qr/ 20[01] /,
    'a byte at a time';
like wire(head($chunked), 'zz'), qr/ 400 .*well chunked/s, 'wrong chunks';
like wire(head("Content-Length: 50\r\n"), '{"name":"short"}'), qr/\A(?:.* 400 .*|)\z/s,
    'a body that ends early';
like wire(head("Content-Length: 5\r\n", 'GET'), '{"a":'), qr/ 400 .*takes no body/s,
    'GET takes none';
my $none = "POST /api/v1/lists HTTP/1.0\r\nAuthorization: Bearer $key\r\n\r\n";
like wire($none), qr/ 422 .*needs a body/s, 'HTTP/1.0 without any';

# Expect: a body is asked for only when it is wanted
my $expect = "Expect: 100-continue\r\nContent-Length: 16\r\n";
like wire(head($expect), '{"name":"after"}'), qr/\AHTTP\/1.1 100 .* 20[01] /s, '100 comes first';
unlike wire(head($expect) =~ s/Bearer \S+/Bearer x/r), qr/100 Continue/, 'not before a 401';

# beyond what an operation takes: each has a limit of its own
my $max = 1024 * 1024;
my $long = '{"name":"' . 'x' x (100 * 1024) . '"}';
$r = send_it($long);
is rule($r), 'maxLength /name', 'long, through a temporary file';
is problem(send_it('x' x ($max + 1))), '413 body_too_large', 'too large';
like wire(head($chunked), chunks(('x' x 65536) x 17)), qr/ 413 .*at most 1048576 bytes/s,
    'too large in chunks';
is lists(), 4, 'four lists in all';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
$h->expect(qr/client sent invalid chunked body/, qr/client prematurely closed/);
done_testing;
