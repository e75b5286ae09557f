#!/usr/bin/perl
# make shots: pictures of every page of the app, in build/shots. GODWIT_SHOTS:
# of those alone whose name it is in.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::People;
use Godwit::Season;
use JSON::PP;

my ($chromium) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser)
    or BAIL_OUT('there is no Chromium: apt-get install chromium');
chomp(my $node = `sh dev/node html`);
is system('sh', 'dev/app'), 0, 'the app is built' or BAIL_OUT('no app');

my $h = Godwit->new;
$h->nginx(app => 1);
person($h, 'ann@example.com', 'owner');
for (2, 3) {
    $h->value(q{select auth.tenant_create(?, now())}, "New shop $_");
    person($h, 'ann@example.com', 'owner', $_);
}
$h->dbh->do(q{update auth.tenants set name = 'Corner shop' where id = 1});
my $made = season($h);
# the second has nothing at all, the third one of each, that has nothing
my $other = bless { %$h, workspace => 3 }, ref $h;
my $list = $other->call('lists_create', { name => 'Newsletter' })->{id};
%$made = (%$made,
    nobody => $other->call('contacts_create', { email => 'new@example.com' })->{id},
    few => $other->call('segments_create', { name => 'Nobody yet', predicate => { tag => 'vip' } })->{id},
    bare => $other->call('templates_create', { name => 'Bare', subject => 'Hi', html => '<p>Hello</p>' })->{id},
    blank => $other->call('campaigns_create', { name => 'First letter', list_id => $list,
        from => 'Shop <hello@shop.example>', subject => 'Hello', html => '<p>Hello</p>' })->{id});
$h->spawn('worker', $_) for qw(jobs segments);

local @ENV{qw(GODWIT_URL GODWIT_MADE GODWIT_COOKIE GODWIT_PROFILE CHROMIUM)} = (
    'http://127.0.0.1:' . $h->port, encode_json($made), session($h, 'ann@example.com'),
    $h->state . '/run/browser', $chromium);
open my $said, '-|', $node, 't/e2e/app/shots.mjs' or die "node: $!";
while (my $line = <$said>) {
    my ($not, $what, $why) = $line =~ /^(not )?ok - (.*?)(?: -- (.*))?$/ or do { diag $line; next };
    ok !$not, $what or diag $why;
}
close $said;
is $?, 0, 'to its end';
done_testing;
