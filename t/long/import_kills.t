#!/usr/bin/perl
# A million rows as the world writes them, killed again and again: each is in
# once or refused once, in its place.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $rows = $ENV{IMPORT_ROWS} || 1_000_000;
my $seed = $ENV{SEED} || 1;
srand $seed;
$h->call('lists_create', { name => 'all' });

# what is wrong and why, by line
my $file = $h->state . '/files/big.csv';
my (%refused, $good);
open my $out, '>:raw', $file or die "$file: $!";
print $out "\xef\xbb\xbfplan,EMAIL,external_id,note\r\n";
my $line = 2;
for my $i (1 .. $rows) {
    my $dice = int rand 1000;
    my $note = $dice < 20 ? qq("said ""no"",\nthen ""yes""") : $dice < 40 ? "caf\xc3\xa9" : 'x';
    my $row = "gold,u$i\@example.com,$i,$note";
    ($row, $refused{$line}) = $dice == 998 ? ("gold,no address,$i,x", 2)
        : $dice == 999 ? ("gold,u$i\@example.com,$i,\xff", 4)
        : $i == int($rows / 2) ? ("gold,u$i\@example.com,$i," . 'x' x (10 << 20), 4) : ($row);
    defined $refused{$line} ? $row =~ s/\n//g : (delete $refused{$line}, $good++);
    $line += 1 + ($row =~ tr/\n//);
    print $out $row, ("\n", "\r\n", "\r")[ rand 3 ];
}
close $out;

for my $kill (1 .. 9) {
    my $pid = $h->spawn('import', $file, '--list', 'all');
    wait_for { ($h->value('select rows from godwit.imports') // 0) >= $rows * $kill / 10 + rand 5000 } 300;
    is $h->stop($pid, 'KILL'), 137, "killed after row " . $h->value('select rows from godwit.imports');
}
my ($code, $json) = $h->godwit('import', $file, '--list', 'all');
is $code, 0, 'the last goes to the end';
my $doc = decode_json($json);
my $bad = keys %refused;
is_deeply [ @$doc{qw(rows created updated rejected line)} ], [ $rows, $good, 0, $bad, $line - 1 ],
    "$good are new, $bad refused (seed $seed)";
is $h->value('select count(*) || $$ $$ || count(distinct email) from godwit.contacts'),
    "$good $good", 'everybody is there once';
is $h->value('select count(*) from godwit.list_members'), $good, 'and in the list';
is_deeply { slurp($doc->{reject_file}) =~ /^(\d+),(\d+),/mg }, \%refused,
    'each refused row stands in the file with its place';
is $h->value('select count(*) from godwit.imports'), 1, 'all of it was one import';

done_testing;
