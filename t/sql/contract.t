#!/usr/bin/perl
# Every operation of the contract has its function, and the other way round;
# every statement of the worker can be prepared.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP ();

my $h = Godwit->new;
my ($code, $text, $why) = $h->godwit({}, 'contract', 'sql/api');
is $code, 0, 'the contract is read' or diag $why;
my $doc = JSON::PP->new->utf8->decode($text);
my @operations = sort map { $_->{operationId} } map { values %$_ } values %{ $doc->{paths} };

my %scope = map { $_ => 1, s/:.*/:*/r => 1 } map { $_->{'x-scope'} // () } map { values %$_ }
    values %{ $doc->{paths} };
is_deeply [ sort @{ $doc->{components}{schemas}{Scope}{enum} } ], [ sort '*', keys %scope ],
    'a key can have each scope that an operation asks for, and its noun';

# what stands around operations, and takes more than one jsonb
my %around = map { $_ => 1 } qw(once sparse);
is_deeply \@operations, [ grep { !$around{$_} } @{ $h->dbh->selectcol_arrayref(q{
    select proname from pg_proc where pronamespace = 'api'::regnamespace order by proname
    collate "C"}) } ], 'operations and functions are the same';
ok +($h->godwit({}, 'contract'))[1] eq $text, 'the program carries the same';

my $dbh = $h->dbh;
$dbh->do($_) for "set search_path = godwit, pg_catalog",
    slurp("sql/queries/import.sql") =~ /(create temporary table .*?);/s;
for my $file (grep { !/migrate/ } glob 'sql/queries/*.sql') {
    my %text = slurp($file) =~ /^-- name: (\w+)\n(.*?)(?=^-- name:|\z)/msg;
    for my $name (sort keys %text) {
        my $sql = $text{$name} =~ s/^\s*--.*\n//mgr;
        next if $sql =~ /^\s*(?:begin|commit|rollback|copy|savepoint|analyze|create|truncate|do)\b/;
        ok eval { $dbh->do("prepare q_$name as $sql"); 1 }, $name
            or diag $@;
    }
}

done_testing;
