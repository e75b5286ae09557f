#!/usr/bin/perl
# The disk of the file store fills up while a file is sent in: one sentence,
# nothing left behind, and with room again all goes well.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

# a file system of our own, seen by this test and its children alone
if (!$ENV{GODWIT_MOUNTS}++) {
    plan skip_all => 'no mount namespace here'
        if system 'unshare -m mount -t tmpfs none /mnt 2>/dev/null';
    exec 'unshare', '-m', $^X, $0;
}

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $files = $h->state . '/files';
system("mount -t tmpfs -o size=2m none $files && chmod 777 $files") == 0 or die 'no tmpfs';
$h->nginx;
my @pids = edge_pids($h);
$h->godwit(qw(worker jobs --once));
sub send_csv {
    my ($kb) = @_;
    my $body = ('x' x 1023 . "\n") x $kb;
    return api($h, POST => '/imports', body => $body, headers => { 'Content-Type' => 'text/csv' });
}
sub kept { return grep { -f } glob "$files/*/*" }

for my $try (1, 2) {
    my $r = send_csv(4096);
    is problem($r), '503 busy', 'a file that is larger than the disk';
    is $r->{json}{detail}, 'The disk of this machine is full: the file was not kept.', 'says so';
    is_deeply [ kept() ], [], 'and leaves nothing';
}
is $h->value('select count(*) from godwit.files'), 0, 'no row either';
is send_csv(1024)->{status}, 202, 'one that fits is taken';
is scalar kept(), 1, 'and kept';
is_deeply [ edge_pids($h) ], \@pids, 'by the same process';
$h->expect(qr/cannot write .*No space left/);

system "umount -l $files";
done_testing;
