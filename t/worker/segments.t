#!/usr/bin/perl
# Who is in a segment follows what happens to contacts, and what time alone
# changes; why somebody is in it, estimates, overlaps, snapshots.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my @ct = map { $h->call('contacts_create', { email => "$_\@example.com", attributes => { orders => length } })->{id} }
    qw(a bb ccc);
my $big = $h->call('segments_create', { name => 'Big', predicate => { attribute => 'orders', op => 'at_least', value => 2 } });
is "@$big{qw(english members)} " . !!$big->{counting}, '"orders" is at least 2 0 1', 'a segment that nobody has looked at yet';
sub is_in { my ($s) = @_; return join ' ', map { $_->{contact_id} } @{ $h->call('segments_members', { id => $s->{id} })->{items} } }
sub wants { my ($s, @want) = @_; return sub { is_in($s) eq "@want" } }
sub follows { my ($s, $name, @want) = @_; wait_for { is_in($s) eq "@want" } 10, $name }

# as a large workspace: piece by piece
my $pieces = 0;
while ($h->value('select count(refresh_pos) from godwit.segments')) {
    $h->value('select godwit.segment_turn(1, 1, null, 2, clock_timestamp())');
    last if ++$pieces > 9;
}
is "$pieces: " . is_in($big), "2: @ct[1, 2]", 'all of its pieces are looked at';
$h->dbh->do($_) for 'delete from godwit.segment_members', 'update godwit.segments set members = 0';

my $role = $h->spawn('worker', 'segments');
follows($big, 'then somebody has', @ct[1, 2]);
wait_for { !$h->call('segments_get', { id => $big->{id} })->{counting} } 5, 'at all of them';
is $h->call('segments_get', { id => $big->{id} })->{members}, 2, 'and they are counted';

# what happens to contacts
$h->call('contacts_update', { id => $ct[0], attributes => { orders => 7 } });
$h->call('contacts_delete', { id => $ct[2] });
follows($big, 'a change is followed, and an end', @ct[0, 1]);
wait_for { $h->call('segments_get', { id => $big->{id} })->{members} == 2 } 5, 'the count too';
my $list = $h->call('lists_create', { name => 'a' })->{id};
my $on = $h->call('segments_create', { name => 'On', predicate => { all => [ { list => $list },
    { not => { consent => 'email', is => 'revoked' } } ] } });
$h->call('lists_add', { id => $list, contact_ids => [ @ct[0, 1] ] });
follows($on, 'members of a list', @ct[0, 1]);
$h->call('contacts_update', { id => $ct[1], consent => { email => 'revoked' } });
follows($on, 'who do not want it any more are not', $ct[0]);

# the company that they belong to
my $com = $h->call('companies_create', { name => 'Acme', attributes => { seats => 10 } })->{id};
$h->call('contacts_update', { id => $ct[0], company_id => $com });
my $large = $h->call('segments_create', { name => 'Large', predicate => { all => [ { company => 'id', op => 'set' },
    { company_attribute => 'seats', op => 'at_least', value => 50 } ] } });
wait_for { !$h->call('segments_get', { id => $large->{id} })->{counting} } 5, 'nobody belongs to a large one';
$h->call('companies_update', { id => $com, attributes => { seats => 60 } });
follows($large, 'a company that grows', $ct[0]);
for ([ 4999, 'contact 5000' ], [ 5000, 'contacts 1' ]) {
    my ($n, $told) = @$_;
    $h->dbh->begin_work;
    $h->dbh->do($_) for qq{insert into godwit.contacts (tenant_id, company_id, email, created_at, updated_at)
            select 1, @{[ $com =~ s/com_//r ]}, 'n' || i || '\@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(1, $n) i},
        qq{select godwit.company_changed(1, @{[ $com =~ s/com_//r ]}, '2026-01-01Z')};
    is $h->value(q{select string_agg(distinct kind, ' ') || ' ' || count(*) from godwit.change_log
        where tenant_id = 1 and xmin = pg_current_xact_id()::xid}), $told, "of one with $n more, $told are looked at";
    $h->dbh->rollback;
}
$h->call('companies_delete', { id => $com });
follows($large, 'and is gone');

# what they do
my $clicked = $h->call('segments_create', { name => 'Clicked', predicate => { event => 'click' } });
wait_for { !$h->call('segments_get', { id => $clicked->{id} })->{counting} } 5, 'nobody has clicked';
$h->dbh->do(q{insert into godwit.events (tenant_id, campaign_id, contact_id, at, kind, class)
    values (1, 1, 2, '2026-01-02T00:00:00Z', 2, 1)});
$h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at)
    values (1, 'events', godwit.span_key(1, '2026-01-02Z', '2026-01-02Z'), '2026-01-02Z')});
follows($clicked, 'what was drained', $ct[1]);

# when only time passes
my ($next, $past) = map { $h->call('segments_create', { name => $_, predicate => { attribute => 'renews', op => $_,
    value => '1h' } }) } qw(within_next within_last);
wait_for { !$h->value('select count(*) from godwit.segments where counted_at is null') } 10, 'nobody renews';
sub renews { my ($id, $in) = @_; $h->call('contacts_update', { id => $id, attributes => { renews => defined $in
    ? POSIX::strftime('%FT%TZ', gmtime time + $in) : undef } }) }
renews($ct[1], 1800);
follows($next, 'it is to come', $ct[1]);
wait_for { $h->value('select count(*) from godwit.segment_timers') == 2 } 5, 'both segments wait for it';
is $h->value(q{select count(*) from (select godwit.segment_turn(1, segment_id, array[contact_id], 0,
    at + interval '1 minute') from godwit.segment_timers where at < clock_timestamp() + interval '31 minutes') t}), 2,
    'half an hour later';
is is_in($next) . '/' . is_in($past), "/$ct[1]", 'it has come';
renews($ct[1], undef);
follows($past, 'it is given up');
renews($ct[0], 2);
follows($past, 'when nothing else happens', $ct[0]);
is is_in($next), '', 'it is no more to come';
is $h->value('select count(*) from godwit.segment_timers'), 1, 'the end of that hour is waited for';

# to whom a campaign went, when it has ended or rests
my $list2 = $h->call('lists_create', { name => 'b' })->{id};
$h->call('lists_add', { id => $list2, contact_ids => [ $ct[0] ] });
my $sent = $h->call('campaigns_create', { list_id => $list2, from => 'a@example.com', subject => 's', html => 'h',
    name => 's' })->{id};
my $got = $h->call('segments_create', { name => 'Got', predicate => { not => { campaign => $sent, did => 'sent' } } });
follows($got, 'nobody got it', @ct[0, 1]);
$h->call('campaigns_start', { id => $sent });
$h->dbh->do('insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, ?, ?, now(), 2)',
    undef, map { s/\D+//r } $sent, $ct[0]);
$h->call('campaigns_pause', { id => $sent });
follows($got, 'one of them did', $ct[1]);

# one that Postgres refuses stops no other
$h->dbh->do(q{update godwit.segments set predicate = '{"attribute":"orders","op":"more","value":"x"}' where name = 'Big'});
$h->call('contacts_update', { id => $ct[1], attributes => { orders => 1 } });
$h->call('segments_update', { id => $got->{id}, predicate => { attribute => 'orders', op => 'less', value => 2 } });
follows($got, 'the others follow', $ct[1]);
my $problem = sub { $h->call('segments_get', { id => $big->{id} })->{problem} };
wait_for { $problem->() } 5, 'and that one stops';
like $problem->(), qr/^Postgres refuses the predicate: invalid input/, 'it says why it does not';
is is_in($big), "@ct[0, 1]", 'and has who was in it';

# another predicate, and none
$h->call('segments_update', { id => $big->{id}, predicate => { attribute => 'orders', op => 'less', value => 3 } });
follows($big, 'another predicate', $ct[1]);
is $problem->(), undef, 'which mends one';
my $why = $h->call('segments_why', { id => $on->{id}, contact_id => $ct[1] });
is_deeply [ map { "$_->{pointer} $_->{english}: " . ($_->{match} ? 1 : 0) } @{ $why->{conditions} } ],
    [ "/all/0 is on the list $list: 1", '/all/1/not consent to email is revoked: 1' ], 'why he is not in it';
my $many = $h->call('segments_create', { name => 'Many', predicate => { any => [ map { { tag => "t$_" } } 1 .. 499 ] } });
is @{ $h->call('segments_why', { id => $many->{id}, contact_id => $ct[1] })->{conditions} }, 499, 'of as many as may be';
is !!$why->{match} . '/' . ($why->{since} // 'no'), '/no', 'and he is not';
is_deeply $h->call('segments_overlap', { segment_ids => [ $big->{id}, $clicked->{id}, $on->{id} ] })->{overlaps}, [
    { segment_ids => [ $big->{id}, $on->{id} ], members => 0 },
    { segment_ids => [ $big->{id}, $clicked->{id} ], members => 1 },
    { segment_ids => [ $on->{id}, $clicked->{id} ], members => 0 } ], 'what they share';
my $frozen = $h->call('segments_snapshot', { id => $clicked->{id}, name => 'Clicked in January' });
is $frozen->{members}, 1, 'a list of who is in it now';
my $n = $h->call('segments_estimate', { predicate => { not => { tag => 'x' } } });
is "@$n{qw(contacts low high)} " . !!$n->{exact}, '2 2 2 1', 'few contacts are counted';
is $h->call('segments_count', { predicate => { any => [] } })->{contacts}, 0, 'nobody';

# a campaign to those of its list who are in a segment, as it is at the start
my %mail = (list_id => $list, from => 'a@example.com', subject => 's', html => 'h');
my $camp = $h->call('campaigns_create', { %mail, name => 'c', segment_id => $on->{id} });
is $camp->{segment_id}, $on->{id}, 'a campaign has a segment';
my ($needed, $says) = $h->try('segments_delete', { id => $on->{id} });
is $says->{error}{message}, "segment $on->{id} is needed by campaign $camp->{id}", 'which stays while the draft is there';
$h->call('campaigns_start', { id => $camp->{id} });
is $h->call('campaigns_stats', { id => $camp->{id} })->{audience}, 1, 'one of the two on the list';
my $none = $h->call('campaigns_create', { %mail, name => 'd', segment_id => $past->{id} });
$h->call('lists_remove', { id => $list, contact_ids => [ $ct[0] ] });
($needed, $says) = $h->try('campaigns_start', { id => $none->{id} });
like $says->{error}{message}, qr/^list $list has no members in segment $past->{id}; /, 'nobody is in both';

# what was done under another name, by one who was merged, is his
my $also = $h->call('contacts_create', { email => 'also@example.com' })->{id};
$h->call('merges_create', { into => $ct[0], contact_id => $also });
$h->dbh->do(q{insert into godwit.events (tenant_id, campaign_id, contact_id, at, kind, class)
    values (1, 1, ?, '2026-01-03T00:00:00Z', 2, 1)}, undef, $also =~ s/ct_//r);
$h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at)
    values (1, 'events', godwit.span_key(1, '2026-01-03Z', '2026-01-03Z'), '2026-01-03Z')});
follows($clicked, 'a click of one who was merged', @ct[0, 1]);

# a role that was away looks at all of them
my $left = $h->call('contacts_create', { email => 'left@example.com', attributes => { orders => 1 } })->{id};
follows($big, 'another', $ct[1], $left);
$h->stop($role);
$h->dbh->do('delete from godwit.contacts where id = ?', undef, $left =~ s/ct_//r);
$h->dbh->do(q{update godwit.contacts set attributes = '{"orders":1}'});
$h->dbh->do(q{insert into godwit.segments (tenant_id, name, predicate, english, phrases, created_at, updated_at)
    values (2, 'x', '{"all":[]}', '', '[]', clock_timestamp(), clock_timestamp())});
my $look = sub { $h->dbh->do(qq{select godwit.segment_turn(1, 1, null, $_[0], clock_timestamp())});
    return $h->value(q{select coalesce(refresh_pos, -1) from godwit.segments where id = 1}) };
$h->dbh->do('update godwit.segments set refresh_pos = 0 where id = 1');
is $look->(1), 1, 'a look at all of them';
$h->dbh->do(q{select godwit.segments_changed('[[1, "contacts", ""]]')});
is $look->(1) . ' ' . $look->(100) . ' ' . $look->(100), '2 0 -1', 'has an end before the next begins';
my $lock = DBI->connect('dbi:Pg:' . $h->info, 'postgres', '', { RaiseError => 1, AutoCommit => 0 });
$lock->do('lock table godwit.list_members in access exclusive mode');
$h->dbh->do($_) for q{set statement_timeout = '1s'}, q{set client_min_messages = error},
    "select godwit.segment_turn(1, @{[ $on->{id} =~ s/seg_//r ]}, '{1}', 1, clock_timestamp())", 'set statement_timeout = 0';
$lock->disconnect;
is $h->value(q{select string_agg(name || ': ' || problem, ' ') from godwit.segments}),
    'On: the predicate takes too long; make it simpler', 'one that takes too long';
$h->dbh->do('update godwit.segments set counted_at = null');
$h->spawn('worker', 'segments');
follows($big, 'what was missed is found', @ct[0, 1]);
wait_for { !$h->value('select count(*) from godwit.segments where counted_at is null') } 10, 'all were looked at';
is $h->value(q{select count(*) from godwit.segments s where s.tenant_id = 1
    and counted_at < (select counted_at from godwit.segments where tenant_id = 2)}), 1, 'each workspace has its turn';
is $h->value('select count(problem) from godwit.segments'), 0, 'and those that failed another try';
$h->call('segments_delete', { id => $big->{id} });
is $h->value('select count(*) from godwit.segment_members where segment_id = 1'), 0, 'nothing is left of it';

my ($exit, $doc) = $h->try('segments_create', { name => 'x', predicate => { any => [ { tag => '' } ] } });
is $doc->{error}{message}, '"predicate" at /any/0/tag: "tag" has 0 characters; 1 to 200 are allowed', 'a wrong one';
done_testing;
