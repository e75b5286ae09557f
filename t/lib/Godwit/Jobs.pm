# Operations without an edge: a file as an upload leaves it, and its import.
package Godwit::Jobs;
use strict;
use warnings;
use Exporter qw(import);
use JSON::PP;

our @EXPORT = qw(enter import_upload operation upload);
my $json = JSON::PP->new->canonical;

# one operation as the edge calls it, which may say what clients may not
sub enter {
    my ($h, $operation, $body, $tenant) = @_;
    my $dbh = $h->dbh('gw_edge');
    $dbh->begin_work;
    $dbh->do('select auth.enter(?)', undef, $json->encode({ tenant => $tenant // $h->{workspace} // 1,
        role => 'owner', scopes => ['*'], now => $h->value('select clock_timestamp()') }));
    my ($text) = eval { $dbh->selectrow_array("select api.$operation(?)", undef,
        $json->encode($body)) };
    my $error = $@;
    $error ? $dbh->rollback : $dbh->commit;
    die $error if $error;
    return $json->decode($text);
}

# a file on this host for an operation; the role must have run here once
sub upload {
    my ($h, $operation, $text, %body) = @_;
    my $type = delete $body{type} // 'text/csv';
    my ($host) = Godwit::slurp($h->state . '/journal/host') =~ /^(\S+)/;
    my $path = sprintf '%s-%d.csv', 'up', ++$h->{uploads};
    Godwit::spew($h->state . "/files/$path", $text);
    Godwit::Postgres::own($h->state . "/files/$path");
    return enter($h, $operation, { %body, _file => { host => $host, path => $path,
        bytes => length $text, sha256 => '00', type => $type } });
}

sub import_upload { my ($h, @file) = @_; return upload($h, 'imports_create', @file) }
sub operation { my ($h, $id) = @_; return $h->call('operations_get', { id => $id }) }

1;
