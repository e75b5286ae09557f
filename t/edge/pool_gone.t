#!/usr/bin/perl
# A client that goes takes its query with it: out of the queue, or cancelled
# where it runs alone. Nobody else notices.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Pool;
use IO::Socket::INET;

my $port = free_port();
my $h = Godwit->new(conf => 'spool_segment 1m; database_pool 1; database_slow_pool 2;
    database_queue 2;');
any($h);
$h->nginx(more => "} server { listen 127.0.0.1:$port http2; location /v/ { godwit_track view; }");
my @pids = edge_pids($h);
$h->dbh->do(q{create table public.pool_log(what text); grant all on public.pool_log to public;
    create sequence public.begun; grant all on public.begun to public});
sub logged { return $h->value('select count(*) from public.pool_log where what = ?', $_[0]) }
sub writes { return "with x as (insert into public.pool_log values ('$_[0]')) select 'written'" }

my $long = slow($h, q{select 'late' from pg_sleep(25)});
my $good = slow($h, q{select 'good'});
sub is_running { my ($n, $what) = @_; wait_for { running($h) == $n } 5, $what }

# where it runs: on a connection of its own
my $gone = ask($h, $long);
is_running(1, 'a long query');
close $gone;
is_running(0, 'is gone with its client');
is get($h, $good)->{body}, 'good', 'and the connection serves the next' for 1 .. 2;

# beside another: that one is not touched
my $other = ask($h, slow($h, q{select 'kept' from pg_sleep(0.7)}));
is_running(1, 'one goes on');
$gone = ask($h, $long);
is_running(2, 'beside one that will be left');
close $gone;
is_running(1, 'it is gone');
like +(answer($other))[0]{body}, qr/^kept$/, 'the other is whole';

# where it waits: all connections are taken
my @held = map { ask($h, $long) } 1 .. 2;
is_running(2, 'both connections are taken');
my @asked = map { [ "asked $_", ask($h, slow($h, writes("asked $_"))) ] } 1 .. 5;
sub has_answer { vec(my $r = '', fileno $_[0], 1) = 1; return select $r, undef, undef, $_[1] }
wait_for { 3 == grep { has_answer($_->[1], 0) } @asked } 5, 'two wait, the queue is full';
my @full = map { answer($_->[1]) } grep { has_answer($_->[1], 0) } @asked;
is join(' ', map { $_->{status} } @full), '503 503 503', 'the others are refused at once';
is +(grep { $_->{head} =~ /^Retry-After: 1\r?$/m } @full), 3, 'come again';
my ($left, $stayed) = grep { !has_answer($_->[1], 0) } @asked;
my ($waits, $stays) = ($left->[1], $stayed->[1]);
close $waits;
my $next;
wait_for { $next = ask($h, $good); !has_answer($next, 1) } 5,
    'who has gone has left the queue';
close $_ for @held;
is join(' ', map { (answer($_))[0]{body} } $stays, $next), 'written good',
    'who has stayed is answered';
is logged($left->[0]), 0, 'what was left was never run';
is logged($stayed->[0]), 1, 'the other was, once';

# a late cancel hits nobody: whoever comes next on the connection is whole
my %got;
for my $n (1 .. 60) {
    my @gone = map { ask($h, $long) } 1 .. 2;
    wait_for { running($h) == 2 } 5 if $n % 3;
    close $_ for @gone;
    $got{ (answer($_))[0]{body} }++ for map { ask($h, $good) } 1 .. 2;
}
is_deeply \%got, { good => 120 }, 'after sixty pairs of cancels';

# a cancel that comes before the query has been read is sent again
my @backends = split ' ', backends($h);
sub is_signalled { slurp("/proc/$_[0]/status") =~ /^ShdPnd:.*[2367abef]$/m }
kill STOP => @backends;
close ask($h, slow($h, q{select pg_sleep(25)::text where nextval('public.begun') > 0}));
wait_for { grep { is_signalled($_) } @backends } 5, 'the signal has come first';
kill CONT => @backends;
wait_for { $h->value('select is_called from public.begun') } 5, 'the query begins';
is_running(0, 'and is gone');

# on a shared connection the answer is dropped, the neighbours have theirs
my $quick = ask($h, quick($h, q{select true from pg_sleep(0.5)}));
is_running(1, 'a quick query');
my @near = map { ask($h, quick($h, 'select true')) } 1 .. 5;
close $quick;
is join(' ', map { yes(answer($_)) } @near), '1 1 1 1 1', 'neighbours of one who left';

# more requests behind one on the same connection do not look like its end
my $two = ask($h, slow($h, q{select 'first' from pg_sleep(0.3)}), $good);
is join(' ', map { $_->{body} } answer($two)), 'first good', 'pipelined';

# HTTP/2: a stream is reset, the connection stays
sub frame { my ($type, $flags, $stream, $data) = @_;
    return substr(pack('N', length $data), 1) . pack('CCN', $type, $flags, $stream) . $data }
sub headers { my ($stream, $path) = @_;
    return frame(1, 5, $stream, "\x82\x86" . join '', map { $_->[0] . chr(length $_->[1])
        . $_->[1] } [ "\x04", $path ], [ "\x01", 'h' ]) }
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
print $s "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, ''), headers(1, $long);
$s->flush;
is_running(1, 'a stream of HTTP/2');
print $s frame(3, 0, 1, pack 'N', 8);
$s->flush;
is_running(0, 'is reset');
print $s headers(3, $good);
$s->flush;
my $text = '';
wait_for { sysread $s, $text, 4096, length $text; $text =~ /good/ } 5,
    'the next on the connection is served';
close $s;

is_deeply [ edge_pids($h) ], \@pids, 'all by the same worker';
my $log = slurp($h->state . '/log/nginx.log');
unlike $log, qr/signal 11|no answer within|Postgres refused/, 'without a word';
done_testing;
