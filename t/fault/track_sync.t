#!/usr/bin/perl
# A disk that fails at its sync: who a visitor is, a batch and an unsubscribe
# are not acknowledged, since they are not on it; what is only counted is.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

plan skip_all => 'strace traces nothing here'
    if system 'strace -f -o /dev/null true 2> /dev/null';

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
my $off = '/u/' . token($h, what => 'unsubscribe', contact => 1, campaign => 1);
my %event = (
    track => { event => 'Paid', userId => 'u' },
    page => { userId => 'u' },
    identify => { userId => 'u' },
    alias => { previousId => 'a', userId => 'u' },
    batch => { batch => [ { type => 'page', userId => 'u' } ] },
);
sub told { return http($h, POST => "/api/v1/$_[0]", headers => { 'Write-Key' => $key },
    body => JSON::PP::encode_json($event{ $_[0] }))->{status} }
sub all_of { return join ' ', map({ $_ . ' ' . told($_) } sort keys %event),
    'off ' . post($h, $off, 'List-Unsubscribe=One-Click')->{status} }
my $well = 'alias 200 batch 200 identify 200 page 200 track 200 off 200';
is all_of(), $well, 'all is well';

my ($pid) = edge_pids($h);
my $strace = fork // die "fork: $!";
if (!$strace) {
    exec qw(strace -f -q -o /dev/null -p), $pid, qw(-e trace=fdatasync -e inject=fdatasync:error=EIO);
}
wait_for { !grep { slurp($_) !~ /^TracerPid:\s+[1-9]/m } glob "/proc/$pid/task/*/status" } 10,
    'each sync fails from now on';
is all_of(), 'alias 503 batch 503 identify 503 page 200 track 200 off 503', 'what must be on the disk is refused';
kill TERM => $strace;
waitpid $strace, 0;
wait_for { all_of() eq $well } 5, 'all is well again';
$h->expect(qr/cannot write a durable batch .*Input.output error/);
is_deeply [ edge_pids($h) ], [$pid], 'the same process';
done_testing;
