#!/usr/bin/perl
# What meets a merge: another one at the same moment, what is said after it, a
# deletion, events of the people, and as much as there is no room for.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use DBD::Pg qw(:async);
use JSON::PP ();

my $h = Godwit->new;
my $json = JSON::PP->new->utf8->canonical;

sub made { return $h->call('contacts_create', {@_})->{id} }
sub merged { return $h->call('merges_create', { into => $_[0], contact_id => $_[1] })->{id} }
sub waits { return $h->value('select count(*) from pg_locks where not granted') }
my $two = $h->dbh('postgres');
sub begin { $two->begin_work; $two->do(q{select set_config('app.tenant', '1', true)}) }

# ---- an undo that another merge overtakes
my ($ann, $bea, $cy) = map { made(email => "$_\@example.com", external_id => $_) } qw(ann bea cy);
my ($aid, $bid, $cid) = map { s/\D//gr } $ann, $bea, $cy;
my $m = merged($ann, $bea);
begin();
$two->do('select from godwit.contacts where id in (?, ?) for update', undef, $aid, $cid);
$two->do(q{select godwit.contact_merge(1, ?, ?, 'x', '2026-01-01Z')}, undef, $cid, $aid);
my $log = $h->state . '/undo.json';
my $pid = $h->spawn({ program => [ 'sh', '-c', qq(exec "\$0" call merges_undo '{"id":"$m"}' >$log), Godwit::program() ] });
wait_for { waits() } 10, 'an undo waits for the merge';
$two->commit;
waitpid $pid, 0;
like slurp($log), qr/"$ann itself went into $cy; undo that first"/, 'and is told of it';
is $h->call('identities_find', { kind => 'email', value => 'bea@example.com' })->{id}, $cy, 'nothing is undone';

# ---- what is said after it, and what was taken meanwhile
my ($news, $old) = map { $h->call('lists_create', { name => $_ })->{id} } qw(news old);
my ($dee, $eve) = map { made(email => "$_\@example.com", external_id => $_) } qw(dee eve);
my ($did, $eid) = map { s/\D//gr } $dee, $eve;
my $left = 'insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at) values (1, ?, ?, false, ?)';
$h->dbh('postgres')->do($left, undef, 2, $did, '2026-01-01Z');
$m = merged($dee, $eve);
$h->dbh('postgres')->do($left, undef, 1, $did, '2025-01-01Z');      # brought late
$h->call('contacts_update', { id => $dee, tracking => JSON::PP::false });
$h->call('identities_remove', { id => $dee, kind => 'external_id', value => 'eve' });
$h->call('identities_add', { id => $cy, kind => 'external_id', value => 'eve' });
$h->refused('merges_undo', { id => $m }, 'conflict', 'id', "what $eve had is another contact's now: its external id");
$h->call('identities_remove', { id => $cy, kind => 'external_id', value => 'eve' });
$h->call('merges_undo', { id => $m });
is_deeply $h->rows('select list_id, wanted from godwit.subscriptions where contact_id = ?', $eid), [ { list_id => 1, wanted => 0 } ],
    'a list that he left meanwhile both have left, not one from before';
ok !$h->call('contacts_get', { id => $eve })->{tracking}, 'neither is followed';

# ---- attributes: what was changed since stays, what no field takes any more does not come back
my ($pia, $quo) = map { made(email => "$_\@example.com", attributes => { plan => $_, ($_ eq 'quo' ? (size => 'big') : ()) }) } qw(pia quo);
$m = merged($pia, $quo);
$h->call('contacts_update', { id => $pia, attributes => { plan => 'gold', size => undef } });
my $field = $h->call('fields_create', { key => 'size', type => 'number' })->{id};
$h->refused('merges_undo', { id => $m }, 'conflict', 'id',
    qq(what $quo had as "size" is not what this field takes now; change the field, or delete it));
$h->call('fields_delete', { id => $field });
$h->call('merges_undo', { id => $m });
is_deeply [ map { $h->call('contacts_get', { id => $_ })->{attributes} } $pia, $quo ],
    [ { plan => 'gold' }, { plan => 'quo', size => 'big' } ], 'an attribute that was changed since stays';

# ---- nobody is merged while a batch of a file is under way, nor while he is erased
begin();
$two->do('select godwit.fields_version(1)');         # as a batch begins
$pid = $h->spawn({ program => [ 'sh', '-c', qq(exec "\$0" call merges_create '{"into":"$pia","contact_id":"$quo"}' >$log), Godwit::program() ] });
wait_for { waits() } 10, 'a merge waits for a batch';
$two->do('select from godwit.contacts where id = any (?) for update nowait', undef, [ map { s/\D//gr } $pia, $quo ]);
$two->commit;
waitpid $pid, 0;
$m = $json->decode(slurp($log))->{id};
$h->call('contacts_erase', { id => $quo });
$h->refused('merges_undo', { id => $m }, 'conflict', 'id', "$pia is being erased");
$h->refused('merges_create', { into => $cy, contact_id => $pia }, 'conflict', 'contact_id', "$pia is being erased");
# a visitor who goes into him at that moment is erased as well
my ($pid_, $vid) = map { s/\D//gr } $pia, made(external_id => 'visitor');
$h->dbh('postgres')->do(q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
    values (1, '2026-01-03Z', ?, 1, 'bought', '{}', 1, '2026-01-03Z')}, undef, $vid);
begin();
$two->do('select from godwit.contacts where id in (?, ?) for update', undef, $pid_, $vid);
$pid = $h->spawn(qw(worker jobs --once));
wait_for { waits() } 10, 'an erasure waits for a merge';
$two->do(q{select godwit.contact_merge(1, ?, ?, 'track', '2026-01-01Z')}, undef, $pid_, $vid);
$two->commit;
waitpid $pid, 0;
is $h->value(q{select (select count(*) from godwit.tracked) || ' ' || string_agg(contact_id || '', ',' order by contact_id)
    from godwit.erasures}), '0 ' . join(',', sort { $a <=> $b } $pid_, $vid, $quo =~ s/\D//gr), 'and takes all of him';

# who is made with an address that a merge is about to keep is not made
my ($ria, $sam) = map { made(email => "$_\@example.com") } qw(ria sam);
begin();
$two->do(q{select godwit.contact_merge(1, ?, ?, 'x', '2026-01-01Z')}, undef,
    map { s/\D//gr } $ria, $sam);
$pid = $h->spawn({ program => [ 'sh', '-c', qq(exec "\$0" call contacts_create '{"email":"sam\@example.com"}' >$log), Godwit::program() ] });
wait_for { waits() } 10, 'a contact waits for a merge';
$two->commit;
waitpid $pid, 0;
is eval { $json->decode(slurp($log))->{error}{message} }, 'a contact with this e-mail address is there already', 'and is told of it';

# ---- nothing of it is left with who is deleted
$h->call('notes_create', { contact_id => $eve, text => 'x' });
merged($dee, $eve);
$h->call('contacts_delete', { id => $dee });
is $h->value('select (select count(*) from godwit.notes) + (select count(*) from godwit.subscriptions)'), 0,
    'who is deleted takes with him what the others had said';

# ---- no more than there is room for
my ($fay, $gus) = map { my $w = $_; made(email => "$w\@example.com", attributes => { $w => 'x' x 40000, same => $w },
    tags => [ map { "$w$_" } 1 .. 60 ]) } qw(fay gus);
$m = merged($fay, $gus);
my $one = $h->call('contacts_get', { id => $fay });
is_deeply [ sort keys %{ $one->{attributes} } ], [qw(fay same)], 'attributes that have no room stay where they were';
is_deeply [ map { my $w = $_; scalar grep { /^$w/ } @{ $one->{tags} } } qw(fay gus) ], [ 60, 40 ], 'of tags a hundred';
merged($fay, made(email => 'jo@example.com', attributes => { a => 1 }, tags => ['jo']));
cmp_ok $h->value('select length(kept::text) from godwit.merges order by id desc limit 1'), '<', 5000, 'what had nothing to bring takes no room';
$h->call('merges_undo', { id => $m });
is_deeply [ map { length $h->call('contacts_get', { id => $_ })->{attributes}{ $_ eq $fay ? 'fay' : 'gus' } } $fay, $gus ], [ 40000, 40000 ],
    'and nothing is lost';

# ---- the stricter wish is that of both; what was confirmed at an address is of that one
my ($hal, $ivy) = map { made(email => "$_\@example.com", tracking => $_ eq 'hal' ? JSON::PP::true : JSON::PP::false) } qw(hal ivy);
for ([ $hal, '2098-01-01Z', 30, 't' ], [ $ivy, '2099-01-01Z', 7, 'f' ]) {
    my ($who, $until, $days, $wanted) = ($_->[0] =~ s/\D//gr, @$_[ 1 .. 3 ]);
    $h->dbh('postgres')->do(q{insert into godwit.preferences (tenant_id, contact_id, paused_until, every_days)
        values (1, ?, ?, ?)}, undef, $who, $until, $days);
    $h->dbh('postgres')->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at)
        values (1, 1, ?, ?, '2026-01-01Z')}, undef, $who, $wanted);
}
merged($hal, $ivy);
ok !$h->call('contacts_get', { id => $hal })->{tracking}, 'who is not to be followed is not';
my ($hid) = $hal =~ /(\d+)/;
is $h->value(q{select extract(year from paused_until) || ' ' || every_days from godwit.preferences where contact_id = ?}, $hid), '2099 30',
    'the longer pause, the fewer mails';
is $h->value('select wanted from godwit.subscriptions where contact_id = ?', $hid), 0, 'the list that one has left';
my $jim = made(email => 'jim@example.com');
$h->dbh('postgres')->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at, confirmed_at)
    values (1, 1, ?, true, '2026-01-01Z', '2026-01-01Z')}, undef, $jim =~ s/\D//gr);
my $jon = made(email => 'jon@example.com');
merged($jon, $jim);
is $h->value('select count(confirmed_at) from godwit.subscriptions where contact_id = ?', $jon =~ s/\D//gr), 0,
    'what was confirmed at another address';

# ---- by the link of who went into another: his forms are bounded, his mail has its images
merged($fay, $gus);
my ($fid, $gid) = map { s/\D//gr } $fay, $gus;
$h->dbh('gw_worker')->do(q{select godwit.preferences_said(jsonb_agg(jsonb_build_object('tenant', 1, 'campaign', 0, 'contact', ?::int,
    'at', i, 'words', 'every7')), clock_timestamp()) from generate_series(1, 103) i}, undef, $gid);
is_deeply $h->rows('select contact_id, count(*) from godwit.preference_notes group by 1'), [ { contact_id => $fid, count => 100 } ],
    'of forms the last hundred';
my $c = $h->call('campaigns_create', { name => 'c', list_id => $news, from => 'shop@example.com', subject => 's', html => 'h' })->{id};
$h->dbh('postgres')->do($_) for q{insert into godwit.files (tenant_id, host_id, bytes, type, path, state, created_at)
    select 1, id, 1, 'image/png', 'x', 'ready', '2026-01-01Z' from godwit.hosts limit 1}, q{update godwit.campaigns
    set files = (select jsonb_build_array(jsonb_build_object('id', max(id) || '', 'as', 'inline')) from godwit.files)};
is $json->decode($h->dbh('gw_edge')->selectrow_array('select auth.track_image(1, ?, ?, 0)', undef, $c =~ s/\D//gr, $gid) // '{}')->{path}, 'x',
    'an image of a mail that went to him';

# ---- events of people
sub resolve {
    my $n = 0;
    return [ map { @$_{qw(contact_id problem)} } @{ $h->dbh('gw_worker')->selectall_arrayref(
        'select * from godwit.contacts_resolve(?, clock_timestamp())', { Slice => {} },
        $json->encode([ map { { n => $n++, tenant => 1, %$_ } } @_ ])) } ];
}
$h->call('webhooks_create', { url => 'https://hooks.example.com/', events => ['contact.created'] });
my $ida = resolve(map { { external_id => 'ida', traits => { n => $_ } } } 1, 2)->[0];
is $h->value('select count(*) from godwit.webhook_deliveries'), 1, 'who is made is told of once';
is_deeply resolve({ contact_id => $did, external_id => 'ida' }), [ $ida, undef ], 'a link of who is deleted: who else it says';
$h->dbh('gw_worker')->do(q{select godwit.contacts_resolve(jsonb_agg(jsonb_build_object('n', i, 'tenant', 1, 'external_id', 'ida',
    'anonymous_id', 'b' || i)), clock_timestamp()) from generate_series(1, 210) i});
is_deeply $h->rows(q{select count(*), min(value) from godwit.contact_identities where contact_id = ? and value ~ 'b21.'}, $ida),
    [ { count => 1, min => 'b210' } ], 'of any number of browsers';
is @{ $h->call('identities_get', { id => "ct_$ida" })->{identities} }, 201, 'he has two hundred';
$h->refused('identities_add', { id => "ct_$ida", kind => 'phone', value => '+491701234567' }, 'conflict', 'id',
    "ct_$ida has 200 identities already; take one away");

# an id of another is not taken with a link
my ($max, $ned) = map { made(email => "$_\@example.com") } qw(max ned);
$h->call('identities_add', { id => $max, kind => 'external_id', value => 'm-1' });
is_deeply [ map { @{ resolve({ contact_id => $ned =~ s|\D||gr, external_id => $_ }) } } qw(ida m-1) ],
    [ ($ned =~ s|\D||gr, q{external_id is another contact's}) x 2 ], 'who is known by an id keeps it';
resolve({ external_id => 'm-1', traits => { n => 1 } });
is_deeply [ map { "$_->{kind} $_->{value} $_->{own}" } @{ $h->call('identities_get', { id => $max })->{identities} } ],
    [ 'email max@example.com 1', 'external_id m-1 1' ], 'and has it once';

# one who goes into another while an event of his is taken is not made anew
my ($kim, $lou) = map { made(external_id => $_, email => "$_\@example.com") } qw(kim lou);
my ($kid, $lid) = map { s/\D//gr } $kim, $lou;
begin();
$two->do('select from godwit.contacts where id in (?, ?) for update', undef, $kid, $lid);
my $async = $h->dbh('gw_worker');
my $st = $async->prepare('select contact_id from godwit.contacts_resolve(?, clock_timestamp())', { pg_async => PG_ASYNC });
$st->execute($json->encode([ { n => 1, tenant => 1, external_id => 'kim', traits => { n => 1 } } ]));
wait_for { waits() } 10, 'an event waits for a merge';
$two->do(q{select godwit.contact_merge(1, ?, ?, 'x', '2026-01-01Z')}, undef, $lid, $kid);
$two->commit;
$async->pg_result;
is $st->fetchrow_array, $lid, 'and is of who has him now';

# nor is one who is made at that moment made twice
begin();
$two->do(q{insert into godwit.contacts (tenant_id, external_id, created_at, updated_at) values (1, 'max', '2026-01-01Z', '2026-01-01Z')});
$st->execute($json->encode([ { n => 1, tenant => 1, external_id => 'max' } ]));
wait_for { waits() } 10, 'an event waits for who is being made';
$two->commit;
$async->pg_result;
is $st->fetchrow_array, $h->value(q{select id from godwit.contacts where external_id = 'max'}), 'and is his';

# an address whose owner is known by another id is not taken; nor is there room for any number
my $r = resolve({ external_id => 'nat', email => 'lou@example.com' });
is $r->[1], 'email is another contact\'s', 'an address of another';
is_deeply [ @{ $h->call('contacts_get', { id => "ct_$r->[0]" }) }{qw(email external_id)} ], [ undef, 'nat' ], 'stays where it was';
my $long = resolve({ external_id => 'nat', traits => { map { $_ => 'x' x 30000 } 1 .. 3 } });
is $long->[1], 'attributes', 'traits have no more room than attributes';
$h->godwit(qw(quota set --metric contacts --hard 1));
is_deeply resolve({ external_id => 'one too many' }, { external_id => 'nat' }), [ undef, 'quota', $r->[0], undef ], 'nor do contacts';

# who changes a field waits for no contact that waits for fields
begin();
$two->do(q{select pg_advisory_xact_lock(hashtextextended('fields', 1))});
$st->execute($json->encode([ { n => 1, tenant => 1, external_id => 'lou', traits => { n => 2 } } ]));
wait_for { waits() } 10, 'traits wait for fields';
ok eval { $two->do('select from godwit.contacts where id = ? for update nowait', undef, $lid) }, 'and hold nobody meanwhile';
$two->commit;
$async->pg_result;

$st->finish;

done_testing;
