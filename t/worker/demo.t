#!/usr/bin/perl
# Demo data: a shop to look at, loaded and removed once whatever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
my @once = qw(worker jobs --once);
sub run { my ($what, %env) = @_; my $op = $h->call("demo_$what", {})->{operation}; $h->godwit({ env => \%env }, @once);
    return operation($h, $op) }
sub state { return $h->call('demo_get', {})->{state} }
my @tables = qw(contacts contact_tags lists list_members segments templates template_versions campaigns campaign_cursors links sends
    events engagement campaign_totals campaign_hours rollups rollup_states demo_made);
# what is drawn by the ids of contacts is not the same twice
my @same = grep { !/^(?:events|engagement|campaign_hours|rollups)$/ } @tables;
sub counts { return +{ map { $_ => $h->value("select count(*) from godwit.$_") } @tables } }

my $own = $h->call('contacts_create', { email => 'own@example.com', tags => ['regular'] })->{id};
my $list = $h->call('lists_create', { name => 'own' })->{id};
$h->call('fields_create', { key => 'city', type => 'number' });
my $before = counts();
$h->refused('demo_remove', {}, 'conflict', undef, 'there is no demo data to remove');

my $o = run('load');
is_deeply [ @$o{qw(state progress)} ], [ 'done', { done => 6, total => 6 } ], 'it is loaded, step by step';
is state(), 'loaded', 'and there';
$h->refused('demo_load', {}, 'conflict', undef, 'the demo data is there already');
my $made = counts();
is_deeply [ @$made{qw(contacts lists segments campaigns sends demo_made)} ], [ 301, 2, 1, 2, 600, 306 ], 'a shop';
is $h->value(q{select count(*) from godwit.contacts where attributes->'city' is not null}), 0, 'a field of another type is left alone';
my ($letter) = grep { $_->{name} =~ /autumn/ } @{ $h->call('campaigns_list', {})->{items} };
my $report = $h->call('campaigns_stats', { id => $letter->{id} });
cmp_ok $report->{unique_clicks} // $report->{clicks}, '>', 20, 'with clicks';
is $h->value('select count(*) from godwit.mail_queue'), 0, 'no mail waits';
is_deeply [ $h->value('select seen, as_of is not null from godwit.rollup_states limit 1') ? 1 : 0 ], [1], 'reports are rolled up';

# ---- gone again, but for what is needed
my $ct = sub { $h->call('contacts_list', { email => $h->value(q{select email from godwit.contacts where email like '%.' || ? || '@shop.example.com'}, $_[0]) })->{items}[0]{id} };
my ($kept, $theirs) = map { $ct->($_) } 7, 8;
$h->call('merges_create', { into => $kept, contact_id => $own });
$h->call('lists_add', { id => $list, contact_ids => [ $kept, $theirs ] });
$o = run('remove');
is_deeply [ @$o{qw(state result)} ], [ 'done', { removed => 304, kept => 2 } ], 'removed, but for a contact and its list';
is state(), 'none', 'it is not there any more';
is_deeply [ map { $_->{id} } @{ $h->call('contacts_list', {})->{items} } ], [$kept], 'whom an own one went into stays';
is $h->call('lists_get', { id => $list })->{members}, 1, 'on the own list';
$h->refused('demo_remove', {}, 'conflict', undef, 'there is no demo data to remove');
my ($left) = grep { $_->{name} =~ /demo/ } @{ $h->call('lists_list', {})->{items} };
$h->call('lists_delete', { id => $left->{id} });
$h->call('contacts_delete', { id => $kept });
$h->call('contacts_create', { email => 'own@example.com', tags => ['regular'] });
is_deeply counts(), $before, 'nothing else is left';

# ---- killed anywhere
for my $point (map { ("bulk_before_commit:$_", "bulk_after_commit:$_") } 1, 4) {
    is run('load', GODWIT_CRASH => $point)->{state}, 'done', "killed at $point it is loaded";
    my $now = counts();
    is_deeply [ @$now{@same} ], [ @$made{@same} ], 'once';
    is_deeply run('remove', GODWIT_CRASH => $point)->{result}, { removed => 306, kept => 0 }, 'and removed';
    is_deeply counts(), $before, 'whole';
}

# ---- cancelled, or refused on its way
my $taken = $h->call('segments_create', { name => 'Regulars (demo)', predicate => { tag => 'a' } })->{id};
like run('load')->{error}{message}, qr/"Regulars \(demo\)"/, 'a name that is taken ends it';
is state(), 'partial', 'with a part of it';
$h->refused('demo_load', {}, 'conflict', undef, 'a part of the demo data is there; remove it first');
my $op = $h->call('demo_remove', {})->{operation};
$h->refused('demo_load', {}, 'conflict', undef, 'the demo data is being removed; wait until that is over');
$h->call('operations_cancel', { id => $op });
is run('remove')->{state}, 'done', 'which can be removed';
$h->call('segments_delete', { id => $taken });
is_deeply counts(), $before, 'as it was';

done_testing;
