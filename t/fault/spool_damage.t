#!/usr/bin/perl
# Writers that are killed, bits that flip, files cut short, rows that Postgres
# refuses: all before the damage is stored once, the rest is kept aside.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
my $spool = $h->state . '/spool';
my $contact = 0;

sub open_pixel {
    my $path = '/o/' . token($h, what => 'open', campaign => 7,
        contact => ++$contact);
    is get($h, $path, 'User-Agent' => 'Mozilla/5.0 X')->{status}, 200, 'served';
}

sub drain { return ($h->godwit(qw(worker ingest --once)))[0] }
sub stored { return join ' ', @{ $h->dbh->selectcol_arrayref(
    'select contact_id from godwit.events order by contact_id') } }

# events of a worker that is killed while they lie undrained
$h->nginx;
open_pixel() for 1 .. 3;
kill KILL => edge_pids($h);
wait_for { get($h, '/healthz')->{status} == 200 } 5, 'nginx goes on';
open_pixel() for 1 .. 2;
is drain(), 0, 'a drain';
is stored(), '1 2 3 4 5', 'nothing was lost with the worker';
drain();
my ($pid) = edge_pids($h);
is_deeply [ grep { !/-$pid-\d+\.seg$/ } glob "$spool/*.seg" ], [],
    'the orphan has gone';
$h->expect(qr/exited on signal 9/);

# records 6..10 in a segment of their own; the eighth is hurt
$h->stop($h->{nginx}, 'QUIT');
drain() for 1 .. 2;
$h->nginx;
open_pixel() for 1 .. 5;
$h->stop($h->{nginx}, 'QUIT');
my ($file) = glob "$spool/*.seg";
my $bytes = slurp($file);
my $at = 4096;
$at += (unpack('V', substr $bytes, $at) + 7) & ~7 for 1 .. 2;
substr($bytes, $at + 40, 1) ^= "\1";
open my $fh, '+<:raw', $file or die $!;
print $fh $bytes;
close $fh;

my ($code, undef, $err) = $h->godwit(qw(worker ingest --once));
is $code, 0, 'a drain over damage';
like $err, qr/holds no record at byte $at; all before it is stored/,
    'says where it is';
is stored(), '1 2 3 4 5 6 7', 'what is before it is stored';
is_deeply [ glob "$spool/*.seg" ], [], 'the file has gone from the spool';
is slurp($file =~ s{/([^/]+)$}{/quarantine/$1}r), $bytes,
    'and lies in quarantine as it was';
is $h->value(q{select note from godwit.spool_pos
    where state = 'quarantined'}), "holds no record at byte $at; all before it is stored",
    'noted';

# rows that Postgres refuses
$h->dbh->do(q{alter table godwit.events add check (contact_id <> 13)});
$h->nginx;
open_pixel() for 11 .. 16;
is drain(), 0, 'a drain over a poison row';
is stored(), '1 2 3 4 5 6 7 11 12 14 15 16', 'all others are stored';
is $h->value('select count(*) from godwit.event_rejects'), 1, 'it is kept';
is $h->value('select opens from godwit.campaign_totals'), 12, 'counted right';

done_testing;
