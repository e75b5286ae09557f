#!/usr/bin/perl
# The SQL functions from inside: each file of t/sql/pgtap/ in a transaction
# that is rolled back.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my ($dir, $name) = $h->info =~ /host=(\S+) dbname=(\S+)/;
$h->dbh->do('create extension pgtap');

for my $file (glob 't/sql/pgtap/*.sql') {
    open my $psql, '-|', '/usr/lib/postgresql/15/bin/psql', qw(-X -q -A -t -v ON_ERROR_STOP=1),
        '-h', $dir, '-U', 'postgres', '-d', $name, '-1', '-f', $file or die "psql: $!\n";
    my ($plan, $ran) = (-1, 0);
    while (my $line = <$psql>) {
        chomp $line;
        $plan = $1 if $line =~ /^1\.\.(\d+)/;
        diag $line if $line =~ /^#/;
        $line =~ /^(not )?ok \d+(?: - (.*))?/ or next;
        $ran++;
        ok !$1, $2;
    }
    close $psql;
    is "$? $ran", "0 $plan", "$file runs to its end";
}

done_testing;
