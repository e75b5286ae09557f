#!/usr/bin/perl
# One person under several contacts: identities, merges and their undoing, what
# sites say of visitors, the timeline; nothing of anybody is lost or told twice.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP ();

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $json = JSON::PP->new->utf8->canonical;
$h->dbh->do(q{select set_config('app.tenant', '1', false)});

sub contact { return $h->call('contacts_get', { id => $_[0] }) }
sub found { my ($kind, $value) = @_; return $h->call('identities_find', { kind => $kind, value => $value })->{id} }
sub index_is_right {
    is_deeply $h->rows(q{select contact_id, array_agg(tag order by tag) as tags from godwit.contact_tags group by 1 order by 1}),
        $h->rows('select id as contact_id, tags from godwit.contacts where tags is not null order by id'), $_[0];
}

# ---- identities
my $ann = $h->call('contacts_create', { email => 'Ann@example.com', phone => '0049 (170) 123-4567', first_name => 'Ann',
    attributes => { plan => 'gold', a => 1 }, tags => [qw(shop vip)], consent => { sms => 'revoked' } })->{id};
is contact($ann)->{phone}, '+491701234567', 'a telephone number is kept as E.164';
$h->refused('contacts_create', { phone => '0170 1234567' }, 'invalid', 'phone',
    '"phone" is not a telephone number with its country code, such as +491701234567');
$h->call('identities_add', { id => $ann, kind => $_->[0], value => $_->[1] })
    for [ email => 'ANN@work.example' ], [ whatsapp => '+49 170 1234567' ], [ anonymous_id => 'v-1' ];
is_deeply [ map { "$_->{kind} $_->{value} $_->{own}" } @{ $h->call('identities_get', { id => $ann })->{identities} } ],
    [ 'email Ann@example.com 1', 'phone +491701234567 1', 'anonymous_id v-1 0', 'email ann@work.example 0',
      'whatsapp 491701234567 0' ], 'what it is found by';
is join(' ', found(email => 'ann@WORK.example'), found(phone => '+49 170 1234567'), found(whatsapp => '491701234567')),
    "$ann $ann $ann", 'it is found by each';
my $bea = $h->call('contacts_create', { email => 'bea@example.com', external_id => 'b-1', phone => '+491701234567', last_name => 'Lee',
    attributes => { a => 2, b => 3 }, tags => ['vip'], consent => { email => 'revoked', voice => 'granted', sms => 'granted' } })->{id};
$h->refused('identities_add', { id => $bea, kind => 'email', value => 'ann@example.com' }, 'conflict', 'value',
    "$ann has this already; merge the two, or take it from that one");
$h->refused('contacts_update', { id => $bea, email => 'ann@work.example' }, 'conflict', 'email', 'a contact with this e-mail address is there already');
$h->refused('identities_remove', { id => $ann, kind => 'email', value => 'ann@example.com' }, 'conflict', 'value',
    'it is the "email" of the contact itself; change that');
$h->call('identities_remove', { id => $ann, kind => 'anonymous_id', value => 'v-1' });
$h->refused('identities_find', { kind => 'anonymous_id', value => 'v-1' }, 'not_found', 'value', 'there is no contact with this anonymous_id');

# ---- who is there twice
$h->call('contacts_create', { email => $_, first_name => 'Cy', last_name => 'Doe' }) for 'c.y+a@gmail.com', 'CY@googlemail.com';
$h->call('contacts_create', { phone => "+49170999000$_", first_name => '', last_name => ' ' }) for 1, 2;   # no name is none
is_deeply [ map { my $by = $_; map { "$by $_->{value} " . join ',', map { $_->{id} } @{ $_->{items} } }
    @{ $h->call('duplicates_list', { by => $by })->{items} } } qw(phone email name) ],
    [ "phone +491701234567 $ann,$bea", 'email cy@gmail.com ct_3,ct_4', 'name cy doe ct_3,ct_4' ], 'duplicates, and by what';

# ---- a merge
my ($news, $offers) = map { $h->call('lists_create', { name => $_ })->{id} } qw(news offers);
$h->call('lists_add', { id => $news, contact_ids => [ $ann, $bea ] });
$h->call('lists_add', { id => $offers, contact_ids => [$bea] });
$h->call('notes_create', { contact_id => $bea, text => 'Likes tea.' });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $news, from => 'shop@example.com', subject => 's', html => 'h' })->{id};
my ($aid, $bid, $cid) = map { s/\D//gr } $ann, $bea, $c;
$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, ?, ?, '2026-01-01Z', 2)}, undef, $cid, $bid);
$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind) values (1, '2026-01-02Z', ?, ?, 1)}, undef, $cid, $bid);
$h->dbh->do(q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
    values (1, '2026-01-03Z', ?, 1, 'bought', '{}', 1, '2026-01-03Z')}, undef, $bid);
my $was = [ contact($ann), contact($bea) ];
my $m = $h->call('merges_create', { into => $ann, contact_id => $bea });
my $one = contact($ann);
is_deeply [ @$one{qw(email phone external_id first_name last_name attributes tags)} ], [ 'Ann@example.com', '+491701234567', 'b-1',
    'Ann', 'Lee', { plan => 'gold', a => 1, b => 3 }, [qw(shop vip)] ], 'it keeps what it has and gets what it lacks';
is_deeply $one->{consent}, { email => 'revoked', sms => 'revoked', whatsapp => 'unknown', voice => 'granted' },
    'a no is for both, leave comes with its number';
is contact($bea)->{id}, $ann, 'its id leads there';
is join(' ', found(email => 'bea@example.com'), found(external_id => 'b-1')), "$ann $ann", 'and what it was found by';
is_deeply [ map { $h->call('lists_get', { id => $_ })->{members} } $news, $offers ], [ 1, 1 ], 'lists have it once';
index_is_right('tags as well');
is_deeply [ map { "$_->{kind} $_->{what}" } grep { $_->{kind} ne 'audit' } @{ $h->call('contacts_timeline', { id => $bea })->{items} } ],
    [ 'merge merged', 'note written', 'list joined', 'list joined', 'consent granted', 'consent granted', 'consent revoked', 'consent revoked', 'tracked bought', 'event open', 'send sent' ],
    'the timeline has both';
my (@pages, $cursor);
do {
    my $page = $h->call('contacts_timeline', { id => $ann, limit => 3, $cursor ? (cursor => $cursor) : () });
    push @pages, @{ $page->{items} };
    $cursor = $page->{next};
} while $cursor;
is_deeply \@pages, $h->call('contacts_timeline', { id => $ann })->{items}, 'page by page it is the same';
is_deeply [ map { $_->{kind} } @{ $h->call('contacts_timeline', { id => $ann, kind => 'note' })->{items} } ], ['note'], 'or of one kind';
is scalar @{ $h->call('contacts_export', { id => $ann })->{events} }, 1, 'the export has what either did';
$h->refused('merges_create', { into => $ann, contact_id => $bea }, 'not_found', 'contact_id', "there is no contact $bea any more: it went into $ann");
$h->refused('merges_create', { into => $ann, contact_id => $ann }, 'invalid', 'contact_id', '"contact_id" and "into" are the same contact');

# a file that knows the other address brings nobody back
spew($h->state . '/files/in.csv', "email,first_name,city\nbea\@example.com,Bea,Ulm\n");
$h->godwit('import', $h->state . '/files/in.csv');
is_deeply [ @{ contact($ann) }{qw(email first_name)}, contact($ann)->{attributes}{city} ], [ 'Ann@example.com', 'Bea', 'Ulm' ],
    'it finds the one who has it now';

# ---- and undone
$h->call('merges_undo', { id => $m->{id} });
my ($a2, $b2) = map { contact($_) } $ann, $bea;
is_deeply [ @$a2{qw(external_id last_name first_name)} ], [ undef, undef, 'Bea' ], 'what it got goes, what was changed since stays';
is_deeply $a2->{attributes}, { plan => 'gold', a => 1, city => 'Ulm' }, 'attribute by attribute';
is_deeply $a2->{consent}, $was->[0]{consent}, 'consent too';
delete $_->{updated_at} for $b2, $was->[1];
is_deeply $b2, $was->[1], 'the other is there as it was';
is_deeply [ map { $h->call('lists_get', { id => $_ })->{members} } $news, $offers ], [ 2, 1 ], 'on its lists';
is found(email => 'bea@example.com'), $bea, 'found by its own address';
index_is_right('and by its tags');
$h->refused('merges_undo', { id => $m->{id} }, 'conflict', 'id', "$m->{id} was undone at " . $h->value('select undone_at from godwit.merges'));

# ---- merged twice, undone in turn; an unsubscribe that comes late
my $m1 = $h->call('merges_create', { into => $bea, contact_id => 'ct_3' })->{id};
my $m2 = $h->call('merges_create', { into => $ann, contact_id => $bea })->{id};
is contact('ct_3')->{id}, $ann, 'a chain leads to its end';
$h->refused('merges_undo', { id => $m1 }, 'conflict', 'id', "$bea itself went into $ann; undo that first");
$h->call('contacts_update', { id => $ann, consent => { email => 'granted' } });
$h->nginx;
post($h, '/u/' . token($h, what => 'unsubscribe', contact => 3, campaign => $cid), 'List-Unsubscribe=One-Click');
$h->stop($h->{nginx}, 'QUIT');
$h->godwit(qw(worker ingest --once));
is contact($ann)->{consent}{email}, 'revoked', 'who says no by the mail that another id got is heard';
is $h->value(q{select count(*) from godwit.suppressions where address = 'ann@example.com'}), 1, 'and gets no mail';
$h->call('merges_undo', { id => $m2 });
is join(' ', map { contact($_)->{id} } 'ct_3', $bea), "$bea $bea", 'undone, the first merge stands';
is contact($bea)->{consent}{email}, 'revoked', 'and his no holds for both';
$h->call('merges_undo', { id => $m1 });
is contact('ct_3')->{email}, 'c.y+a@gmail.com', 'and is undone in its turn';

# ---- what a site says of visitors
sub resolve {
    my $n = 0;
    return $h->dbh('gw_worker')->selectall_arrayref('select * from godwit.contacts_resolve(?, clock_timestamp())',
        { Slice => {} }, $json->encode([ map { { n => $n++, tenant => 1, %$_ } } @_ ]));
}
my $count = sub { $h->value('select count(*) from godwit.contacts') };
my $before = $count->();
my $r = resolve({ anonymous_id => 'v-9', create => JSON::PP::false }, { anonymous_id => 'v-9' }, { anonymous_id => 'v-9' },
    { external_id => 'u-9', anonymous_id => 'v-9', traits => { email => 'ivy@example.com', first_name => 'Ivy', age => 7, zone => 5 } });
my $ivy = $r->[1]{contact_id};
is_deeply [ map { $_->{contact_id} } @$r ], [ undef, $ivy, $ivy, $ivy ], 'a visitor is made once, and becomes who he says he is';
is $r->[3]{problem}, 'zone', 'what does not fit is named';
is_deeply [ map { $_->{problem} } @{ resolve(map { { external_id => 'u-9', traits => $_ } } (map { { zone => $_ } }
    qw(Europe/Berlin Etc/GMT+5 UTC Nowhere/Land europe/berlin AAA5 ABC/DEF5)), { locale => 'de-AT' }, { locale => 'deutsch!!' }) } ],
    [ (undef) x 3, ('zone') x 4, undef, 'locale' ], 'nor a zone or locale that is none';
is_deeply [ @{ contact("ct_$ivy") }{qw(zone locale)} ], [qw(UTC de-AT)], 'the good are taken';
is_deeply [ @{ contact("ct_$ivy") }{qw(email external_id first_name attributes)} ],
    [ 'ivy@example.com', 'u-9', 'Ivy', { age => 7 } ], 'with what he says';
is $count->() - $before, 1, 'nobody else was made';
$r = resolve({ anonymous_id => 'v-10' }, { anonymous_id => 'v-10', external_id => 'u-9' }, { anonymous_id => 'v-10' });
is_deeply [ map { $_->{contact_id} } @$r[1, 2] ], [ ($ivy) x 2 ], 'another browser of his leads to him';
is contact("ct_$r->[0]{contact_id}")->{id}, "ct_$ivy", 'who was a visitor there went into him';
is $count->() - $before, 1, 'and is not there any more';
$r = resolve({ anonymous_id => 'v-10', external_id => 'u-11' }, { anonymous_id => 'v-10' });
isnt $r->[0]{contact_id}, $ivy, 'who comes to the same browser is another';
is $r->[1]{contact_id}, $r->[0]{contact_id}, 'it is his now';
is contact("ct_$ivy")->{email}, 'ivy@example.com', 'nobody was merged';
$r = resolve({ external_id => 'u-9', email => 'ann@example.com', public => JSON::PP::true, traits => { first_name => 'Iv' } },
    { external_id => 'u-9', email => 'new@example.com', public => JSON::PP::true }, { external_id => 'u-9', email => 'ann@example.com' });
is_deeply [ map { $_->{problem} } @$r ], [ 'email stays', 'email stays', q{email is another contact's} ], 'an address of another is not taken';
is_deeply [ @{ contact("ct_$ivy") }{qw(email first_name)} ], [ 'ivy@example.com', 'Iv' ], 'nor any by who is not trusted';
is_deeply resolve({ external_id => 'u-9' }, { contact_id => $ivy, anonymous_id => 'v-12' }, { anonymous_id => 'v-12' }),
    [ map { { n => $_, contact_id => $ivy, problem => undef } } 0 .. 2 ], 'a known id links a browser';

done_testing;
