#!/usr/bin/perl
# The search for contacts: by words, by what begins like it, by one wrong letter.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my %id;

sub add { my ($name, %c) = @_; $id{ $h->call('contacts_create', \%c)->{id} } = $name }
sub found { return join ' ', sort map { $id{$_} // $_ }
    map { $_->{id} } @{ $h->call('contacts_list', { q => @_ })->{items} } }

add(ann => email => 'ann.smith@shop.example', first_name => 'Ann', last_name => 'Smith');
add(zoe => email => 'z@example.org', first_name => 'Zoë', last_name => 'Müller-Łukasz', phone => '+491701234567');
add(eva => email => 'eva@example.org', first_name => 'Eva Maria', last_name => q{O'Neill}, external_id => 'Crm-7');
add(leo => email => 'leo@example.org', last_name => 'Schmidt', first_name => 'Лев');
$h->call('identities_add', { id => (grep { $id{$_} eq 'leo' } keys %id)[0], kind => 'email',
    value => 'old.leo@home.example' });

for (
    [ 'smi', 'ann', 'the beginning of a name' ], [ 'SHOP', 'ann', 'a word inside the address' ],
    [ 'smith ann', 'ann', 'words in any order' ], [ 'ann smith shop', 'ann', 'of name and address' ],
    [ 'ann leo', '', 'all of them' ], [ 'muller', 'zoe', 'without accents' ], [ 'ZOË lukasz', 'zoe', 'and with' ],
    [ 'neill', 'eva', 'behind an apostrophe' ], [ 'maria', 'eva', 'a second name' ], [ 'лев', 'leo', 'another script' ],
    [ 'Ann.Smith@sho', 'ann', 'the beginning of an address' ], [ '0049 170 1234', 'zoe', 'of a number' ],
    [ 'Crm-', 'eva', 'of an external id' ], [ 'old.leo@', 'leo', 'of another identity' ],
    [ 'ev', 'eva', 'two letters' ], [ 'smith an', 'ann', 'the last word but begun' ],
    [ 'smitt', 'ann', 'another letter' ], [ 'smth', 'ann', 'one that is missing' ],
    [ 'schmiidt', 'leo', 'one too many' ], [ 'shcmidt', 'leo', 'two swapped' ], [ 'xeva', 'eva', 'one before' ],
    [ 'ann smitj', 'ann', 'in a name of two words' ], [ 'лекв', 'leo', 'in another script' ],
    [ 'ann.smith@shop.exampel', 'ann', 'in an address' ], [ 'eva@exmple.org', 'eva', 'in its domain' ],
    [ 'smuth', 'ann', 'a vowel' ], [ 'sxyth', '', 'two wrong letters are another name' ],
    [ '%', '', 'a sign alone' ], [ q{'\\ & | !}, '', 'signs of a query' ], [ q{smi':*}, 'ann', 'beside a word' ],
) {
    my ($text, $who, $what) = @$_;
    is found($text), $who, $what;
}
is found('smith', consent_email => 'revoked'), '', 'beside another filter';

# what very many have is looked for page by page, and nothing is left out
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, first_name, created_at, updated_at)
    select 1, 'm' || i || '@many.example', case when i % 2 = 0 then 'Even' end, '2026-01-01Z', '2026-01-01Z'
      from generate_series(1, 20000) i});
my ($n, %page) = (0);
do {
    %page = %{ $h->call('contacts_list', { q => 'even', limit => 1000, $page{next} ? (cursor => $page{next}) : () }) };
    $n += grep { $_->{first_name} eq 'Even' } @{ $page{items} };
} while ($page{next});
is $n, 10_000, 'all of many';
my @some;
do {
    %page = %{ $h->call('contacts_list', { q => 'm12', limit => 500, @some ? (cursor => $page{next}) : () }) };
    push @some, map { $_->{id} =~ s/ct_//r } @{ $page{items} };
} while ($page{next});
is_deeply \@some, [ sort { $a <=> $b } @{ $h->dbh->selectcol_arrayref(q{select id from godwit.contacts where email like 'm12%'}) } ],
    'all of some, page by page, in order';
is scalar @{ $h->call('contacts_list', { q => 'm77@many', limit => 10 })->{items} }, 1, 'one of them';
is scalar @{ $h->call('contacts_list', { q => 'm', limit => 10, sort => '-id' })->{items} }, 10, 'from the end';
is scalar @{ $h->call('contacts_list', { q => 'evan', limit => 1000 })->{items} }, 1000, 'a thousand of those whom one letter keeps from it';
$h->dbh->do(q{update godwit.contacts set phone = '+44301' || id, external_id = 'ext-' || id where first_name is distinct from 'Even' and id > 5});
is_deeply [ map { my $q = $_; scalar @{ $h->call('contacts_list', { q => $q, limit => 1000 })->{items} } } '+44301', 'ext-' ],
    [ 1000, 1000 ], 'by numbers and external ids that very many have';

# nobody is found from another workspace, and few of one's own beside many of others
$h->value(q{select auth.tenant_create('zebra', '2026-01-01Z')});
my $other = bless { %$h, workspace => 2 }, ref $h;
is scalar @{ $other->call('contacts_list', { q => $_ })->{items} }, 0, "none of workspace 1 by $_"
    for qw(even smitt ann.smith@ Crm-7 +49170 old.leo@);
done_testing;
