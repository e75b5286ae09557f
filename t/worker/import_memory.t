#!/usr/bin/perl
# The memory of an import does not grow with the file.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $rows = $ENV{IMPORT_ROWS} || 100_000;      # t/long has a million
my $file = $h->state . '/files/big.csv';
open my $out, '>', $file or die "$file: $!";
print $out "email,external_id,first_name,plan\n";
print $out "u$_\@example.com,x$_,First$_,gold\n" for 1 .. $rows;
close $out;

my $pid = $h->spawn('import', $file);
my ($first, $last, $at);
wait_for {
    my ($kib) = slurp("/proc/$pid/status") =~ /^VmHWM:\s+(\d+)/m;
    $at = $h->value('select max(rows) from godwit.imports') // 0;
    $first //= $kib if $at >= $rows / 10;
    $last = $kib // $last;
    $at == $rows || !defined $kib;
} 600;
waitpid $pid, 0;
is $?, 0, "$rows rows are in";
cmp_ok $last - $first, '<=', 8 * 1024, "memory grew by at most 8 MiB after a tenth of them"
    or diag "$first KiB, then $last KiB";
note "$first KiB, then $last KiB";

done_testing;
