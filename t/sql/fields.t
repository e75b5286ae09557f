#!/usr/bin/perl
# What contacts have besides: typed fields, tags, who looks after them, notes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::People;
use JSON::PP ();

my $h = Godwit->new;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);

sub ids { return join ' ', map { $_->{id} } @{ $h->call('contacts_list', $_[0])->{items} } }
sub import_text {
    my ($text) = @_;
    my $file = $h->state . '/files/in.csv';
    spew($file, $text);
    my ($code, $out, $err) = $h->godwit('import', $file);
    return JSON::PP::decode_json($code ? '{}' : $out);
}

# ---- typed fields
my %field = (age => 'number', news => 'boolean', born => 'date', seen => 'datetime', town => 'text');
$h->call('fields_create', { key => $_, type => $field{$_} }) for sort keys %field;
$h->call('fields_create', { key => 'plan', label => 'Plan', type => 'enum', options => [qw(gold silver)] });
$h->call('fields_create', { key => 'likes', type => 'set', options => [ 'tea', 'hot milk' ] });
my %good = (age => 41.5, news => $true, born => '2024-02-29', seen => '2026-01-31T12:00:00+02:00', town => 'Ulm',
    plan => 'gold', likes => [ 'hot milk', 'tea' ], other => { any => [ 1 ] });
my $c = $h->call('contacts_create', { email => 'ann@example.com', attributes => \%good });
is_deeply $c->{attributes}, \%good, 'what fits is taken, and so is what has no field';
my %bad = (age => [ '41', 'a number of at most 40 characters' ], news => [ 'yes', 'true or false' ],
    born => [ '2023-02-29', 'a date like 2026-01-31' ], seen => [ '2026-01-31', 'an instant like 2026-01-31T12:00:00Z' ],
    town => [ 7, 'a text' ], plan => [ 'Gold', 'one of gold, silver' ],
    likes => [ [ 'tea', 'tea' ], 'an array that has each of its texts once, out of tea, hot milk' ]);
$h->refused('contacts_update', { id => $c->{id}, attributes => { $_ => $bad{$_}[0] } }, 'invalid', 'attributes',
    qq("attributes.$_" is not $bad{$_}[1])) for sort keys %bad;
is_deeply $h->call('contacts_update', { id => $c->{id}, attributes => { map { $_ => undef } keys %good } })->{attributes},
    {}, 'null takes each away';

# ---- from a file
my $i = import_text("email,age,news,born,seen,town,plan,likes\n"
    . "bob\@example.com,-007.50,YES,2024-02-29,2026-01-31T12:00:00Z,7,silver,tea; hot milk\n"
    . "x1\@example.com,4 2,,,,,,\nx2\@example.com,,maybe,,,,,\nx3\@example.com,,,2023-02-29,,,,\n"
    . "x4\@example.com,,,,soon,,,\nx5\@example.com,,,,,,brass,\nx6\@example.com,,,,,,,tea;tea\n");
is_deeply [ @$i{qw(created rejected)} ], [ 1, 6 ], 'a file: who fits is there';
is_deeply $h->call('contacts_list', { email => 'bob@example.com' })->{items}[0]{attributes},
    { age => -7.5, news => $true, born => '2024-02-29', seen => '2026-01-31T12:00:00Z', town => '7', plan => 'silver',
      likes => [ 'tea', 'hot milk' ] }, 'each cell as its field is';
is_deeply [ slurp($i->{reject_file}) =~ /^(\d+,\d+,"[^"]+")/mg ], [ '3,2,"this is not a number like 42 or -0.5"',
    '4,3,"this is not true or false"', '5,4,"this is not a date like 2026-01-31"',
    '6,5,"this is not an instant like 2026-01-31T12:00:00Z"', '7,7,"this is none of the options of the field"',
    '8,8,"an option stands there twice"' ], 'a reject says what its column wants';

# ---- a field for what is there already
import_text("email,score\ncy\@example.com,12\ndi\@example.com,many\n");
$h->refused('fields_create', { key => 'score', type => 'number' }, 'conflict', 'key', '2 contacts have a "score" that is not '
    . 'a number of at most 40 characters, such as ct_3 with "12"; mend these first, or make the field with "convert": true');
$h->refused('fields_create', { key => 'score', type => 'number', convert => $true }, 'conflict', 'key', '1 contacts have a '
    . '"score" that is not a number of at most 40 characters, such as ct_4 with "many"; mend these first');
is $h->call('contacts_get', { id => 'ct_3' })->{attributes}{score}, '12', 'refused, nothing has changed';
$h->call('contacts_update', { id => 'ct_4', attributes => { score => undef } });
$h->call('fields_create', { key => 'score', type => 'number', convert => $true });
is $h->value(q{select jsonb_typeof(attributes->'score') from godwit.contacts where id = 3}), 'number', 'it is made to fit';
my ($plan) = grep { $_->{key} eq 'plan' } @{ $h->call('fields_list', {})->{items} };
$h->refused('fields_update', { id => $plan->{id}, options => ['gold'] }, 'conflict', 'key', '1 contacts have a "plan" that is '
    . 'not one of gold, such as ct_2 with "silver"; mend these first, or leave the option');
is_deeply $h->call('fields_update', { id => $plan->{id}, options => [qw(gold silver tin)] })->{options},
    [qw(gold silver tin)], 'an option more';
$h->refused('fields_create', { key => 'email', type => 'text' }, 'invalid', 'key', '"email" is what a contact has anyway; take another key');
$h->refused('fields_create', { key => 'x', type => 'text', options => ['a'] }, 'invalid', 'options', '"options" are for the types enum and set');
$h->refused('fields_create', { key => 'age', type => 'number' }, 'conflict', 'key', 'a field with the key "age" is there already');
$h->call('fields_delete', { id => $plan->{id} });
is $h->call('contacts_update', { id => 'ct_2', attributes => { plan => 7 } })->{attributes}{plan}, 7, 'without its field it may be anything';

# who has read fields that another changes is not believed
my $two = $h->dbh('postgres');
$two->begin_work;
$two->do(q{select pg_advisory_xact_lock(hashtextextended('fields', 1))});
spew($h->state . '/files/two.csv', "email,size\nfay\@example.com,7\n");
my $pid = $h->spawn('import', $h->state . '/files/two.csv');
wait_for { $h->value(q{select count(*) from pg_locks where locktype = 'advisory' and not granted}) } 10, 'an import waits';
$two->do(q{insert into godwit.fields (tenant_id, key, label, type, created_at, updated_at)
    values (1, 'size', 'size', 'number', '2026-01-01Z', '2026-01-01Z')});
$two->commit;
wait_for { $h->value(q{select count(*) from godwit.contacts where email = 'fay@example.com'}) } 10, 'and goes on';
is $h->value(q{select jsonb_typeof(attributes->'size') from godwit.contacts where email = 'fay@example.com'}), 'number',
    'by the fields that there are then';

# ---- tags
is_deeply $h->call('contacts_update', { id => 'ct_2', tags => [ 'VIP', ' shop ', 'vip' ] })->{tags}, [qw(shop vip)], 'tags';
is_deeply $h->call('tags_add', { tag => 'Vip', contact_ids => [qw(ct_1 ct_2 ct_3)] }), { tag => 'vip', added => 2 }, 'added';
is_deeply $h->call('tags_list', {}), { next => undef, items => [ { tag => 'shop', contacts => 1 }, { tag => 'vip', contacts => 3 } ] },
    'with their counts';
my $page = $h->call('tags_list', { limit => 1 });
is $h->call('tags_list', { limit => 1, cursor => $page->{next} })->{items}[0]{tag}, 'vip', 'page by page';
is ids({ tag => 'VIP', limit => 2 }), 'ct_1 ct_2', 'who has one is found';
is_deeply $h->call('tags_remove', { tag => 'vip', contact_ids => [qw(ct_1 ct_4)] }), { tag => 'vip', removed => 1 }, 'taken away';
is ids({ tag => 'vip' }), 'ct_2 ct_3', 'he is not found any more';
$h->call('contacts_update', { id => 'ct_3', tags => [] });
is ids({ tag => 'vip' }), 'ct_2', 'nor who has none';
$h->refused('tags_add', { tag => 'x', contact_ids => [qw(ct_2 ct_99)] }, 'not_found', 'contact_ids', 'there is no contact ct_99');
$h->call('contacts_update', { id => 'ct_3', tags => [ map { "t$_" } 1 .. 100 ] });
$h->refused('tags_add', { tag => 'x', contact_ids => ['ct_3'] }, 'conflict', 'contact_ids', 'ct_3 has 100 tags already; take one away');
$h->refused('contacts_update', { id => 'ct_3', tags => [' '] }, 'invalid', 'tags',
    '"tags" is not an array of at most 100 texts, each of 1 to 64 characters in one line');
sub index_says { return $h->rows(q{select contact_id, array_agg(tag order by tag) as tags from godwit.contact_tags group by 1 order by 1}) }
is_deeply index_says(), $h->rows('select id as contact_id, tags from godwit.contacts where tags is not null order by id'),
    'the index is what contacts have';

# ---- an owner
my $ed = 'user_' . person($h, 'ed@example.com', 'agent', 1);
is $h->call('contacts_update', { id => 'ct_2', owner => $ed })->{owner}, $ed, 'a member looks after it';
is ids({ owner => $ed }), 'ct_2', 'what is his is found';
$h->refused('contacts_update', { id => 'ct_3', owner => 'user_99' }, 'not_found', 'owner', 'there is no member user_99');
$h->call('members_delete', { id => $ed });
is $h->call('contacts_get', { id => 'ct_2' })->{owner}, undef, 'who has left does not';

# ---- notes
my $n = $h->call('notes_create', { contact_id => 'ct_2', text => "Likes tea.\nCall later." });
is_deeply [ @$n{qw(id contact_id author)} ], [ 'note_1', 'ct_2', 'cli' ], 'a note';
$h->call('notes_create', { contact_id => 'ct_3', text => 'x' });
$h->call('notes_update', { id => 'note_1', text => 'Likes milk.' });
is_deeply [ map { $_->{text} } @{ $h->call('notes_list', { contact_id => 'ct_2' })->{items} } ], ['Likes milk.'], 'of a contact';
is $h->call('contacts_export', { id => 'ct_2' })->{notes}[0]{text}, 'Likes milk.', 'it is in the export of the person';
$h->refused('notes_create', { contact_id => 'ct_99', text => 'x' }, 'not_found', 'contact_id', 'there is no contact ct_99');
$h->call('contacts_delete', { id => $_ }) for qw(ct_2 ct_3);
is $h->value('select (select count(*) from godwit.notes) + (select count(*) from godwit.contact_tags)'), 0,
    'who is deleted leaves none, and no tag';

done_testing;
