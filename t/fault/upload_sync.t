#!/usr/bin/perl
# A disk that fails at the sync of a file that was sent in: nothing is
# acknowledged that is not on it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

plan skip_all => 'strace traces nothing here'
    if system 'strace -f -o /dev/null true 2> /dev/null';

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $files = $h->state . '/files';
$h->nginx;
$h->godwit(qw(worker jobs --once));
my ($pid) = edge_pids($h);
sub send_csv { my ($name) = @_; return api($h, POST => "/imports?name=$name", body => "email\na\@example.com\n",
    headers => { 'Content-Type' => 'text/csv' }) }
sub traced { return !grep { slurp($_) !~ /^TracerPid:\s+[1-9]/m } glob "/proc/$pid/task/*/status" }
is send_csv('before')->{status}, 202, 'all is well';

# of the file, of its folder, of the folder above
for ([ 'fdatasync', '' ], [ 'fsync', '' ], [ 'fsync', ':when=2' ]) {
    my ($call, $when) = @$_;
    my $strace = fork // die "fork: $!";
    if (!$strace) {
        exec qw(strace -f -q -o /dev/null -p), $pid, '-e', "trace=$call", '-e', "inject=$call:error=EIO$when";
    }
    wait_for { traced() } 10, "$call fails from now on";
    is problem(send_csv($call)), '503 busy', 'so does the request';
    is_deeply [ glob "$files/tmp/*" ], [], 'nothing half lies about';
    kill TERM => $strace;
    waitpid $strace, 0;
}
is $h->value('select string_agg(name, $$ $$) from godwit.files'), 'before', 'no row was made';
is send_csv('after')->{status}, 202, 'all is well again';
$h->expect(qr/cannot sync .*Input.output error/);
is_deeply [ edge_pids($h) ], [$pid], 'the same process';
done_testing;
