#!/usr/bin/perl
# Companies that contacts belong to.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
sub ids { return join ' ', map { $_->{id} } @{ $h->call('contacts_list', $_[0])->{items} } }
sub of { return $h->call('contacts_get', { id => $_[0] })->{company_id} }

my $com = $h->call('companies_create', { name => 'Example Ltd.', domain => 'Example.COM', attributes => { size => 4 } })->{id};
$h->refused('companies_create', { name => 'x', domain => 'example.com' }, 'conflict', 'domain', 'a company with the domain example.com is there already');
$h->refused('companies_create', { name => 'x', domain => 'ex ample' }, 'invalid', 'domain', '"domain" is not a domain like example.com');
$h->refused('companies_update', { id => $com, attributes => { a => 'x' x 65536 } }, 'invalid', 'attributes', '"attributes" is not an object of at most 64 KiB');
my $ann = $h->call('contacts_create', { email => 'ann@example.com', company_id => $com })->{id};
my $bob = $h->call('contacts_create', { email => 'bob@example.com' })->{id};
$h->refused('contacts_update', { id => $bob, company_id => 'com_99' }, 'not_found', 'company_id', 'there is no company com_99');
is ids({ company_id => $com }), $ann, 'who belongs to it is found';
my $c = $h->call('companies_update', { id => $com, attributes => { size => undef, town => 'Ulm' } });
is_deeply [ @$c{qw(domain contacts attributes)} ], [ 'example.com', 1, { town => 'Ulm' } ], 'it is changed as a patch says';
is $h->call('companies_list', { domain => 'EXAMPLE.com', q => 'LTD' })->{items}[0]{id}, $com, 'it is found';
is_deeply $h->call('companies_list', { q => 'none' })->{items}, [], 'or not';

# ---- merges
my $m = $h->call('merges_create', { into => $bob, contact_id => $ann })->{id};
is of($bob), $com, 'a merge takes it over';
$h->call('merges_undo', { id => $m });
is_deeply [ of($bob), of($ann) ], [ undef, $com ], 'and gives it back';
$m = $h->call('merges_create', { into => $bob, contact_id => $ann })->{id};
$h->call('companies_delete', { id => $com });
is of($bob), undef, 'without it its contacts stay';
$h->call('merges_undo', { id => $m });
is of($ann), undef, 'nobody comes back into one that is gone';

# a merge and the end of a company do not pass each other
$com = $h->call('companies_create', { name => 'Two' })->{id};
$h->call('contacts_update', { id => $ann, company_id => $com });
my $two = $h->dbh('postgres');
$two->begin_work;
$two->do(q{select pg_advisory_xact_lock(hashtextextended('fields', 1))});
my $pid = $h->spawn('call', 'companies_delete', qq({"id":"$com"}));
wait_for { $h->value(q{select count(*) from pg_locks where locktype = 'advisory' and not granted}) } 10, 'it waits for a merge';
is $h->call('contacts_get', { id => $ann })->{company_id}, $com, 'and has done nothing yet';
$two->commit;
wait_for { !defined of($ann) } 10, 'then it goes';
$h->refused('companies_get', { id => $com }, 'not_found', 'id', "there is no company $com");

done_testing;
