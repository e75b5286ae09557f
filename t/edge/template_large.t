#!/usr/bin/perl
# The largest templates are judged and compiled beside the event loop: who saves
# one holds up nobody else.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use IO::Socket::INET;
use JSON::PP;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my ($pid) = edge_pids($h);
# milliseconds of CPU of the event loop's thread alone
sub loop_cpu { return (split ' ', slurp("/proc/$pid/task/$pid/schedstat"))[0] / 1e6 }
sub save { my ($html, %more) = @_; return api($h, POST => '/templates',
    json => { name => 'n' . rand, subject => 's', html => $html, text => $html, %more }) }
sub wrong { my ($r) = @_; my $e = ($r->{json}{errors} // [])->[0] // {};
    return join ' ', problem($r), map { $_ // '' } @$e{qw(pointer message)} }

save('x' x 40000);                      # what is made once is there
my $max = 1_000_000;
my %source = (
    outputs => '{{a}}' x ($max / 5),
    conditions => '{% if ' . 'a and ' x 166_000 . 'a %}{% endif %}',
    links => '<a href="https://a.example/">a</a>' x ($max / 35),
    words => "{% liquid\n" . "echo a\n" x 142_000 . '%}',
);
for my $name (sort keys %source) {
    my $before = loop_cpu();
    my $r = save($source{$name});
    is $r->{status}, 201, "$name: saved" or diag $r->{body};
    cmp_ok loop_cpu() - $before, '<', 5 * 12, 'within the time of the loop';
}
is save("\x{1f600}" x $max)->{status}, 201, 'a million characters of four bytes each';
my $r = save(('x' x 999_990) . '{{ a');
is wrong($r), '422 invalid /text "}}" is missing, line 1, column 999991', 'what is wrong is named';
is wrong(save('x' x ($max + 1), text => '')), '422 invalid /html "html" must be at most 1000000 '
    . 'characters, has 1000001', 'a longer one is refused';
$r = api($h, POST => '/templates', body => '{"name":"' . 'x' x 50000 . '",');
is problem($r), '400 bad_request', 'no JSON';
is wrong(save('x' x 50000, _compiled => {})), '422 invalid /_compiled there is no field '
    . '"_compiled"; names of fields do not begin with _', 'nor what the edge makes itself';

# many at once: each is judged or told to come back, and others are served
my $body = encode_json({ name => 'many', subject => 's', html => $source{outputs} });
my @s = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10) } 1 .. 40;
for my $s (@s) {
    print $s "POST /api/v1/templates HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
        . "application/json\r\nAuthorization: Bearer $h->{api_key}\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    $s->flush;
}
close shift @s for 1 .. 3;              # some go
is get($h, '/healthz')->{status}, 200, 'others are served';
my %got;
$got{ (<$_> // '') =~ m{^HTTP/1.1 (\d+)} ? $1 : 'none' }++ for @s;
is_deeply [ grep { !/^(?:201|409|503)$/ } keys %got ], [], 'each has its answer' or diag explain \%got;
undef @s;

# a reload waits for what is under way
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10);
$body = encode_json({ name => 'reload', subject => 's', html => $source{outputs}, text => $source{conditions} });
print $s "POST /api/v1/templates HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    . "Authorization: Bearer $h->{api_key}\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
$s->flush;
kill HUP => $h->{nginx};
like do { local $/; <$s> }, qr{^HTTP/1.1 201 }, 'a reload gives up none';
close $s;
wait_for { !grep { $_ == $pid } edge_pids($h) } 10, 'and then the old worker leaves';

is_deeply [ map { $h->value("select count(*) from godwit.templates where name = '$_'") } qw(many reload) ],
    [ 1, 1 ], 'and they are there';
done_testing;
