#!/usr/bin/perl
# Contacts: changed, found, deleted; no update is lost.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;

sub tag { return $h->value('select godwit.etag(?)', $h->value(q{
    select godwit.contact_json(c) from godwit.contacts c where 'ct_' || id = ?}, $_[0])) }
sub ids { return join ' ', map { $_->{id} } @{ $h->call('contacts_list', $_[0])->{items} } }

$h->call('contacts_create', { email => 'Ann@example.com', first_name => 'Ann', last_name => 'Lee',
    attributes => { plan => 'gold', size => { a => 1, b => 2 } }, consent => { sms => 'granted' } });
my $c = $h->call('contacts_update', { id => 'ct_1', phone => '+49 30 1234567', last_name => undef,
    attributes => { plan => undef, size => { b => 3 } }, consent => { email => 'revoked' } });
is_deeply [ @$c{qw(email phone first_name last_name)} ], [ 'Ann@example.com', '+49301234567', 'Ann', undef ],
    'what is named changes, null empties';
is_deeply $c->{attributes}, { size => { a => 1, b => 3 } }, 'attributes are merged';
is_deeply $c->{consent}, { email => 'revoked', sms => 'granted', whatsapp => 'unknown',
    voice => 'unknown' }, 'consent a channel';
isnt $h->value('select email_wished_at from godwit.contacts'), undef, 'with its time';
$h->refused('contacts_update', { id => 'ct_1', email => undef, phone => undef }, 'invalid', 'email',
    'a contact needs "email", "phone" or "external_id"');
$h->refused('contacts_update', { id => 'ct_1', attributes => { map { ("k$_" => undef) } 1 .. 8000 } },
    'invalid', 'attributes', '"attributes" is not an object of at most 64 KiB');

my $tag = tag('ct_1');
is +($h->ask('contacts_update', { id => 'ct_1', zone => 'Europe/Berlin', _if_match => $tag }))[0], '',
    'who has read it changes it';
is_deeply [ $h->ask($_, { id => 'ct_1', _if_match => $tag }) ],
    [ 'GW006', 'the object has changed since it was read; get it again' ],
    "who read it before is told: $_" for qw(contacts_update contacts_delete);
is $h->call('contacts_get', { id => 'ct_1' })->{zone}, 'Europe/Berlin', 'and loses nothing';

$h->call('contacts_create', { email => $_, external_id => "x-$_" }) for map { "p$_\@example.com" } 2 .. 6;
$h->refused('contacts_update', { id => 'ct_2', email => 'P3@example.com' }, 'conflict', 'email',
    'a contact with this e-mail address is there already');
is ids({ q => 'P' }), 'ct_2 ct_3 ct_4 ct_5 ct_6', 'found by the beginning of the address';
is ids({ q => 'ann' }), 'ct_1', 'of the name';
is ids({ q => 'x-p4' }), 'ct_4', 'of the external id';
is ids({ q => '%' }), '', 'and no sign is special';
is ids({ email => 'ANN@example.com' }), 'ct_1', 'by the address in any case';
is ids({ external_id => 'x-p5@example.com' }), 'ct_5', 'by the external id';
is ids({ consent_email => 'revoked' }), 'ct_1', 'by consent';
is ids({ sort => '-created_at', limit => 2 }), 'ct_6 ct_5', 'the newest first';
is ids({ created_before => '2000-01-01T00:00:00Z' }), '', 'none was there before';

# an index serves each of these under row-level security too
my $dbh = $h->dbh;
$dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 1, 'u' || i || '@many.example', '2026-01-01Z', '2026-01-01Z'
      from generate_series(1, 20000) i});
$dbh->do('analyze godwit.contacts');
for my $sql (q{t.id = auth.contact_by_email(1, 'u5@many.example')},
    q{t.id = any (auth.contacts_found(1, 'u77@'))}, q{t.created_at > '2027-01-01Z'}) {
    $dbh->begin_work;
    $dbh->do('set local role gw_api');
    $dbh->selectrow_array(q{select set_config('app.tenant', '1', true)});
    unlike join("\n", @{ $dbh->selectcol_arrayref("explain select t.id from godwit.contacts t
        where t.tenant_id = 1 and $sql limit 51") }), qr/Seq Scan/, "an index serves $sql";
    $dbh->rollback;
}
my $many = $h->call('contacts_list', { total => \1, limit => 1 });
ok $many->{total_estimated} && $many->{total} > 15000, 'a large total is estimated';

# the kept plan of the plain pages and the made one of all others say the same
my %page;
for my $n (1 .. 3) {
    my ($plain, $made) = map { $h->call('contacts_list', { limit => 3, fields => 'id', %$_,
        $page{next} ? (cursor => $page{next}) : () }) } {}, { total => \1 };
    is_deeply [ @$plain{qw(items next)} ], [ @$made{qw(items next)} ], "page $n is the same";
    %page = %$plain;
}
is_deeply [ map { $_->{id} } @{ $page{items} } ], [ map { "ct_$_" } 7 .. 9 ], 'in order';
for my $sort (qw(id -id -created_at)) {
    my ($whole, $far, $beyond) = map { $h->call('contacts_list', { sort => $sort, fields => 'id', %$_ }) }
        { limit => 10 }, { limit => 2, offset => 6 }, { offset => 1_000_000 };
    my $after = $h->call('contacts_list', { sort => $sort, fields => 'id', limit => 2, cursor => $far->{next} });
    is_deeply [ @{ $far->{items} }, @{ $after->{items} } ], [ @{ $whole->{items} }[6 .. 9] ], "from a place by $sort";
    is_deeply [ @$beyond{qw(items next)} ], [ [], undef ], 'behind the last is nothing';
}
$h->refused('contacts_list', { cursor => $page{next} =~ s/^./-/r }, 'invalid', 'cursor',
    '"cursor" is not one that this list gave with the same filters and sort');

# deleted: memberships go, a suppression and the ledger stay
my $list = $h->call('lists_create', { name => 'a' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ 'ct_1', 'ct_2' ] });
$h->call('suppressions_create', { email => 'ann@example.com' });
$dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
    values (1, 1, 1, '2026-01-01Z', 2)});
is $h->call('contacts_delete', { id => 'ct_1' }), undef, 'a contact goes';
$h->refused('contacts_get', { id => 'ct_1' }, 'not_found', 'id', 'there is no contact ct_1');
is $h->call('lists_get', { id => $list })->{members}, 1, 'from its lists too';
is $h->value('select count(*) from godwit.sends'), 1, 'the ledger stays';
is scalar @{ $h->call('suppressions_list', { email => 'ANN@example.com' })->{items} }, 1,
    'so does the suppression';

# found once, not once a row: this took minutes
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 1, 'many' || i || '@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(1, 20000) i});
local $SIG{ALRM} = sub { die "a search of many takes for ever\n" };
alarm 30;
is scalar @{ $h->call('contacts_list', { q => 'many', limit => 1000 })->{items} }, 1000, 'many are found';
alarm 0;

done_testing;
