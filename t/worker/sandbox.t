#!/usr/bin/perl
# Sandboxes and test keys: a campaign goes its whole way, and a mail server that
# stands beside hears nothing of it, whoever starts it; a live one it hears.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
$h->nginx;
$h->value(q{select auth.tenant_create('Sandbox', '2026-01-01Z', 'sandbox')});
my ($live, $sandbox) = map { key($h, '*', $_) } 1, 2;
my $test = ($h->godwit(qw(key create --test --scope *)))[1] =~ s/\n//r;
like $_, qr/\Agw_test_\d+_[0-9A-Za-z]{38}\z/, 'a key for tests' for $test, $sandbox;
is_deeply [ map { api($h, GET => '/workspaces', key => $_)->{json}{items}[0]{kind} } $live, $sandbox ],
    [qw(live sandbox)], 'what a workspace is';

# what is done, or dies
sub done { my ($key, $method, $path, $json) = @_;
    my $r = api($h, $method => $path, key => $key, $json ? (json => $json) : ());
    return $r->{status} =~ /^2/ ? $r->{json} : die "$path: $r->{body}\n" }

my %list;
for my $key ($live, $sandbox) {
    my @ids = map { done($key, POST => '/contacts', { email => "$_\@example.com" })->{id} } qw(ann bob eve);
    done($key, POST => '/suppressions', { email => 'eve@example.com' });
    $list{$key} = done($key, POST => '/lists', { name => 'all' })->{id};
    done($key, POST => "/lists/$list{$key}/members", { contact_ids => \@ids });
}
sub make { my ($key) = @_; return done($key, POST => '/campaigns', { name => 'c',
    list_id => $list{$key} // $list{$live}, from => 'shop@example.com', subject => 'Hi',
    html => '<p>{{ contact.email }}</p>' })->{id} }
sub start { my ($key, $id) = @_; return done($key, POST => "/campaigns/$id/start") }

my @tests = map { my ($makes, $starts) = @$_;
    my $id = make($makes);
    is start($starts, $id)->{test}, 1, "$id is a test";
    [ $starts, $id ] } [ $sandbox, $sandbox ], [ $test, $test ], [ $test, $live ], [ $live, $test ];
done($_, POST => '/invitations', { email => 'new@example.com', role => 'viewer' }) for $test, $sandbox;
is +($h->godwit(qw(worker mail --once)))[0], 0, 'they are sent';
is_deeply [ map { my $m = done($_, GET => '/messages')->{items}[0]; "$m->{state} $m->{test} $m->{reason}" } $live, $sandbox ],
    [ ('sent 1 a test: nothing has left this house') x 2 ], 'so are invitations';
for (@tests) {
    my ($key, $id) = @$_;
    my $s = done($key, GET => "/campaigns/$id/stats");
    is "@$s{qw(state audience sent suppressed)}", 'finished 3 2 1', "$id has gone its way";
    is_deeply [ map { "$_->{state} $_->{test} " . ($_->{reason} // '') }
        @{ done($key, GET => "/sends?campaign_id=$id")->{items} } ],
        [ ('sent 1 a test: nothing has left this house') x 2, 'suppressed 1 manual' ], 'and says so';
}
is scalar $h->messages, 0, 'the mail server has heard nothing';

my $timed = done($live, POST => '/campaigns', { name => 'c', list_id => $list{$live}, from => 'shop@example.com',
    subject => 'Hi', html => 'x', schedule => { at => '2031-01-01T09:00' } })->{id};
is done($test, POST => "/campaigns/$timed/schedule")->{test}, 1, 'so is one that it starts at a time';

# what is live stays live: a test key neither resumes it nor makes a key that could
my $id = make($live);
start($live, $id);
done($live, POST => "/campaigns/$id/pause");
is problem(api($h, @$_, key => $test)), '403 forbidden', "$_->[1]: not with a key for tests"
    for [ POST => "/campaigns/$id/resume" ], [ POST => '/keys/key_1/revoke' ],
    [ POST => '/keys/key_1/rotate', json => {} ],
    [ POST => '/keys', json => { scopes => ['*'], test => JSON::PP::false } ];
like done($test, POST => '/keys', { scopes => ['*'] })->{key}, qr/\Agw_test_/, 'it makes such alone';
is api($h, POST => '/keys', key => $sandbox, json => { scopes => ['*'], test => JSON::PP::false })
    ->{json}{errors}[0]{pointer}, '/test', 'a sandbox has no others';
is done($live, POST => "/campaigns/$id/resume")->{test}, 0, 'not a test';
is +($h->godwit(qw(worker mail --once)))[0], 0, 'it is sent';
is_deeply [ sort map { $_->{rcpt}[0] } $h->messages ], [ map { "$_\@example.com" } qw(ann bob) ],
    'and arrives';
done_testing;
