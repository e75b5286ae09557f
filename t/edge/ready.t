#!/usr/bin/perl
# /readyz names each part that is not ready; nginx serves without all of them.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
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
is get($h, '/o/' . token($h, what => 'open'))->{status}, 200, 'pixels are served';
postgres(1);
says(503, $cache, 'no cache');
$h->spawn(qw(worker cache));
says(200, 'ok', 'all there');

$h->dbh->do('alter function auth.track_view(int, bigint, bigint) rename to v');
says(503, qr/postgres: without auth\.track_view\(int,bigint,bigint\); run .*/,
    'a function is missing');
$h->dbh->do('alter function auth.v(int, bigint, bigint) rename to track_view');
says(200, 'ok', 'until it is there');
$h->expect(qr/function auth\.ready\(text\) does not exist/);
$h->dbh->do('alter function auth.ready(text) rename to r');
says(503, $postgres, 'a schema of another time');
done_testing;
