#!/usr/bin/perl
# What happens, as it happens: who hears what, and who comes back misses nothing.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;

my $h = Godwit->new(conf => 'spool_segment 1m; live_ping 1s;');
$h->value(q{select auth.tenant_create('other', '2026-01-01Z')});
my $nginx = $h->nginx(workers => 2);
my ($key, $other) = (key($h, '*'), key($h, '*', 2));
sub bearer { return (Authorization => "Bearer $_[0]") }
sub only { return $h->call('keys_create', { scopes => [@_] })->{key} }
sub told { my ($tenant, $topic, $n) = @_;
    return { tenant => $tenant, topic => $topic, type => 'test', data => { n => $n } } }
sub numbers { my ($s, $n) = @_; return join ' ', map { ($s->event // {})->{data}{n} // '-' } 1 .. $n }

my ($status) = publish($h, told(1, 'campaign:cmp_1', 1));
is $status, 204, 'nobody listens';
my $s = Godwit::Live->lines($h, '', bearer($key));
is "$s->{status} $s->{headers}{'content-type'}", '200 text/event-stream', 'a stream';
is $s->{headers}{'cache-control'}, 'no-store', 'that nobody keeps';
my $open = $s->event;
is_deeply [ @$open{qw(type data)} ], [ 'live.open', { resumed => JSON::PP::false } ], 'says where it stands';
ok $s->{retry} >= 1000 && $s->{retry} < 2000, 'and when to come again';

# each workspace its own, each noun by its scope, each topic by wish
my %s = (
    all => Godwit::Live->socket($h, '', bearer($key)),
    other => Godwit::Live->lines($h, '', bearer($other)),
    campaigns => Godwit::Live->lines($h, '', bearer(only('events:read', 'campaigns:read'))),
    nothing => Godwit::Live->lines($h, '', bearer(only('events:read'))),
    one => Godwit::Live->lines($h, '?topics=campaign:cmp_2,import', bearer($key)),
);
$_->event for values %s;
publish($h, told(1, 'campaign:cmp_1', 2), told(2, 'campaign:cmp_1', 3), told(1, 'import:imp_1', 4),
    told(1, 'campaign:cmp_2', 5), told(2, 'import:imp_1', 6), told(1, 'operation:op_1', 7));
publish($h, map { told($_, 'campaign:cmp_2', 8) } 1, 2);
# whose number meets that of the first in all tables
publish($h, told(255, 'campaign:cmp_2', 9));
is numbers($s, 5), '2 4 5 7 8', 'all of a workspace, in order';
is numbers($s{all}, 5), '2 4 5 7 8', 'as frames too';
is numbers($s{other}, 3), '3 6 8', 'another hears its own';
is numbers($s{campaigns}, 3), '2 5 8', 'a scope is a noun';
is numbers($s{one}, 3), '4 5 8', 'topics';
is $s{nothing}->next, 0, 'no scope, no event, but a sign of life';

# again behind an id; of another epoch, and of none
my $last = ($open->{id} =~ s/\d+\z/3/r);
for ([ header => '', 'Last-Event-ID' => $last ], [ query => "?last_event_id=$last" ]) {
    my ($how, $query, @headers) = @$_;
    my $again = Godwit::Live->lines($h, $query, bearer($key), @headers);
    my $e = $again->event;
    ok $e->{data}{resumed} && $e->{id} eq $last, "resumed by $how";
    is numbers($again, 4), '4 5 7 8', 'what came since';
}
for my $id ('00000000-1', $last =~ s/3\z/999/r, "${last}x", '-', 'x' x 300) {
    my $e = Godwit::Live->socket($h, '', bearer($key), 'Last-Event-ID' => $id)->event;
    ok !$e->{data}{resumed} && $e->{id} =~ /-10\z/, 'not behind ' . substr $id, 0, 20;
}

# who is nobody, and what is nothing
for (
    [ '401 unauthorized', '' ],
    [ '401 unauthorized', '', bearer('gw_live_1_x') ],
    [ '403 forbidden', '', bearer(only('lists:read')) ],
    [ '400 bad_request', '?topics=secret:x', bearer($key) ],
    [ '400 bad_request', '?topics=' . join(',', ('import') x 17), bearer($key) ],
    [ '400 bad_request', '?topic=import', bearer($key) ],
    [ '400 bad_request', '?topics=%zz', bearer($key) ],
    [ '401 unauthorized', '?ticket=x' ],
    [ '401 unauthorized', '?ticket=' . token($h, what => 'click', contact => 1, campaign => 1) ],
) {
    my ($want, @how) = @$_;
    is problem(Godwit::Live->lines($h, @how)), $want, "$want: " . substr $how[0], 0, 40;
}
my $r = http($h, POST => '/api/v1/live', body => '');
is $r->{status}, 405, 'it is read alone';
is http($h, HEAD => '/api/v1/live', headers => { bearer($key) })->{status}, 200, 'HEAD has no stream';

# what is no event is not told
for ('{}', 'x', '{"tenant":0,"topic":"import","type":"x"}', '{"tenant":1,"topic":"secret","type":"x"}',
    '{"tenant":1,"topic":"import:a b","type":"x"}', '') {
    my ($code, $why) = publish($h, told(1, 'import', 99), $_);
    ok $code == 400 && $why =~ /^line 2: \w/, "refused: $_" or diag $why;
}
publish($h, told(1, 'import', 10));
is numbers($s, 1), 10, 'and nothing of it was';
my ($code) = publish($h, { %{ told(1, 'import', 0) }, data => 'x' x 17_000 });
is $code, 400, 'nor what is too large';

# who asks too often
undef $s;
%s = ();
$h->configure('spool_segment 1m; api_rate_address 2;');
kill HUP => $nginx;
wait_for { problem(Godwit::Live->lines($h, '?topics=secret:x', bearer($key))) eq '429 rate_limited' } 10, 'too many of an address';
done_testing;
