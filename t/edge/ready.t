#!/usr/bin/perl
# /readyz names each part that is not ready; nginx serves without all of them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; database_timeout 2s; database_pool 1;
    database_slow_pool 1; database_slow_timeout 2s;');
my $other = DBI->connect('dbi:Pg:' . $h->info =~ s/dbname=\S+/dbname=postgres/r,
    'postgres', '', { RaiseError => 1 });
my ($name) = $h->info =~ /dbname=(\S+)/;

sub postgres { my ($may) = @_;
    $other->do("alter database $name allow_connections $may");
    $other->do('select pg_terminate_backend(pid) from pg_stat_activity where '
        . 'datname = ?', undef, $name) if !$may;
}

sub says { my ($status, $re, $what) = @_;
    my $r;
    wait_for { $r = get($h, '/readyz'); "$r->{status} $r->{body}" =~
        /^$status $re\n\z/ } 15, $what or diag $r->{status}, $r->{body} }

my $cache = qr/cache: there is none in ".*"; the worker's role cache makes it/;
my $postgres = qr/postgres: no answer, or another schema; see the error log,.*/;

postgres(0);
$h->nginx;
says(503, qr/$cache\n$postgres/, 'neither cache nor Postgres');
my $log = $h->state . '/log/nginx.log';
my $away = qr/\[warn\].*Postgres: cannot connect: .*not currently accepting/;
wait_for { slurp($log) =~ $away } 5, 'why there is no Postgres is said';
wait_for { 7 < (() = slurp($h->postgres->{dir} . '/log') =~ /"$name" is not currently/g) } 15,
    'it is asked for again and again';
is get($h, '/o/' . token($h, what => 'open'))->{status}, 200, 'pixels are served';
postgres(1);
says(503, $cache, 'no cache');
symlink 'other-1', $h->state . '/cache/current';
my $foreign = qr/cache: there is only that of another boot in "/;
says(503, qr/$foreign.*/, 'a cache that a power cut may have torn');
like slurp($log), qr/\[warn\].*$foreign/, 'and that is said';
$h->spawn(qw(worker cache));
says(200, 'ok', 'all there');

my @said = slurp($log) =~ /$away/g;
cmp_ok scalar @said, '<=', 2, 'once for each pool';

# a query that takes too long costs its own answer alone
sub ask { my ($path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "GET $path HTTP/1.0\r\n\r\n";
    return $s }
my $lock = $h->postgres->connect($h->{name});
sub held { my ($n, $what) = @_;
    wait_for { $lock->selectrow_array(q{select count(*) from pg_stat_activity where
        application_name = 'godwit-edge' and wait_event_type = 'Lock'}) == $n } 5, $what }
my %t = (campaign => 7, contact => 3);
my ($c, $p, $v) = map { '/' . substr($_, 0, 1) . '/' . token($h, what => $_, %t) }
    qw(click preferences view);
$lock->begin_work;
$lock->do('lock godwit.links, godwit.campaigns in access exclusive mode');
my $slow = ask($v);
held(1, 'a view waits for a lock');
my $click = ask($c);
held(2, 'a click is asked beside it');
my $behind = ask($p);
like <$click>, qr/ 503 /, 'no answer in time: 503';
like <$behind>, qr/ 404 /, 'the one behind it on the connection has its own';
like <$slow>, qr/ 503 /, 'so has the view';
$lock->rollback;
$lock->disconnect;
$h->expect(qr/canceling statement due to (?:user request|statement timeout)/);
unlike slurp($log), qr/no answer within database_timeout/, 'no connection is lost';

$h->dbh->do('alter function auth.track_view(int, bigint, bigint) rename to v');
says(503, qr/postgres: without auth\.track_view\(int,bigint,bigint\); run .*/,
    'a function is missing');
$h->dbh->do('alter function auth.v(int, bigint, bigint) rename to track_view');
says(200, 'ok', 'until it is there');
$h->expect(qr/function auth\.ready\(text\) does not exist/);
$h->dbh->do('alter function auth.ready(text) rename to r');
says(503, $postgres, 'a schema of another time');
done_testing;
