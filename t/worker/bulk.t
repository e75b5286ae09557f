#!/usr/bin/perl
# One change of many contacts: of whom, what comes of it, once whatever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use Godwit::People;

my $h = Godwit->new;
my @once = qw(worker jobs --once);
sub contact { return $h->call('contacts_create', { @_ })->{id} }
sub got { my ($id, @keys) = @_; return [ @{ $h->call('contacts_get', { id => $id }) }{@keys} ] }
sub bulk { return $h->call('contacts_bulk', { @_ })->{operation} }
sub end { $h->godwit(@once); return operation($h, $_[0]) }
sub counts { my ($o) = @_; return [ $o->{state}, @{ $o->{result} }{qw(contacts done changed unchanged gone refused)} ] }
sub index_is_right {
    is_deeply $h->rows(q{select contact_id, array_agg(tag order by tag) as tags from godwit.contact_tags group by 1 order by 1}),
        $h->rows('select id as contact_id, tags from godwit.contacts where tags is not null order by id'), "$_[0]: the index of tags is right";
}

# ---- what is refused before anything is done
$h->call('fields_create', { key => 'plan', type => 'enum', options => [qw(gold silver)] });
my ($ann, $bob, $cy) = map { contact(email => "$_\@example.com") } qw(ann bob cy);
my %ann = (contact_ids => [$ann]);
my @all = (contact_ids => [ $ann, $bob, $cy ]);
my $news = $h->call('lists_create', { name => 'news' })->{id};
$h->refused('contacts_bulk', $_->[0], @$_[ 1 .. 3 ]) for
    [ { add_tags => ['x'] }, 'invalid', 'segment_id', 'say who it is by one of "segment_id", "list_id" and "contact_ids"' ],
    [ { %ann, list_id => $news, add_tags => ['x'] }, 'invalid', 'segment_id', 'say who it is by one of "segment_id", "list_id" and "contact_ids"' ],
    [ {%ann}, 'invalid', 'set', 'nothing is to be changed; say "set", "add_tags", "remove_tags", "add_lists" or "remove_lists"' ],
    [ { %ann, add_tags => [ 'a', 'VIP' ], remove_tags => ['vip'] }, 'invalid', 'remove_tags',
      '"add_tags" and "remove_tags" both have "vip"; leave it out of one of them' ],
    [ { %ann, add_lists => [$news], remove_lists => [$news] }, 'invalid', 'remove_lists',
      qq("add_lists" and "remove_lists" both have $news; leave it out of one of them) ],
    [ { %ann, set => { attributes => { plan => 'tin' } } }, 'invalid', 'attributes', '"attributes.plan" is not one of gold, silver' ],
    [ { %ann, set => { zone => 'Nowhere/Else' } }, 'invalid', 'zone', '"zone" is no time zone like Europe/Berlin' ],
    [ { %ann, set => { owner => 'user_9' } }, 'not_found', 'owner', 'there is no member user_9' ],
    [ { %ann, set => { company_id => 'com_9' } }, 'not_found', 'company_id', 'there is no company com_9' ],
    [ { %ann, add_lists => ['lst_9'] }, 'not_found', 'add_lists', 'there is no list lst_9' ],
    [ { contact_ids => ['ct_99'], add_tags => ['x'] }, 'not_found', 'contact_ids', 'there is no contact ct_99' ];
is +($h->try('contacts_bulk', { %ann, set => { consent => { email => 'granted' } } }))[0], 1, 'consent is not changed so';
is $h->value('select count(*) from godwit.operations'), 0, 'nothing was begun';

# ---- all that can be changed
my $ed = 'user_' . person($h, 'ed@example.com', 'agent', 1);
my $com = $h->call('companies_create', { name => 'A' })->{id};
my $old = $h->call('lists_create', { name => 'old' })->{id};
$h->call('lists_add', { id => $old, contact_ids => [$ann] });
$h->call('contacts_update', { id => $ann, tags => [ 'new', 'red' ], attributes => { n => 1, plan => 'gold' }, zone => 'Asia/Tokyo' });
my $last = $h->value('select max(id) from godwit.audit');
my $op = bulk(@all, set => { attributes => { plan => 'silver', n => undef }, owner => $ed, company_id => $com, locale => 'de', zone => undef },
    add_tags => ['VIP'], remove_tags => ['red'], add_lists => [$news], remove_lists => [$old]);
is operation($h, $op)->{state}, 'queued', 'it is an operation';
my $o = end($op);
is_deeply counts($o), [ 'done', 3, 3, 3, 0, 0, 0 ], 'that is done';
is_deeply $o->{progress}, { done => 3, total => 3 }, 'with its progress';
is_deeply got($ann, qw(attributes owner company_id locale zone tags)), [ { plan => 'silver' }, $ed, $com, 'de', undef, [qw(new vip)] ],
    'who had something has what was set';
is_deeply got($cy, qw(attributes tags company_id)), [ { plan => 'silver' }, ['vip'], $com ], 'who had nothing as well';
is_deeply [ map { $_->{members} } @{ $h->call('lists_list', {})->{items} } ], [ 3, 0 ], 'lists too';
index_is_right('done');
is_deeply $h->rows('select operation, object from godwit.audit where id > ?', $last), [ { operation => 'contacts_bulk', object => $op } ],
    'audited once';
is_deeply counts(end(bulk(@all, set => { locale => 'de' }, add_tags => ['vip'], add_lists => [$news]))), [ 'done', 3, 3, 0, 3, 0, 0 ],
    'done again it changes nothing';
is $h->value('select (select count(*) from godwit.bulk_edits) + (select count(*) from godwit.bulk_parts)'), 0, 'and nothing is left over';

# ---- who cannot take it stays; who is gone, or went into another
$h->call('contacts_update', { id => $bob, tags => [ map { "t$_" } 1 .. 100 ] });
$op = bulk(@all, add_tags => [qw(late later)], remove_tags => ['t7'], add_lists => [$old], remove_lists => [$news], set => { attributes => { full => 1 } });
$h->call('merges_create', { into => $ann, contact_id => $cy });
$o = end($op);
is_deeply counts($o), [ 'done', 3, 3, 1, 0, 1, 1 ], 'one is changed, one gone, one refused';
is_deeply $o->{result}{refusals}, [ { contact_id => $bob, message => 'would have more than 100 tags' } ], 'and says who';
is got($bob, 'attributes')->[0]{full}, undef, 'who stays as he was';
is_deeply $h->rows('select list_id, contact_id from godwit.list_members order by 1, 2'), [ { list_id => $news =~ s/\D//gr, contact_id => $bob =~ s/\D//gr },
    { list_id => $old =~ s/\D//gr, contact_id => $ann =~ s/\D//gr } ], 'and on his list alone';
index_is_right('refused');
is_deeply got($ann, 'tags'), [ [qw(late later new vip)] ], 'who went into another is that one';

# ---- whoever is in it at the start
my $seg = $h->call('segments_create', { name => 'red', predicate => { tag => 'red' } })->{id};
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, tags, created_at, updated_at)
    select 1, 'r' || i || '@example.com', '{red}', now(), now() from generate_series(1, 2500) i});
$h->dbh->do(q{insert into godwit.contact_tags select 1, 'red', id from godwit.contacts where tags = '{red}'});
sub turned { return +{ map { $_ => $h->value(q{select count(*) from godwit.contacts where ? = any (tags)}, $_) } qw(red blue) } }
$op = bulk(segment_id => $seg, remove_tags => ['red'], add_tags => ['blue'], set => { attributes => { k => 1 } });
$h->call('segments_update', { id => $seg, predicate => { tag => 'blue' } });
my $hold = $h->dbh('postgres');
$hold->begin_work;
$hold->do(q{select from godwit.contacts where email = 'r1500@example.com' for update});
my $role = $h->spawn(qw(worker jobs));
wait_for { (operation($h, $op)->{progress} // { done => 0 })->{done} == 1000 } 10, 'a part is done';
wait_for { $h->value('select pg_stat_clear_snapshot()'); $h->value(q{select count(*) from pg_stat_activity
    where wait_event_type = 'Lock' and query like '%bulk_turn%' and datname = current_database()}) == 1 } 10, 'the next waits';
my $late = contact(email => 'late@example.com', tags => ['red']);
my $left = $h->call('contacts_list', { email => 'r2400@example.com' })->{items}[0]{id};
$h->call('tags_remove', { tag => 'red', contact_ids => [$left] });
$h->stop($role, 'KILL');
$hold->commit;
is_deeply turned(), { red => 1500, blue => 1000 }, 'killed, what was done stays';
$o = end($op);
is_deeply counts($o), [ 'done', 2500, 2500, 2500, 0, 0, 0 ], 'it goes on behind that, to its end';
is $o->{attempts}, 2, 'begun twice';
is_deeply [ @{ got($left, 'tags') }, @{ got($late, 'tags') } ], [ ['blue'], ['red'] ],
    'who has left since is changed, who has come is not';
index_is_right('killed');
is $h->value(q{select count(distinct key) from godwit.change_log c join godwit.contacts p on p.id::text = c.key
    where c.kind = 'contact' and p.tags = '{blue}'}), 2500, 'segments are told of each';
for my $point (map { ("bulk_before_commit:$_", "bulk_after_commit:$_") } 1, 2, 4) {
    $op = bulk(segment_id => $seg, set => { attributes => { k => $point } });
    $h->godwit({ env => { GODWIT_CRASH => $point } }, @once);
    $o = operation($h, $op);
    is_deeply [ $o->{attempts}, @{ counts($o) } ], [ 2, 'done', 2500, 2500, 2500, 0, 0, 0 ], "killed at $point, each once";
}

# ---- cancelled on its way; what is gone meanwhile
$op = bulk(list_id => $news, add_tags => ['x']);
$h->call('operations_cancel', { id => $op });
is_deeply [ @{ counts(operation($h, $op)) }[ 0 .. 2 ] ], [ 'cancelled', undef, 0 ], 'cancelled while it waits';
$h->godwit(@once);
is $h->value(q{select count(*) from godwit.contact_tags where tag = 'x'}), 0, 'it does nothing';
$op = bulk(segment_id => $seg, set => { company_id => $com });
$h->call('companies_delete', { id => $com });
$o = end($op);
is "$o->{state} $o->{error}{code} $o->{error}{message}", "failed invalid there is no company $com", 'what is gone ends it with a sentence';
$op = bulk(list_id => $news, add_tags => ['x']);
$h->call('lists_delete', { id => $news });
is end($op)->{error}{message}, "there is no list $news any more", 'a list that is gone';
$op = bulk(contact_ids => [$ann], set => { attributes => { plan => 'gold' } });
my ($field) = $h->call('fields_list', {})->{items}[0]{id};
$h->call('contacts_update', { id => $_, attributes => { plan => undef } }) for $ann, $bob;
$h->call('fields_update', { id => $field, options => ['tin'] });
is end($op)->{error}{message}, '"attributes.plan" is not one of tin', 'a field that takes it no more';

# ---- a role that may not change lists
$h->nginx;
my @by = by(session($h, 'ed@example.com'), 'ws_1');
is api($h, POST => '/contacts/bulk', @by, json => { contact_ids => [$ann], add_lists => [$old] })->{status}, 403, 'lists take their scope';
is api($h, POST => '/contacts/bulk', @by, json => { contact_ids => [$ann], add_tags => ['y'] })->{status}, 202, 'tags do not';

done_testing;
