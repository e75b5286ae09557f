#!/usr/bin/perl
# Every operation of the contract has its function, and the other way round;
# every statement of the worker can be prepared.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my %operation;
for my $file (glob 'sql/api/*.yaml') {
    $operation{$_}++ for slurp($file) =~ /^\s+operationId: (\w+)$/mg;
}
my %function = map { $_ => 1 } @{ $h->dbh->selectcol_arrayref(q{
    select proname from pg_proc where pronamespace = 'api'::regnamespace
      and proargtypes = '3802'::oidvector}) };
is_deeply [ sort keys %operation ], [ sort keys %function ],
    'operations and functions are the same';
is_deeply [ grep { $operation{$_} > 1 } keys %operation ], [], 'each once';

my $dbh = $h->dbh;
$dbh->do($_) for "set search_path = godwit, pg_catalog",
    slurp("sql/queries/import.sql") =~ /(create temporary table .*?);/s;
for my $file (grep { !/migrate/ } glob 'sql/queries/*.sql') {
    my %text = slurp($file) =~ /^-- name: (\w+)\n(.*?)(?=^-- name:|\z)/msg;
    for my $name (sort keys %text) {
        my $sql = $text{$name} =~ s/^\s*--.*\n//mgr;
        next if $sql =~ /^\s*(?:begin|commit|rollback|copy|savepoint|analyze|create|truncate)\b/;
        ok eval { $dbh->do("prepare q_$name as $sql"); 1 }, $name
            or diag $@;
    }
}

done_testing;
