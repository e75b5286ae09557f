# `godwit import` of clean rows into an empty workspace against a COPY of the
# contacts that it made into a table with the same columns, checks and indexes.
use strict;
use warnings;
use Bench;
use Godwit;

my $n = $ENV{BENCH_ROWS} || 1_000_000;
my $h = Godwit->new;
my $csv = $h->state . '/files/clean.csv';
my $rows = "/tmp/gw-bench-$$.bin";

open my $out, '>', $csv or die "$csv: $!\n";
print $out "email,external_id,first_name,last_name,phone,plan,city\n";
for my $i (1 .. $n) {
    my $j = $i * 7919 % 1_000_003;      # in no order, as real files are
    printf $out "user$j.$i\@example.com,crm-$i,First$j,Last$i,+4915%08d,gold,Town$j\n", $i;
}
close $out;

sub import_all {
    $h->dbh->do('truncate godwit.contacts');
    my $s = timed(sub {
        my ($code, undef, $err) = $h->godwit('import', $csv);
        $code == 0 or die "import: $err";
    });
    $h->value('select count(*) from godwit.contacts') == $n or die "not all are there\n";
    return $n / $s;
}

import_all();
$h->dbh->do("copy godwit.contacts to '$rows' with (format binary)");
$h->dbh->do('create table godwit.bench (like godwit.contacts including all)');

bench(name => 'import', unit => 'rows/s', at_least => 0.3, higher => 1,
    ours => \&import_all,
    peer => sub {
        $h->dbh->do('truncate godwit.bench');
        return $n / timed(sub { $h->dbh->do("copy godwit.bench from '$rows' (format binary)") });
    });
unlink $rows;
