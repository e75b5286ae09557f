#!/usr/bin/perl
# Events of sites from the edge to Postgres: each once, whatever is killed and
# however often it is sent, with the contact whose it is.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms; drain_batch 7;');
$h->nginx;
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
my $ann = $h->call('contacts_create', { email => 'ann@example.com', external_id => 'ann' })->{id} =~ s/ct_//r;

sub told {
    my ($what, $event, %headers) = @_;
    my $r = http($h, 'POST', "/api/v1/$what", headers => { 'Write-Key' => $key, %headers },
        body => JSON::PP::encode_json($event));
    return $r->{status};
}
sub drain { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'ingest', '--once'))[0] }
sub tracked { return $h->value('select count(*) from godwit.tracked') }
sub totals { return join ' ', map { "$_->{events} $_->{duplicates} $_->{problems}" }
    @{ $h->call('sources_list', {})->{items} } }

# ------------------------------------------------------------------ each once

my $n = 0;
for my $point (qw(after_cas after_engagement after_tracked after_rollup before_commit after_commit)) {
    for my $nth (1, 2) {
        told(track => { event => 'Paid', userId => 'ann', messageId => 'm' . ++$n }) for 1 .. 10;
        told(batch => { batch => [ map { { type => 'track', event => 'Paid', userId => 'ann' } } 1 .. 10 ] });
        is drain({ GODWIT_CRASH => "$point:$nth" }), 137, "killed $point:$nth";
        is drain(), 0, 'the next drain';
        is tracked() . ' ' . totals(), 2 * $n . ' ' . 2 * $n . ' 0 0', 'has everything once';
    }
}
told(track => { event => 'Paid', userId => 'ann', messageId => "m$_" }) for 1 .. 3, 1;
drain();
is tracked() . ' ' . totals(), 2 * $n . ' ' . 2 * $n . ' 4 0', 'a message that is sent again counts once';
told(track => { event => 'Twice', userId => 'ann', messageId => 'new' }) for 1, 2;
drain();
my $twice = sub { return $h->value(q{select count(*) from godwit.tracked where name = 'Twice'}) };
is $twice->(), 1, 'also in one drain';
for my $weeks (1, 2) {
    $h->dbh->do(q{update godwit.tracked_seen set week = week - interval '1 week'});
    told(track => { event => 'Twice', userId => 'ann', messageId => 'new' });
    drain();
    is $twice->(), $weeks, $weeks == 1 ? 'and a week later' : 'but not for ever';
}
is $h->value('select string_agg(distinct contact_id::text, null) from godwit.tracked'), $ann, 'it is hers';
is $h->value(q{select count(distinct at) > 12 and max(at) - min(at) < '1 hour' from godwit.tracked}), 1,
    'at their time';

# weeks go by: what was seen last week is known, older is not
my $later = sub { my ($days) = @_; return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + $days * 86400) };
$h->godwit({ env => { GODWIT_CLOCK => $later->(7 * $_) } }, qw(worker cron --once)) for 0 .. 2;
is $h->value(q{select string_agg(relname, ' ') from pg_class where relname ~ '^tracked_seen_[0-9]+$'})
    =~ tr/ //, 3, 'there is a partition a week';
$h->godwit({ env => { GODWIT_CLOCK => $later->(70) } }, qw(worker cron --once));
is $h->value(q{select count(*) from pg_class where relname ~ '^tracked_seen_[0-9]+$' and relkind = 'r'}), 3,
    'old ones go';

# --------------------------------------------------------------- who it was

$h->dbh->do('delete from godwit.tracked');
my $whose = q{select name, contact_id from godwit.tracked order by name};
told(track => { event => 'a', anonymousId => 'v1' });
told(page => { name => 'Home', anonymousId => 'v1', context => { page => { url => 'https://shop.example/' } } });
drain();
is_deeply $h->rows($whose), [ { name => 'a', contact_id => undef }, { name => 'page', contact_id => undef } ],
    'nobody knows';
is $h->value(q{select url || ' ' || properties::text from godwit.tracked where name = 'page'}),
    'https://shop.example/ {"name": "Home"}', 'a page';
$h->dbh->do(q{insert into godwit.tracked (tenant_id, at, kind, name, properties, anonymous_id, source_id, received_at)
    select 2, at, kind, 'alien', properties, anonymous_id, 1, received_at from godwit.tracked where name = 'a'});
my $feed = sub { $h->value(q{select count(*) from godwit.change_log where kind = 'contact' and key = ?}, $ann) };
is $feed->(), 0, 'no segment asks who did it: nothing is told';
$h->call('segments_create', { name => 's', predicate => { event => 'a' } });
told(identify => { anonymousId => 'v1', userId => 'ann' });
drain();
is $h->value(q{delete from godwit.tracked where name = 'alien' returning coalesce(contact_id, 0)}), 0,
    'no visitor of another workspace';
is_deeply [ map { $_->{contact_id} } @{ $h->rows($whose) } ], [ $ann, $ann ], 'then who he was comes out';
is $feed->(), 1, 'and is told';
told(track => { event => 'b', anonymousId => 'v2' });
drain();
told(alias => { previousId => 'v2', userId => 'ann' });
drain();
is $h->value(q{select contact_id from godwit.tracked where name = 'b'}), $ann, 'also by an alias';
told(track => { event => 'd', anonymousId => $_ }) for qw(v1 v2);
drain();
is $h->value(q{select string_agg(contact_id::text, ' ') from godwit.tracked where name = 'd'}), "$ann $ann",
    'and is known from then on';

# a link that ends with gw= says it to the page, for an hour
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed) values
    (1, 7, 0, 'https://shop.example/a#gw=', true), (1, 7, 1, 'https://shop.example/a?g=', true)});
sub clicked { my ($link) = @_;
    return get($h, '/c/' . token($h, what => 'click', campaign => 7, contact => $ann, link => $link))
        ->{headers}{location} }
is clicked(1), 'https://shop.example/a?g=', 'any other stays as it is';
like clicked(0), qr{^https://shop\.example/a\#gw=[\w-]{54}$}, 'a link with a visit';
my ($visit) = clicked(0) =~ /gw=(.*)/;
told(page => { name => 'c', anonymousId => 'v3', visit => $visit });
told(page => { name => 'c', anonymousId => 'v4', visit => token($h, what => 'open', campaign => 7, contact => $ann) });
told(page => { name => 'c', anonymousId => 'v4', visit => 'nonsense' });
told(page => { name => 'c', anonymousId => 'v4', visit => token($h, what => 'visit', campaign => 7, contact => $ann, tenant => 2) });
my ($late) = map { ($h->godwit({ env => { GODWIT_CLOCK => $_ } }, 'token', 'what=visit', 'campaign=7', "contact=$ann"))[1] =~ s/\s//gr }
    POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time - 3660);
told(page => { name => 'c', anonymousId => 'v4', visit => $late });
told(page => { name => 'c', anonymousId => 'v30', visit => token($h, what => 'visit', campaign => 7, contact => $ann) });
drain();
is $h->value(q{select string_agg(anonymous_id || coalesce('=' || contact_id, ''), ' ' order by anonymous_id)
    from godwit.tracked where properties->>'name' = 'c'}), "v3=$ann v30=$ann v4 v4 v4 v4",
    'by a link signed for this workspace within the hour alone';

# --------------------------------------------------------- who says who he is

told(identify => { userId => 'bob', anonymousId => 'v5', traits => { email => 'bob@example.com', firstName => 'Bob',
    plan => 'gold' } });
told(track => { event => 'e', anonymousId => 'v5' });
drain();
my ($bob) = @{ $h->call('contacts_list', { external_id => 'bob' })->{items} };
is_deeply [ @$bob{qw(email first_name attributes)}, $bob->{consent}{email} ],
    [ 'bob@example.com', 'Bob', { plan => 'gold' }, 'unknown' ], 'a contact is made of what he says';
is $h->value(q{select 'ct_' || contact_id from godwit.tracked where name = 'e'}), $bob->{id}, 'whose events these are';

# anybody may have the key: what somebody is reached by stays
told(identify => { userId => 'bob', traits => { email => 'evil@example.com', firstName => 'Rob', lastName => 'X' } });
told(identify => { userId => 'bob', traits => { email => 'none', plan => 'free' } });
drain();
my $now = $h->call('contacts_get', { id => $bob->{id} });
is "@$now{qw(email first_name last_name)} $now->{attributes}{plan}", 'bob@example.com Rob X free',
    'another address is not taken';
like totals(), qr/ 2$/, 'and is counted as a problem, as what is no address';

# ------------------------------------------------------- who does not want it

$h->dbh->do('delete from godwit.tracked');
told(track => { event => 'gpc', userId => 'else' }, 'Sec-GPC' => 1);
$h->call('contacts_update', { id => "ct_$ann", tracking => \0 });
told(track => { event => 'off', userId => 'ann' });
told(track => { event => 'on', userId => 'else' }, 'User-Agent' => 'B');
drain();
is_deeply $h->rows(q{select name, user_id, host(ip) as ip, user_agent from godwit.tracked}),
    [ { name => 'on', user_id => 'else', ip => '127.0.0.1', user_agent => 'B' } ], 'is not tracked'
    or diag explain $h->rows('select * from godwit.tracked');
$h->call('workspaces_update', { id => 'ws_1', truncate_addresses => \1, respect_do_not_track => \0 });
told(track => { event => 'cut', userId => 'else' }, 'Sec-GPC' => 1);
drain();
is $h->value(q{select host(ip) from godwit.tracked where name = 'cut'}), '127.0.0.0', 'as the workspace wishes';

# a source that takes nothing now: the edge, which has no cache here, does not know
$h->call('sources_update', { id => 'src_1', enabled => \0 });
is told(track => { event => 'disabled', userId => 'else' }), 200, 'taken';
drain();
$h->call('sources_update', { id => 'src_1', enabled => \1 });
is $h->value(q{select count(*) from godwit.tracked where name = 'disabled'}), 0, 'and let go';

# ------------------------------------------------------------ the person's own

$h->call('contacts_update', { id => "ct_$ann", tracking => \1 });
told(track => { event => 'mine', userId => 'ann' });
drain();
is $h->call('contacts_export', { id => "ct_$ann" })->{tracked}[0]{name}, 'mine', 'is exported';
$h->call('retention_update', { events => 30 });
$h->dbh->do(q{insert into godwit.tracked (tenant_id, at, kind, name, properties, source_id, received_at)
    select 1, now() - interval '40 days', 1, 'old', '{}', 1, now()});
$h->godwit(qw(worker cron --once));
is $h->value(q{select count(*) from godwit.tracked where name = 'old'}), 0, 'is kept as long as events are';
$h->call('contacts_erase', { id => "ct_$ann" });
$h->godwit(qw(worker jobs --once));
is $h->value('select count(*) from godwit.tracked where contact_id = ?', $ann), 0, 'and erased';

done_testing;
