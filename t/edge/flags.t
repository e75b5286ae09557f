#!/usr/bin/perl
# Feature flags: decided by nginx out of its cache, without Postgres; who gets what can be computed
# by anybody, a larger share moves nobody out, and a change is heeded within a second.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256);
use Godwit;
use Godwit::Edge;
use Time::HiRes qw(time);

delete $ENV{GODWIT_TEST_PG};                    # one that can be stopped
my $h = Godwit->new(conf => 'spool_segment 1m; api_rate_key 0; api_rate_address 0; api_rate_tenant 0;');
$h->nginx;
$h->spawn('worker', 'cache');
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $source = $h->call('sources_create', { name => 'Shop', origins => ['https://shop.example'] });
my ($key) = map { $_->{key} } $h->call('keys_create', { scopes => ['flags:read'] });
my ($test) = map { $_->{key} } $h->call('keys_create', { scopes => ['flags:read'], test => $true });

sub ask_as {
    my ($headers, %body) = @_;
    my $r = http($h, 'POST', '/api/v1/flags/decide', headers => $headers,
        body => JSON::PP::encode_json({ unit => 'u1', %body }));
    $r->{json} = eval { JSON::PP::decode_json($r->{body}) };
    return $r;
}
sub by_key { my ($key, @body) = @_; return ask_as({ Authorization => "Bearer $key" }, @body) }
sub flag { my ($r, $name) = @_; my $f = $r->{json}{flags}{$name} // return 'none';
    return join ' ', $f->{variant}, $f->{reason}, $f->{rule} // () }
sub said { my ($r) = @_; return join ' ', $r->{status}, ($r->{json}{type} // '') =~ m{#(\w+)},
    ($r->{json}{errors} // [])->[0]{pointer} // () }

# ------------------------------------------------------------ made and judged

my $new = api($h, POST => '/flags', json => { key => 'new', enabled => $true, rules => [
    { when => { attribute => 'plan', op => 'is', value => 'gold' } }, { share => 5 } ] })->{json};
is_deeply [ $new->{fallback}, $new->{english}, $new->{salt} ], [ 'off', [ '"plan" is "gold"', 'everybody' ],
    'new' ], 'a switch that is on for some, in words';
for ([ '/rules', rules => [ { when => { tag => 'vip' } } ] ], [ '/rules', rules => [ { variant => 'x' } ] ],
    [ '/rules', rules => [ { share => 1.234 } ] ], [ '/rules/0/share', rules => [ { share => 101 } ] ],
    [ '/fallback', fallback => 'x' ], [ '/variants', variants => [ { name => 'a', weight => 0 } ] ],
    [ '/fallback', variants => [ { name => 'on' } ] ], [ '/variants', variants => [ ({ name => 'a' }) x 2 ] ]) {
    my ($pointer, %patch) = @$_;
    my $r = api($h, PATCH => "/flags/$new->{id}", json => \%patch);
    is said($r), "422 invalid $pointer", $r->{json}{detail};
}
is said(api($h, POST => '/flags', json => { key => 'new' })), '409 conflict /key', 'the key is taken';
my $colour = $h->call('flags_create', { key => 'colour', enabled => $true, public => $true, salt => 'c1',
    variants => [ { name => 'blue', weight => 3, value => { rgb => '#00f' } }, { name => 'red' } ],
    rules => [ { share => 30 } ] });

# ------------------------------------------------------------------- decided

my $r;
wait_for { ($r = by_key($key))->{status} == 200 && $r->{json}{flags}{colour} } 10, 'the cache knows';
is flag(by_key($key, attributes => { plan => 'Gold' }), 'new'), 'on rule 0', 'by an attribute';
is_deeply by_key($key, flags => [ 'new', 'gone', 'new' ])->{json}{missing}, ['gone'], 'one that is not there';

# the formula of shm/gw_assign.h, by nothing of the house
sub bucket { return unpack('N', sha256("$_[0]:$_[1]")) * 10000 >> 32 }
sub want { my ($share, $unit) = @_;
    return 'red' if bucket('c1:part', $unit) < 10000 - $share * 100;
    return bucket('c1:variant', $unit) * 4 < 3 * 10000 ? 'blue' : 'red' }
my %in;
for my $share (30, 60) {
    $h->call('flags_update', { id => $colour->{id}, rules => [ { share => $share } ] });
    wait_for { by_key($key, explain => $true)->{json}{flags}{colour}{why}[0]{from} == 10000 - $share * 100 } 5,
        "a share of $share";
    my $wrong = grep { my $f = by_key($key, unit => "u-\x{e9}$_", flags => ['colour'])->{json}{flags}{colour};
        $in{$share}{$_} = $f->{variant} if $f->{reason} eq 'rule'; $f->{variant} ne want($share, "u-\xc3\xa9$_") }
        1 .. 500;
    is $wrong, 0, '500 decisions are those of the formula';
}
is +(grep { ($in{60}{$_} // '') ne $in{30}{$_} } keys %{ $in{30} }), 0, 'who was in stays as he was';
ok keys %{ $in{30} } > 110 && keys %{ $in{60} } > 260, 'and more are in';
$r = by_key($key, explain => $true, attributes => { plan => 'x' })->{json}{flags}{new}{why};
is_deeply $r, [ { rule => 0, english => '"plan" is "gold"', match => $false, bucket => bucket('new:part', 'u1'),
    from => 0, takes => $false }, { rule => 1, english => 'everybody', match => $true, from => 9500,
    bucket => bucket('new:part', 'u1'), takes => bucket('new:part', 'u1') >= 9500 ? $true : $false } ], 'and why';

# --------------------------------------------------------------- off, in time

my $at = time;
$h->call('flags_update', { id => $new->{id}, enabled => $false, tests => $true });
my $done = time;
wait_for { flag(by_key($key, attributes => { plan => 'gold' }), 'new') eq 'off off' } 5, 'switched off';
cmp_ok time - $done, '<', 1, 'within a second';
is flag(by_key($test, attributes => { plan => 'gold' }), 'new'), 'on rule 0', 'keys of tests see what they shall';
$h->call('flags_archive', { id => $new->{id} });
wait_for { by_key($key)->{json}{flags}{new} ? 0 : 1 } 5, 'archived it is not there';
$h->call('flags_archive', { id => $new->{id}, archived => $false });
wait_for { by_key($key)->{json}{flags}{new} } 5, 'and comes back';

# ------------------------------------------------------ by pages, and recorded

my %page = ('Write-Key' => $source->{write_key}, Origin => 'https://shop.example');
is_deeply [ keys %{ ask_as(\%page)->{json}{flags} } ], ['colour'], 'a page is told what is for pages';
$r = ask_as(\%page, unit => 'v1', anonymousId => 'v1', flags => [ 'colour', 'new' ], expose => $true, messageId => 'm1')
    for 1 .. 2;
is_deeply [ @{ $r->{json} }{qw(exposed missing)}, $r->{headers}{'access-control-allow-origin'} ], [ 1, ['new'], '*' ],
    'and it is recorded';
is by_key($key, flags => ['new'], expose => $true, source => $source->{id}, userId => 'u9')->{json}{exposed}, 1,
    'by a server as well';
is +($h->godwit(qw(worker ingest --once)))[0], 0, 'a drain';
is_deeply [ map { $_->{p} } @{ $h->rows(q{select concat_ws(' ', properties->>'flag', properties->>'variant',
    anonymous_id, user_id, message_id) as p from godwit.tracked where name = 'Flag Exposed' order by id}) } ],
    [ 'colour ' . want(60, 'v1') . ' v1 m1:colour', 'new off u9' ], 'once for a message';
is ask_as(\%page, unit => "\x01" x 100, flags => ['colour'], expose => $true)->{json}{exposed}, 1,
    'whatever a unit is made of';

# ----------------------------------------------------------------- refused

(my $forged = $h->value(q{select godwit.credential_text('gw_write_1', 99)})) =~ s/\s//g;
my $bound = $h->call('keys_create', { scopes => ['*'], addresses => ['192.0.2.1'] })->{key};
my $here = $h->call('keys_create', { scopes => ['flags:read'], addresses => ['192.0.2.1', '127.0.0.0/8'] })->{key};
my $other = $h->call('keys_create', { scopes => ['lists:read'] })->{key};
wait_for { !grep { by_key($_)->{status} == 503 } $other, $bound, $here } 5, 'newer keys are known';
is by_key($here)->{status}, 200, 'one that is good from here';
is said(ask_as(@$_[1 .. $#$_])), $_->[0], "$_->[0] " . join ' ', %{ $_->[1] }, @$_[2 .. $#$_] for
    [ '401 unauthorized', {} ], [ '401 unauthorized', { Authorization => 'Bearer x' } ],
    [ '503 away', { 'Write-Key' => $forged } ],
    [ '403 forbidden', { %page, Origin => 'https://evil.example' } ],
    [ '403 forbidden', \%page, explain => $true ],
    [ '403 forbidden', { Authorization => "Bearer $other" } ],
    [ '401 unauthorized', { Authorization => "Bearer $bound" } ],
    [ '422 invalid /unit', \%page, unit => '' ], [ '422 invalid /attributes', \%page, attributes => [] ],
    [ '422 invalid /flags', \%page, expose => $true ], [ '422 invalid /flags', \%page, flags => [1] ],
    [ '400 bad_request', \%page, more => 1 ],
    [ '400 bad_request', { Authorization => "Bearer $key" }, expose => $true, flags => [] ];
is http($h, 'GET', '/api/v1/flags/decide')->{status}, 405, 'to be posted';
is said(ask_as(\%page, attributes => { a => 'x' x 33000 })), '413 body_too_large', 'too large';

$h->dbh;
delete($h->{dbh}{''})->disconnect;
ok $h->postgres->down('fast'), 'Postgres goes';
is flag(by_key($key, unit => 'v1'), 'colour') =~ s/ .*//r, want(60, 'v1'), 'and is not needed';
$h->postgres->up;
done_testing;
